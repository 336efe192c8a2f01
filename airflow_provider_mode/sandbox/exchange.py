"""Requests and replies, apart from sockets."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

HAL = "application/hal+json"
TEXTS = frozenset(
    {"name", "description", "space_token", "space_type", "default_access_level", "raw_query", "source",
     "action", "accessor_type", "accessor_token", "member_type", "member_token", "email", "channel",
     "message", "report_schedule_token", "expires_at"}
)  # fmt: skip


@dataclass(slots=True)
class Request:
    """One request, its path still as sent and header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    host: str = "127.0.0.1"

    @property
    def path(self) -> str:
        """The path without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The parameters in the target; of one that repeats, the last."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    def json(self) -> dict[str, Any]:
        """The body as an object; none, or a form, is an empty object (Refusal 400 if it is no object)."""
        if not self.body.strip() or "x-www-form-urlencoded" in self.headers.get("content-type", ""):
            return {}
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise Refusal(HTTPStatus.BAD_REQUEST, "bad_request", "the body is not a JSON object")
        return value


@dataclass(slots=True)
class Reply:
    """One reply; a `stream` of `length` bytes takes the place of a body that is too large to hold."""

    status: int = HTTPStatus.OK
    body: bytes = b""
    media_type: str = HAL
    headers: dict[str, str] = field(default_factory=dict)
    stream: Iterable[bytes] | None = None
    length: int = 0

    @property
    def size(self) -> int:
        """The length of the body."""
        return len(self.body) if self.stream is None else self.length


class Refusal(Exception):  # noqa: N818 - an answer of the server, not an error of the program
    """A request answered by an error, in Mode's form."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status, self.error, self.message = status, error, message

    def reply(self) -> Reply:
        """The reply that says so."""
        return json_reply({"id": self.error, "message": self.message}, self.status)


def not_found(what: str) -> Refusal:
    """Mode's answer for what is not there."""
    return Refusal(HTTPStatus.NOT_FOUND, "not_found", f"{what} not found")


def bad_request(message: str, error: str = "bad_request") -> Refusal:
    """Mode's answer for a request that makes no sense."""
    return Refusal(HTTPStatus.BAD_REQUEST, error, message)


def forbidden(message: str = "forbidden") -> Refusal:
    """Mode's answer for a key that may not."""
    return Refusal(HTTPStatus.FORBIDDEN, "forbidden", message)


def json_reply(value: Any, status: int = HTTPStatus.OK, media_type: str = HAL) -> Reply:
    """A reply that holds JSON."""
    return Reply(status, json.dumps(value, separators=(",", ":")).encode(), media_type)


def wrapped(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What a write body holds under its name (Refusal param_missing where it is not wrapped)."""
    inner = body.get(name)
    if not isinstance(inner, dict):
        raise bad_request(f"param is missing or the value is empty: {name}", "param_missing")
    return _typed(inner)


def either(body: dict[str, Any], name: str) -> dict[str, Any]:
    """What a write body holds, under its name or flat."""
    inner = body.get(name, body)
    if not isinstance(inner, dict):
        raise bad_request(f"{name} must be an object")
    return _typed(inner)


def _typed(given: dict[str, Any]) -> dict[str, Any]:
    """The same, if all that must be text is text or null."""
    for field_name in sorted(TEXTS & set(given)):
        if not isinstance(given[field_name], str | None):
            raise bad_request(f"{field_name} is invalid")
    return given
