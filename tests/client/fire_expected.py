"""
What must come of each method under each fault, by the nature of its request.

A read may be repeated, and so may a PATCH and a DELETE, which set or remove; a POST or PUT starts something
each time it arrives, and is repeated only when it surely was not done. With the patience given here, what is
repeated until patience ends is sent twice.
"""

from __future__ import annotations

from tests.client.fire_line import Fault, Method

READS = ("record", "thing", "list", "optional", "job", "any")
COLUMNS: dict[str, tuple[str, ...]] = {
    "GET": READS,
    "GET of a file": ("file",),
    "PATCH": ("patch", "raw patch"),
    "DELETE": ("delete",),
    "POST, PUT": ("post", "put", "raw post"),
    "POST of something new": ("start",),
}
"""The columns of the table, and the kinds of methods in each."""
ONCE, TRIED = "1x", "2x"
MAYBE = "(maybe done) "
Row = tuple[str, str, str, str, str, str]


def each(outcome: str) -> Row:
    """The same for all."""
    return (outcome,) * 6


def repeated(error: str, *, file: str = "") -> Row:
    """Repeated to the end where that is safe; whether a change was made, nobody knows."""
    change, start = f"{error} {MAYBE}{TRIED}", f"{error} {MAYBE}{ONCE}"
    return (f"{error} {TRIED}", file or f"{error} {TRIED}", change, change, start, start)


def mended(error: str, *, file: str = "ok 2x", delete: str = "ok 2x") -> Row:
    """The second try brings it where there may be one."""
    start = f"{error} {MAYBE}{ONCE}"
    return ("ok 2x", file, "ok 2x", delete, start, start)


BROKEN, LATE, SERVER, STRANGE = "ConnectionFailed", "ModeTimeout", "ServerError", "UnexpectedReply"
SAID, FILE = "ok 1x", "UnexpectedReply 1x"
_CUT = f"{STRANGE} {MAYBE}{ONCE}"

EXPECTED: dict[str, Row] = {
    "nobody listens": each(f"{BROKEN} 0x"),
    "TLS not to be believed": each(f"{BROKEN} 0x"),
    "broken before it was done": repeated(BROKEN),
    "broken before it was done, once": mended(BROKEN),
    "broken after it was done": repeated(BROKEN),
    "broken after it was done, once": mended(BROKEN),
    "no reply in time": repeated(LATE),
    "reply stalls": repeated(LATE, file=f"{LATE} 1x"),
    "not HTTP": repeated(BROKEN),
    "redirect within the host": (FILE, "NotFound 1x", FILE, FILE, FILE, FILE),
    "redirect to itself": (FILE, f"{STRANGE} 6x", FILE, FILE, FILE, FILE),
    "redirect to another host": (FILE, SAID, FILE, FILE, FILE, FILE),
    "redirect to a link-local address": each(FILE),
    "redirect to a file": each(FILE),
    **dict.fromkeys(
        ("429", "429, Retry-After 1", "429, Retry-After a date", "429, Retry-After nonsense"),
        each("RateLimited 2x"),
    ),
    "429, Retry-After 1, once": each("ok 2x"),
    "429, Retry-After a date, once": each("ok 2x"),
    "429, Retry-After a year": each("RateLimited 2x"),
    "429, Retry-After in the past": each("RateLimited 2x"),
    "400": each("BadRequest 1x"),
    "401": each("AuthenticationError 1x"),
    "403": each("PermissionDenied 1x"),
    "404": each("NotFound 1x"),
    "410": each("NotFound 1x"),
    "422": each("BadRequest 1x"),
    **dict.fromkeys(("406", "409", "413", "418"), each(FILE)),
    **dict.fromkeys(("500", "502", "503", "504", "599", "502 of HTML after it was done"), repeated(SERVER)),
    **dict.fromkeys(
        ("503, once", "502 of HTML after it was done, once"),
        mended(SERVER),
    ),
    "200 of HTML": repeated(STRANGE),
    "200 of HTML, once": mended(STRANGE),
    "200 of HTML that calls itself JSON": repeated(STRANGE, file=SAID),
    "200 of nothing": (f"{STRANGE} 2x", SAID, SAID, SAID, SAID, _CUT),
    "body cut": repeated(STRANGE, file=FILE),
    "body cut, once": mended(STRANGE, file=FILE),
    "body cut, length to match": (f"{STRANGE} 2x", SAID, f"{STRANGE} {MAYBE}2x", SAID, _CUT, _CUT),
    "body cut, length to match, once": mended(STRANGE, file=SAID, delete=SAID),
    "gzip that is none": repeated(STRANGE, file=FILE),
    "not UTF-8": (f"{STRANGE} 2x", SAID, f"{STRANGE} {MAYBE}2x", SAID, _CUT, _CUT),
    "gzip": each(SAID),
    "50 MB": each(SAID),
    "70 MB": (FILE, SAID, _CUT, _CUT, _CUT, _CUT),
    "nested 100,000 deep": (FILE, SAID, _CUT, SAID, _CUT, _CUT),
    **dict.fromkeys(
        (
            "keys twice", "all but the name missing", "wrong types", "numbers of 5,000 digits",
            "numbers beyond any float",
        ),
        each(SAID),
    ),
    **dict.fromkeys(
        ("no name", "a name of a wrong type", "{}", "[]", "null", "a text", "rows that are none"),
        (FILE, SAID, SAID, SAID, SAID, _CUT),
    ),
}  # fmt: skip
"""By fault, the outcome in each column; what is otherwise for one method, or one kind, stands below."""

GONE = ("404", "410")
SHAPELESS = ("no name", "a name of a wrong type", "{}", "[]", "null", "a text", "rows that are none")
OTHERWISE: dict[tuple[str, str], str] = {
    # A member's key has no full list of members, and who gets a mail is told only where Mode tells it.
    **{(fault, name): SAID for fault in GONE for name in ("members", "subscription_members")},
    # A PDF that is rendered and yet not there is asked for again, and so is a job that says nothing.
    **{(fault, "pdf"): f"{LATE} 3x" for fault in (*GONE, "redirect within the host")},
    **{(fault, "pdf (its job)"): f"{LATE} 3x" for fault in SHAPELESS},
    # Any JSON is an answer to a request that only its caller knows.
    **{(fault, "request GET"): SAID for fault in SHAPELESS},
}  # fmt: skip


def column(method: Method) -> str:
    """The column that a method stands in."""
    return next(name for name, kinds in COLUMNS.items() if method.kind in kinds)


def expected(fault: Fault, method: Method) -> str:
    """What must come of it."""
    usual = dict(zip(COLUMNS, EXPECTED[fault.name], strict=True))[column(method)]
    return OTHERWISE.get((fault.name, method.name), usual)
