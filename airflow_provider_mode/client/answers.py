"""What a whole reply means for the call that it answers: a `Reply`, or a failed try. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from airflow_provider_mode.client.errors import NotFound, ServerError, UnexpectedReply, error_class
from airflow_provider_mode.client.pacing.pace import Seen
from airflow_provider_mode.client.replies import (
    TooDeepError,
    UnreadableError,
    decode,
    explanation,
    origin,
    shown,
    whole,
)
from airflow_provider_mode.client.retry import Outcome, retry_after
from airflow_provider_mode.client.tries import Call, Failed

Said = Callable[[str | None], str | None]
_EMPTY = frozenset({HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT})
__all__ = ["Head", "Reply", "elsewhere", "judge", "no_file", "paced", "refusal", "shown", "strange"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A good reply; `body` is its JSON, None where it has none."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Head:
    """A reply's status and headers, and when it came."""

    status: int
    headers: Mapping[str, str]
    came: datetime

    @property
    def good(self) -> bool:
        """Whether the status is one of success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def media_type(self) -> str:
        """The bare media type, in lower case."""
        return self.headers.get("Content-Type", "").split(";")[0].strip().lower()

    @property
    def is_file(self) -> bool:
        """Whether the body is a file to keep: Mode's are csv, zip, JSON or PDF; HTML is a gateway's."""
        return self.good and self.status not in _EMPTY and self.media_type != "text/html"

    def seen(self) -> Seen:
        """What pacing looks at."""
        return Seen(
            self.status,
            whole(self.headers.get("X-RateLimit-Limit")),
            whole(self.headers.get("X-RateLimit-Remaining")),
            self.wait,
        )

    @property
    def wait(self) -> float | None:
        """Seconds that the server asks to wait; a date is measured by its own clock where it tells that."""
        try:
            now = parsedate_to_datetime(self.headers.get("Date", ""))
        except (ValueError, OverflowError):
            now = self.came
        return retry_after(self.headers.get("Retry-After"), now)


def judge(call: Call, head: Head, body: bytes, *, unclear: bool, said: Said) -> Reply | Failed:
    """What a reply of Mode's means; `unclear`: an earlier try of the call may have been carried out."""
    if head.good:
        return _good(call, head, body)
    if call.method == "DELETE" and unclear and error_class(head.status) is NotFound:
        return Reply(head.status, None)
    return refusal(call, head, body, said=said)


def _good(call: Call, head: Head, body: bytes) -> Reply | Failed:
    """A reply of success, if it can be read; what a deletion says beyond that does not matter."""
    empty = not body.strip()
    if call.method == "DELETE" and not body.lstrip().startswith(b"<"):
        return Reply(head.status, None)
    if empty and (call.method != "GET" or head.status in _EMPTY):
        return Reply(head.status, None)
    try:
        return Reply(head.status, decode(body))
    except TooDeepError:
        return strange(call, "the reply is nested too deep", head.status)
    except UnreadableError:
        detail = "the reply is empty" if empty else f"the reply is not JSON ({head.media_type or 'no type'})"
    return call.failed(UnexpectedReply, Outcome.UNREADABLE, detail, status=head.status)


def refusal(call: Call, head: Head, body: bytes, *, said: Said) -> Failed:
    """A failed try out of a reply that is none of success, with what Mode says of it."""
    name, message = explanation(body)
    detail = ""
    if HTTPStatus.MULTIPLE_CHOICES <= head.status < HTTPStatus.BAD_REQUEST:
        detail = f"it redirects to {origin(head.headers.get('Location'))}, which is not followed"
    elif message is None and body.strip():
        detail = f"its body is {said(head.media_type) or 'of no type'}"
    outcome = Outcome.REFUSED
    if head.status == HTTPStatus.TOO_MANY_REQUESTS:
        outcome = Outcome.THROTTLED
    elif head.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        outcome = Outcome.SERVER
    failed = call.failed(error_class(head.status), outcome, detail, status=head.status, retry_after=head.wait)
    failed.error.mode_id, failed.error.mode_message = said(name), said(message)
    return failed


def strange(call: Call, detail: str, status: int) -> Failed:
    """A reply that Mode's API would not give, and that asking again would not change."""
    return call.failed(UnexpectedReply, Outcome.GARBLED, detail, status=status)


def no_file(call: Call, head: Head, body: bytes, *, said: Said) -> Failed:
    """Mode answered a download with something that is none."""
    if not head.good:
        return refusal(call, head, body, said=said)
    if head.status in _EMPTY:
        return strange(call, "there is nothing to download (yet)", head.status)
    return call.failed(UnexpectedReply, Outcome.UNREADABLE, "a page came, and no file", status=head.status)


def elsewhere(call: Call, head: Head, url: str) -> Failed:
    """The storage that a download was sent on to did not give the file."""
    detail = f"{origin(url)}, where the download was sent on to, gave no file"
    if head.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return call.failed(ServerError, Outcome.SERVER, detail, status=head.status)
    return strange(call, detail, head.status)


def paced(failed: Failed) -> Failed:
    """The same failure, told that the pacer knows of it and will do the waiting."""
    return Failed(failed.error, replace(failed.failure, paced=True))
