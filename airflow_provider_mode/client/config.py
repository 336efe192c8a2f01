"""What a client needs to know, checked once and frozen."""

import hashlib
import ipaddress
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from airflow_provider_mode import __version__
from airflow_provider_mode.client.errors import ConfigurationError

DEFAULT_HOST = "https://app.mode.com"
_WORKSPACE = re.compile(r"[a-z0-9][a-z0-9._-]*")


def _is_number(value: object) -> bool:
    """Whether it is a finite number above zero (a bool is none)."""
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
    )


def _is_whole(value: object) -> bool:
    """Whether it is a whole number above zero (a bool is none)."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _require(good: object, name: str, sentence: str) -> None:
    """Refuse a field with a sentence that names it."""
    if not good:
        raise ConfigurationError(f"{name}: {sentence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """
    At most `requests` in any `period`, shared through Redis when a URL is given.

    :param requests: so many requests
    :param period: in so many seconds
    :param redis: the URL of a Redis through which several hosts share one pace
    """

    requests: int = 40
    period: float = 10.0
    redis: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _require(_is_whole(self.requests), "rate_limit.requests", "must be a whole number above 0.")
        _require(_is_number(self.period), "rate_limit.period", "must be a number of seconds above 0.")
        _require(
            self.redis is None or (isinstance(self.redis, str) and self.redis),
            "rate_limit.redis",
            "must be a URL such as redis://host:6379/0.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """
    A Discovery signature token; its repr shows nothing.

    :param token: its name
    :param access_key: its key
    :param access_secret: its secret, which Mode shows once
    """

    token: str = field(repr=False)
    access_key: str = field(repr=False)
    access_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("token", "access_key", "access_secret"):
            value = getattr(self, name)
            _require(
                isinstance(value, str) and value, f"discovery.{name}", "must be a text that is not empty."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeConfig:
    """
    Workspace, key and manners of one client; anything that cannot be right is refused here.

    :param workspace: its name in Mode's URLs, in lower case
    :param login: the API token
    :param password: the API secret
    :param host: the base URL; plain http for loopback only
    :param rate_limit: how many requests in how many seconds; None switches pacing off
    :param timeout: seconds to connect, and seconds without a byte of the reply
    :param retry_for: seconds that one call may spend on tries and waits
    :param concurrency: requests in flight at once in bulk work
    :param discovery: the signature that opens the Discovery API
    :param proxies: a proxy's URL by scheme, as in requests
    :param verify: whether to check certificates, or the path of a CA bundle
    :param user_agent: what the client calls itself
    """

    workspace: str
    login: str = field(repr=False)
    password: str = field(repr=False)
    host: str = DEFAULT_HOST
    rate_limit: RateLimit | None = field(default_factory=RateLimit)
    timeout: tuple[float, float] = (10.0, 60.0)
    retry_for: float = 300.0
    concurrency: int = 8
    discovery: Signature | None = None
    proxies: Mapping[str, str] | None = field(default=None, repr=False)
    verify: bool | str = True
    user_agent: str = f"airflow-provider-mode/{__version__}"

    def __post_init__(self) -> None:
        _check_workspace(self.workspace)
        _check_key(self.login, self.password)
        object.__setattr__(self, "host", _checked_host(self.host))
        _check_numbers(self.timeout, self.retry_for, self.concurrency)
        _require(
            self.rate_limit is None or isinstance(self.rate_limit, RateLimit),
            "rate_limit",
            "must be a RateLimit, or None to switch pacing off.",
        )
        _check_transport(self.proxies, self.verify, self.user_agent)

    @property
    def key_hash(self) -> str:
        """A name for this key on this host that tells nothing of either; shared pacing is filed under it."""
        return hashlib.sha256(f"{self.host}\n{self.login}".encode()).hexdigest()


def _check_workspace(workspace: Any) -> None:
    """Mode wants the slug in lower case, and lowering it silently would hide a mistyped connection."""
    _require(
        isinstance(workspace, str) and workspace, "workspace", "is missing; it is the slug in Mode's URLs."
    )
    _require(
        workspace == workspace.lower(),
        "workspace",
        f"must be in lower case, as in Mode's URLs: {workspace.lower()!r}, not {workspace!r}.",
    )
    _require(
        _WORKSPACE.fullmatch(workspace),
        "workspace",
        "must be the slug in Mode's URLs (letters, digits, '-', '_', '.'), not a URL or a title.",
    )


def _check_key(login: Any, password: Any) -> None:
    """HTTP Basic cannot carry a colon in the login, nor a line break anywhere."""
    for name, value, what in (("login", login, "API token"), ("password", password, "API secret")):
        _require(isinstance(value, str) and value.strip(), name, f"is missing; it is the {what}.")
        _require(value.isprintable(), name, f"must be the {what} alone, without line breaks.")
    _require(":" not in login, "login", "must be the API token alone, without ':'.")


def is_loopback(name: str | None) -> bool:
    """Whether a host name means this machine."""
    if name is None or name == "localhost":
        return name is not None
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _checked_host(host: Any) -> str:
    """The base URL in its plain form `scheme://name[:port]`."""
    _require(isinstance(host, str), "host", "must be a base URL such as https://app.mode.com.")
    parts = _split(host.strip())
    _require(parts.scheme in {"http", "https"} and parts.hostname, "host", "must begin with https://.")
    _require("@" not in parts.netloc, "host", "must not hold credentials; they go to login and password.")
    _require(
        parts.path in {"", "/"} and not parts.query and not parts.fragment,
        "host",
        "must be a base URL alone, without path or query.",
    )
    _require(
        parts.scheme == "https" or is_loopback(parts.hostname),
        "host",
        "must be https; plain http is accepted for loopback only.",
    )
    default = {"https": ":443", "http": ":80"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(default)}"


def _split(url: str) -> SplitResult:
    """A URL's parts; a port that is none is refused here and not in the middle of a walk."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # reading it is what checks it
    except ValueError:
        raise ConfigurationError("host: is not a URL.") from None
    return parts


def _check_numbers(timeout: Any, retry_for: object, concurrency: object) -> None:
    """Every time and count is above zero."""
    _require(
        isinstance(timeout, tuple) and [_is_number(part) for part in timeout] == [True, True],
        "timeout",
        "must be two numbers of seconds above 0: connect and read.",
    )
    _require(_is_number(retry_for), "retry_for", "must be a number of seconds above 0.")
    _require(_is_whole(concurrency), "concurrency", "must be a whole number above 0.")


def _check_transport(proxies: object, verify: object, user_agent: object) -> None:
    """What goes to the HTTP library as it is has at least the right type."""
    _require(
        proxies is None
        or (
            isinstance(proxies, Mapping)
            and all(isinstance(part, str) for pair in proxies.items() for part in pair)
        ),
        "proxies",
        "must map a scheme to a URL, as in requests.",
    )
    _require(
        isinstance(verify, bool) or (isinstance(verify, str) and verify),
        "verify",
        "must be true, false, or the path of a CA bundle.",
    )
    _require(
        isinstance(user_agent, str) and user_agent.isascii() and user_agent.isprintable(),
        "user_agent",
        "must be plain text.",
    )
