"""A report's name for users: its 12 characters, or its URL in this workspace."""

import re
from urllib.parse import quote, urlsplit

from airflow_provider_mode.client.errors import ConfigurationError

_REPORT = re.compile(r"[0-9A-Za-z]{12}")
_PATH = re.compile(r"(?:/api|/editor)?/(?P<workspace>[^/]+)/(?:reports|datasets)/(?P<report>[^/]+)(?:/.*)?")


def report_token(value: object, *, host: str, workspace: str) -> str:
    """The 12 characters of a report named by them or by its URL; another host or workspace is refused."""
    if not isinstance(value, str):
        raise ConfigurationError(f"report: must be a text, not {type(value).__name__}.")
    name = value.strip()
    if _REPORT.fullmatch(name):
        return name
    if "://" not in name:
        raise ConfigurationError(f"report: {_shown(name)} is neither 12 characters nor a URL of a report.")
    return _from_url(name, host, workspace)


def _from_url(url: str, host: str, workspace: str) -> str:
    """The report in a URL that leads to this host and workspace."""
    try:
        parts = urlsplit(url)
        name = parts.hostname
        port = parts.port
    except ValueError:
        raise ConfigurationError("report: is not a URL.") from None
    ours = urlsplit(host)
    default = {"https": 443, "http": 80}
    if (name, port or default.get(parts.scheme)) != (ours.hostname, ours.port or default[ours.scheme]):
        raise ConfigurationError(f"report: is a URL of another host than {host}.")
    found = _PATH.fullmatch(parts.path)
    if not found or not _REPORT.fullmatch(found["report"]):
        raise ConfigurationError(f"report: {_shown(parts.path)} is not the path of a report.")
    if found["workspace"] != workspace:
        raise ConfigurationError(
            f"report: is a URL of workspace {_shown(found['workspace'])}, not of {workspace!r}."
        )
    return found["report"]


def _shown(value: str) -> str:
    """A value as an error may show it: quoted and bounded."""
    return repr(value if len(value) <= 60 else f"{value[:57]}...")  # noqa: PLR2004  # a line's worth


def segment(value: str) -> str:
    """One path segment; what would climb or vanish in a path (`..`, nothing) would name another thing."""
    if not isinstance(value, str) or value.strip() in {"", ".", ".."}:
        raise ConfigurationError(f"{value!r} names nothing in Mode.")
    return quote(value.strip(), safe="")
