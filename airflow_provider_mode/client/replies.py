"""What a reply says: its JSON, or the reason for a refusal, made fit to be shown."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_mode.client.errors import ConfigurationError

LONGEST_MESSAGE = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")
"""What moves a cursor, breaks a line, or turns the direction of what follows."""
_SHORTEST_SECRET = 6
_LONGEST_INT = 400
_LONGEST_COUNT = 12


class UnreadableError(ValueError):
    """A body that is not the JSON it should be."""


class TooDeepError(ValueError):
    """JSON nested beyond reason: no reply of Mode's, and asking again would change nothing."""


def decode(body: bytes) -> Any:
    """The JSON of a body."""
    try:
        return _loads(body)
    except RecursionError:
        raise TooDeepError from None
    except ValueError:
        raise UnreadableError from None


def _loads(body: bytes) -> Any:
    """JSON as leniently as Mode may need it: any number, and no half characters that no file could take."""
    try:
        value = json.loads(body)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise
    except ValueError:  # Python refuses integers of thousands of digits
        value = json.loads(body, parse_int=_int)
    if b"\\ud" in body or b"\\uD" in body:
        value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return value


def _int(digits: str) -> int | float:
    """An integer, or infinity for one that no counter of Mode's could mean."""
    return int(digits) if len(digits) <= _LONGEST_INT else float("inf")


def encoded(value: Any) -> bytes:
    """A value as the JSON body of a request."""
    try:
        return json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError):
        raise ConfigurationError("json: what is to be sent is not JSON.") from None


def explanation(body: bytes) -> tuple[str | None, str | None]:
    """Mode's `id` and `message` out of the body of a refusal, as they came; a message may be an object."""
    try:
        value = decode(body)
    except ValueError:
        return None, None
    if not isinstance(value, dict):
        return None, None
    name, message = value.get("id"), value.get("message", value.get("error"))
    if isinstance(message, dict | list):
        message = json.dumps(message, ensure_ascii=False)
    return (name if isinstance(name, str) else None), (message if isinstance(message, str) else None)


def shown(said: str | None, secrets: tuple[str, ...]) -> str | None:
    """A text of Mode's as an error may show it: one bounded line without control characters or secrets."""
    if said is None:
        return None
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            said = said.replace(secret, "***")
    line = one_line(said)
    return (line if len(line) <= LONGEST_MESSAGE else f"{line[: LONGEST_MESSAGE - 3]}...") or None


def one_line(text: str) -> str:
    """Somebody's text as a log, a terminal or an error may show it."""
    return _CONTROL.sub(" ", text).strip()


def whole(value: str | None) -> int | None:
    """A header's whole number, or None."""
    words = (value or "").strip()
    return int(words) if words.isascii() and words.isdigit() and len(words) <= _LONGEST_COUNT else None


def origin(url: str | None) -> str:
    """Scheme and host of a URL: all of a redirect's target that an error may show."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return "something that is no URL"
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else "the same host"
