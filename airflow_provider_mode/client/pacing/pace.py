"""The seam between sending and pacing: a permit for each request, and what its reply told of the limit."""

from dataclasses import dataclass
from typing import Protocol


class PaceTimeout(Exception):  # noqa: N818  # it is caught within the client, and raised on as RateLimited
    """No permit within the time that the caller would wait."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A reply as far as pacing looks at it; `retry_after` in seconds."""

    status: int
    limit: int | None
    remaining: int | None
    retry_after: float | None


class Permit(Protocol):
    """Leave to send one request now."""

    def settle(self, reply: Seen | None) -> None:
        """Tell, exactly once, what came back; None when the request never left or its connection broke."""


class Pacer(Protocol):
    """Hands out permits as fast as the limit of a key allows."""

    def acquire(self, give_up_after: float | None = None) -> Permit:
        """Wait for the next permit; after `give_up_after` seconds at most, else `PaceTimeout`."""
