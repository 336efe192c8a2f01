"""
From the fields of an Airflow connection to a ``ModeConfig``: the one place that knows its spellings.

A connection comes from a form, from JSON, from a URI (whose extras are strings) or from a secrets backend;
all spellings of one thing give equal configurations. Nothing here touches Airflow, the network or a clock.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from airflow_provider_mode.client.config import ModeConfig, RateLimit, Signature
from airflow_provider_mode.client.errors import ConfigurationError
from airflow_provider_mode.hooks.form import DEFAULT_HOST, EXTRA_KEYS, label

RATE_LIMIT_KEYS = ("requests", "period", "redis")
PORT = re.compile(r":[0-9]+$")
SIGNATURE_KEYS = ("token", "access_key", "access_secret")


class ConnectionFields(Protocol):
    """What is read of an Airflow connection, whichever version of Airflow made it."""

    conn_id: Any
    login: Any
    password: Any
    schema: Any
    host: Any
    port: Any
    extra: Any


def config_from(connection: ConnectionFields) -> ModeConfig:
    """The configuration that a connection describes; a ``ConfigurationError`` names connection and field."""
    try:
        return ModeConfig(
            login=_required(connection.login, "login"),
            password=_required(connection.password, "password"),
            workspace=_required(connection.schema, "schema").strip("/"),
            host=_base_url(connection.host, connection.port),
            **_extras(connection.extra),
        )
    except ConfigurationError as error:
        raise ConfigurationError(f"connection {connection.conn_id!r}: {error}") from None


def secrets_of(config: ModeConfig) -> Iterator[str]:
    """Every string of a configuration that must never be seen, in each spelling in which it travels."""
    for part in (config.login, config.password):
        yield part
        yield quote(part, safe="")
    yield _base64(f"{config.login}:{config.password}")
    if config.discovery is not None:
        parts = [getattr(config.discovery, key) for key in SIGNATURE_KEYS]
        yield from parts
        yield _base64(":".join(parts))
    urls = list((config.proxies or {}).values())
    if config.rate_limit is not None and config.rate_limit.redis:
        urls.append(config.rate_limit.redis)
    for url in urls:
        if hidden := urlsplit(url).password:
            yield hidden


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _required(value: Any, name: str) -> str:
    text = str(value or "").strip()
    if not text:
        raise ConfigurationError(f"{label(name)} is missing")
    return text


def _base_url(host: Any, port: Any) -> str:
    """The base URL: https unless it says otherwise, with the port of a URI's ``host:port``."""
    text = str(host or "").strip()
    url = (text if "://" in text else f"https://{text}" if text.strip("/") else DEFAULT_HOST).rstrip("/")
    return f"{url}:{port}" if port and not PORT.search(url) else url


def _extras(extra: Any) -> dict[str, Any]:
    """What the extra says; absent, empty and (but for ``rate_limit``) null mean the default."""
    given = _json(extra) if isinstance(extra, str) else extra
    if given in (None, ""):
        return {}
    if not isinstance(given, Mapping):
        raise ConfigurationError("extra is not a JSON object")
    unknown = sorted(set(given) - set(EXTRA_KEYS))
    if unknown:
        raise ConfigurationError(f"extra {unknown[0]!r} is unknown; known are {', '.join(EXTRA_KEYS)}")
    parsed: dict[str, Any] = {}
    for key, raw in given.items():
        value = _json(raw) if isinstance(raw, str) else raw
        if value is None and key == "rate_limit":
            parsed[key] = None
        elif value not in (None, ""):
            parsed[key] = PARSERS[key](value) if key in PARSERS else value
    return parsed


def _json(text: str) -> Any:
    """The value that a string spells as JSON, or the string itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _timeout(value: Any) -> Any:
    """One number for both, or ``[connect, read]``."""
    return tuple(value) if isinstance(value, list) else (value, value)


def _rate_limit(value: Any) -> RateLimit:
    given = _known("rate_limit", value, RATE_LIMIT_KEYS)
    return RateLimit(**{name: item for name, item in given.items() if item is not None})


def _signature(value: Any) -> Signature:
    whole: dict[str, Any] = dict.fromkeys(SIGNATURE_KEYS) | _known("discovery", value, SIGNATURE_KEYS)
    return Signature(**whole)


def _known(key: str, value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"extra {key!r} must be a JSON object with {', '.join(names)}")
    unknown = sorted(set(value) - set(names))
    if unknown:
        raise ConfigurationError(
            f"extra {key!r}: key {unknown[0]!r} is unknown; known are {', '.join(names)}"
        )
    return dict(value)


def _verify(value: Any) -> Any:
    """Whether to check certificates, or a bundle's path; any other word is refused, not taken for one."""
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if isinstance(value, str) and "/" not in value:
        raise ConfigurationError("extra 'verify' must be true, false or the path of a CA bundle")
    return value


PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "rate_limit": _rate_limit,
    "timeout": _timeout,
    "discovery": _signature,
    "verify": _verify,
}
