"""
What can go wrong between us and Mode, as a tree of what a caller can do next.

```
ModeError
├── ConfigurationError    the connection or an argument is wrong: mend it (also a ValueError)
├── AuthenticationError   401: mend the key
├── PermissionDenied      403: use a key that may do this
├── NotFound              404, 410: it is gone, or was never there
├── BadRequest            400, 422: mend the request
├── RateLimited           429 until patience ended: ask for less, or wait longer
├── ServerError           5xx until patience ended: try later
├── ConnectionFailed      no connection, or it broke: try later
├── ModeTimeout           connected, but no reply in time: try later, or wait longer
└── UnexpectedReply       not what Mode's API answers: HTML, a cut body, a redirect, an unknown status
```

The first five are permanent: another try cannot mend them (`retryable` is false).
"""

# ruff: noqa: N818  # the names are those of what happened, and part of the public surface

from http import HTTPStatus
from typing import ClassVar


class ModeError(Exception):
    """Any failure to get from Mode what was asked for; carries no secret and no query string."""

    retryable: ClassVar[bool] = True
    advice: str = ""

    def __init__(
        self,
        detail: str = "",
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        mode_id: str | None = None,
        mode_message: str | None = None,
        attempts: int = 1,
        maybe_done: bool = False,
        never_left: bool = False,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.method = method
        self.path = path
        self.status = status
        self.mode_id = mode_id
        self.mode_message = mode_message
        self.attempts = attempts
        self.maybe_done = maybe_done
        """A change may have been made: the request left, and no clear reply came back."""
        self.never_left = never_left
        """Not a byte of the last request was sent: nothing listens there, or no name, or no TLS."""

    def __str__(self) -> str:
        if self.method is None:
            return self.detail
        said = f"answered {self.status}" if self.status is not None else "got no usable answer"
        words = [f"{self.method} {self.path} {said}"]
        if self.mode_id:
            words[0] += f" {self.mode_id}"
        explanation = "; ".join(part.rstrip(".") for part in (self.mode_message, self.detail) if part)
        if explanation:
            words[0] += f": {explanation}"
        if self.attempts > 1:
            words[0] += f" ({self.attempts} attempts)"
        words[0] += "."
        if self.maybe_done:
            words.append("The change may have been made all the same.")
        if self.advice:
            words.append(self.advice)
        return " ".join(words)


class ConfigurationError(ModeError, ValueError):
    """The connection, or an argument, cannot be right as it stands."""

    retryable = False


class AuthenticationError(ModeError):
    """401: Mode does not know the key, or the key is of a kind that may never do this."""

    retryable = False
    advice = "Check the API token and secret of the connection."


class PermissionDenied(ModeError):
    """403: the key is good but may not do this."""

    retryable = False
    advice = "Use a workspace key, or one whose member may do this."


class NotFound(ModeError):
    """404: the thing, its parent or the workspace does not exist (any more) for this key."""

    retryable = False
    advice = "Check the workspace and the name of the thing asked for."


class BadRequest(ModeError):
    """400 or 422: Mode understood the request and refuses it."""

    retryable = False
    advice = "Mend the request; another try will not help."


class RateLimited(ModeError):
    """429 until `retry_for` was spent: others use up the rate limit of this key."""

    advice = "Raise retry_for, lower rate_limit, or find out who else uses this key."


class ServerError(ModeError):
    """5xx until `retry_for` was spent."""

    advice = "Mode may be having trouble; try again later."


class ConnectionFailed(ModeError):
    """No connection could be made, or it broke before the reply was complete."""

    advice = "Check the host, the network and any proxies."


class ModeTimeout(ModeError):
    """The request was sent, and no complete reply came within the timeout."""

    advice = "Raise the timeout of the connection, or try again later."


class UnexpectedReply(ModeError):
    """Not what Mode's API answers: HTML, a cut or non-JSON body, a redirect, an unknown status."""

    advice = "Check that the host is Mode itself and nothing stands between."


BY_STATUS: dict[int, type[ModeError]] = {
    400: BadRequest,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    410: NotFound,
    422: BadRequest,
    429: RateLimited,
}
"""Which error a status means; 5xx is `ServerError`, and anything else `UnexpectedReply`."""


def error_class(status: int) -> type[ModeError]:
    """The error that a reply's status stands for."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerError
    return BY_STATUS.get(status, UnexpectedReply)
