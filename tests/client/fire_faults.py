"""Everything that a server, or a network, is made to do to one request."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any

from tests.client.fire_line import Fault, Line, written
from tests.client.wire import NOW, Asked, Raw

HAL = {"Content-Type": "application/hal+json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
PACKED = {"Content-Encoding": "gzip"}
PAGE = b"<!DOCTYPE html><html><body>One moment</body></html>"
LARGE = 50_000_000
TOO_LARGE = 70 * 1024 * 1024
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
Spoil = Callable[[Line, Asked], Raw]
Change = Callable[[bytes], bytes]


def says(status: int, headers: dict[str, str] | None = None, body: bytes | None = None) -> Spoil:
    """A refusal: the request is not done."""
    said = json.dumps({"id": "said", "message": "no"}).encode() if body is None else body
    return lambda _line, _asked: written(status, said, {**HAL, **(headers or {})})


def breaks(*, after: bool) -> Spoil:
    """The connection ends without a reply, before or after the request was done."""

    def spoil(line: Line, asked: Asked) -> Raw:
        if after:
            line.body(asked)
        return Raw(b"", close=True)

    return spoil


def done_but(status: int, body: bytes, headers: dict[str, str]) -> Spoil:
    """The request is done, and something else is said."""

    def spoil(line: Line, asked: Asked) -> Raw:
        line.body(asked)
        return written(status, body, headers)

    return spoil


def changed(change: Change, *, headers: dict[str, str] | None = None) -> Spoil:
    """The request is done, and what is said of it is changed on its way."""

    def spoil(line: Line, asked: Asked) -> Raw:
        status, body, media_type = line.body(asked)
        return written(status, change(body), {"Content-Type": media_type, **(headers or {})})

    return spoil


def cut(*, announced: bool) -> Spoil:
    """Half of the body, with the whole or with the half length announced."""

    def spoil(line: Line, asked: Asked) -> Raw:
        status, body, media_type = line.body(asked)
        body = body or b"{}"
        half = body[: max(len(body) // 2, 1)]
        length = len(body) if announced else len(half)
        head = {"Content-Type": media_type, "Content-Length": str(length), "Connection": "close"}
        return Raw(written(status, half, head).content, close=True)

    return spoil


def slow(*, head: bool) -> Spoil:
    """Nothing comes, or the head and no body."""

    def spoil(line: Line, _asked: Asked) -> Raw:
        if not head:
            return Raw(b"", close=True, until=line.released)
        start = b"HTTP/1.1 200 Said\r\nContent-Type: application/hal+json\r\nContent-Length: 9\r\n\r\n"
        return Raw(start, until=None, then=line.released)

    return spoil


def to(where: Callable[[Line, Asked], str]) -> Spoil:
    """A redirect; the request is not done."""
    return lambda line, asked: written(302, b"", {"Location": where(line, asked)})


def _json(change: Callable[[Any], Any]) -> Change:
    """A change of the JSON, if it is JSON."""

    def changed_bytes(body: bytes) -> bytes:
        try:
            value = json.loads(body)
        except ValueError:
            return body
        return json.dumps(change(value)).encode()

    return changed_bytes


def _rows(value: Any) -> Iterator[dict[str, Any]]:
    """The things in a reply: the rows of a list, or the reply itself."""
    if not {"_embedded", "pagination", "audit_logs"} & set(value):
        yield value
        return
    for inner in [*value.get("_embedded", {}).values(), *value.values()]:
        yield from inner if isinstance(inner, list) else ()


NAMES = ("token", "id", "report_token", "member_token", "state", "workspace")


def each_row(change: Callable[[str, Any], Any]) -> Change:
    """Change every field of every thing in a reply but those that name it."""

    def altered(value: Any) -> Any:
        for row in _rows(value):
            for key in set(row) - {*NAMES, "_links", "access_key", "access_secret"}:
                row[key] = change(key, row[key])
        return value

    return _json(altered)


def nameless(instead: Any) -> Change:
    """Things without a name, or with one that is none."""

    def altered(value: Any) -> Any:
        for row in _rows(value):
            row.pop("_links", None)
            for key in (*NAMES, "username", "email", "name", "member_username", "access_key"):
                if key in row:
                    row[key] = instead
        return value

    return _json(altered)


def twice(body: bytes) -> bytes:
    """Every key twice, first with nonsense: JSON says nothing, readers take the last."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    return _doubled(value).encode()


def _doubled(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)}:[1],{json.dumps(key)}:{_doubled(inner)}" for key, inner in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_doubled, value)) + "]"
    return json.dumps(value)


def zipped(body: bytes) -> bytes:
    """Packed."""
    return gzip.compress(body, 1)


@cache
def spaces(size: int) -> bytes:
    """So many spaces, packed."""
    return zipped(b" " * size)


def padded(size: int) -> Change:
    """The JSON and so many spaces, packed: as two members, which make one file."""
    return lambda body: zipped(body) + spaces(size)


def _numbers(digits: str) -> Change:
    """Every number replaced by one of these digits."""

    def change(body: bytes) -> bytes:
        mark = 987654321987
        marked = each_row(lambda _, old: mark if isinstance(old, int | float) else old)(body)
        return marked.replace(str(mark).encode(), digits.encode())

    return change


WRONG: dict[type, Any] = {str: {"a": [1]}, int: "many", float: [], bool: "perhaps", dict: 5, list: "x"}


def _wrong(_key: str, old: Any) -> Any:
    return WRONG.get(type(old), {"a": None})


def _later(**span: float) -> str:
    return format_datetime(NOW + timedelta(**span), usegmt=True)


def _both(name: str, spoil: Spoil, **more: Any) -> tuple[Fault, Fault]:
    """The same trouble for ever, and the first time only."""
    return (
        Fault(name=name, spoil=spoil, **more),
        Fault(name=f"{name}, once", spoil=spoil, once=True, alters=False, **more),
    )


REDIRECTS = (
    Fault(name="redirect within the host", spoil=to(lambda _line, _asked: "/api/acme/elsewhere")),
    Fault(name="redirect to itself", spoil=to(lambda _line, asked: asked.target)),
    Fault(name="redirect to another host", spoil=to(lambda line, _asked: f"{line.elsewhere}/file?sig=1")),
    Fault(
        name="redirect to a link-local address",
        spoil=to(lambda _line, _asked: "http://169.254.169.254/latest/meta-data"),
    ),
    Fault(name="redirect to a file", spoil=to(lambda _line, _asked: "file:///etc/passwd"), rare=True),
)
NETWORK = (
    Fault(name="nobody listens", spoil=says(500), instead_of="nobody"),
    Fault(name="TLS not to be believed", spoil=says(500), instead_of="tls"),
    *_both("broken before it was done", breaks(after=False)),
    *_both("broken after it was done", breaks(after=True)),
    Fault(name="no reply in time", spoil=slow(head=False), late=True),
    Fault(name="reply stalls", spoil=slow(head=True), late=True),
    Fault(name="not HTTP", spoil=lambda _line, _asked: Raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n", close=True)),
)
THROTTLED = (
    Fault(name="429", spoil=says(429)),
    *_both("429, Retry-After 1", says(429, {"Retry-After": "1"})),
    *_both("429, Retry-After a date", says(429, {"Retry-After": _later(seconds=1)})),
    Fault(name="429, Retry-After nonsense", spoil=says(429, {"Retry-After": "soon"}), rare=True),
    Fault(name="429, Retry-After a year", spoil=says(429, {"Retry-After": "31536000"}), rare=True),
    Fault(name="429, Retry-After in the past", spoil=says(429, {"Retry-After": _later(days=-1)})),
)
REFUSALS = tuple(
    Fault(name=str(status), spoil=says(status), rare=status not in {400, 401, 403, 404, 422})
    for status in (400, 401, 403, 404, 406, 409, 410, 413, 418, 422)
)
SERVER = (
    Fault(name="500", spoil=says(500)),
    *(Fault(name=str(status), spoil=says(status), rare=True) for status in (502, 504)),
    *_both("503", says(503)),
    *_both("502 of HTML after it was done", done_but(502, PAGE, HTML)),
    Fault(name="599", spoil=says(599), rare=True),
)
BODIES = (
    *_both("200 of HTML", done_but(200, PAGE, HTML)),
    Fault(name="200 of HTML that calls itself JSON", spoil=done_but(200, PAGE, HAL)),
    Fault(name="200 of nothing", spoil=done_but(200, b"", HAL)),
    *_both("body cut", cut(announced=True)),
    *_both("body cut, length to match", cut(announced=False)),
    Fault(name="gzip that is none", spoil=changed(lambda body: body or b"{}", headers=PACKED)),
    Fault(name="not UTF-8", spoil=done_but(200, b'{"token": "\xff\xfe"}', HAL)),
    Fault(name="gzip", spoil=changed(zipped, headers=PACKED), alters=False),
    Fault(name="50 MB", spoil=changed(padded(LARGE), headers=PACKED), alters=False, rare=True),
    Fault(name="70 MB", spoil=changed(padded(TOO_LARGE), headers=PACKED), rare=True),
    Fault(name="nested 100,000 deep", spoil=done_but(200, DEEP, HAL)),
)
SHAPES = (
    Fault(name="keys twice", spoil=changed(twice), alters=False),
    Fault(name="all but the name missing", spoil=changed(each_row(lambda _key, _old: None))),
    Fault(name="wrong types", spoil=changed(each_row(_wrong))),
    Fault(name="numbers of 5,000 digits", spoil=changed(_numbers("9" * 5000))),
    Fault(name="numbers beyond any float", spoil=changed(_numbers("1e400")), rare=True),
    Fault(name="no name", spoil=changed(nameless(None))),
    Fault(name="a name of a wrong type", spoil=changed(nameless([1])), rare=True),
    Fault(name="{}", spoil=done_but(200, b"{}", HAL)),
    Fault(name="[]", spoil=done_but(200, b"[]", HAL)),
    Fault(name="null", spoil=done_but(200, b"null", HAL), rare=True),
    Fault(name="a text", spoil=done_but(200, b'"text"', HAL), rare=True),
    Fault(
        name="rows that are none", spoil=done_but(200, b'{"_embedded":{"x":[null,5]},"reports":[[]]}', HAL)
    ),
)
FAULTS = (*NETWORK, *REDIRECTS, *THROTTLED, *REFUSALS, *SERVER, *BODIES, *SHAPES)
