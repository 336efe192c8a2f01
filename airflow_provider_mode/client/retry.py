"""
Whether a request is sent once more, and after how long: pure decisions over values.

GET, PATCH and DELETE are safe to repeat, so anything that may pass is tried again. A POST starts something
each time it arrives, so it is repeated only when it surely did not: throttled, or never sent.
"""

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

REPEATABLE = frozenset({"GET", "HEAD", "PATCH", "DELETE"})
LONGEST_BACKOFF = 10.0
LONGEST_ASKED = 86_400.0
"""A `Retry-After` beyond a day means no more than one of a day."""
_FIRST_BACKOFF = 0.5
_MOST_DOUBLINGS = 16


class Outcome(enum.Enum):
    """How one try failed."""

    NEVER_LEFT = "never left"
    BROKEN = "connection broken"
    TIMEOUT = "no reply in time"
    UNREADABLE = "unreadable reply"
    GARBLED = "absurd reply"
    SERVER = "server error"
    THROTTLED = "throttled"
    REFUSED = "refused"

    @property
    def clear(self) -> bool:
        """Whether it is certain that a change asked for was not made."""
        return self in {Outcome.NEVER_LEFT, Outcome.THROTTLED, Outcome.REFUSED}


@dataclass(frozen=True, slots=True)
class Retry:
    """Send again after `wait` seconds."""

    wait: float
    reason: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Raise what the last try said."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed try; `paced` means that the pacer already knows of a 429 and will wait for it."""

    outcome: Outcome
    retry_after: float | None = None
    paced: bool = False


def decide(
    method: str, failure: Failure, *, attempt: int, elapsed: float, retry_for: float, u: float
) -> Retry | GiveUp:
    """
    What to do after the `attempt`-th try (from 1) failed, `elapsed` seconds after the first failure.

    `u` in [0, 1) spreads the waits. The last try is made when `retry_for` ends, whatever wait was due.
    """
    if failure.outcome in {Outcome.REFUSED, Outcome.GARBLED}:
        return GiveUp("another try cannot mend it")
    if method not in REPEATABLE and failure.outcome not in {Outcome.THROTTLED, Outcome.NEVER_LEFT}:
        return GiveUp("it may have been done already")
    left = retry_for - elapsed
    if left <= 0:
        return GiveUp("retry_for is spent")
    return Retry(min(_wait(failure, attempt, u), left), failure.outcome.value)


def _wait(failure: Failure, attempt: int, u: float) -> float:
    """The wait that is due: the server's word, none where the pacer waits, else doubling with jitter."""
    if failure.outcome is Outcome.THROTTLED and failure.paced:
        return 0.0
    # "At once" (0, or a date that has passed) would be obeyed in a loop without a pause.
    if failure.retry_after is not None and failure.retry_after >= _FIRST_BACKOFF:
        return failure.retry_after
    full = min(_FIRST_BACKOFF * 2.0 ** min(attempt, _MOST_DOUBLINGS), LONGEST_BACKOFF)
    return full * (0.5 + u / 2)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a `Retry-After` of seconds or an HTTP date (after `now`); None for anything else."""
    if value is None:
        return None
    words = value.strip()
    if words.isascii() and words.replace(".", "", 1).isdigit():
        return min(float(words), LONGEST_ASKED)
    try:
        left = _aware(parsedate_to_datetime(words)) - _aware(now)
    except (ValueError, OverflowError):  # the second, where a year or a zone is larger than a date can hold
        return None
    return min(max(left.total_seconds(), 0.0), LONGEST_ASKED)


def _aware(moment: datetime) -> datetime:
    """A time of HTTP's, which is UTC even where it does not say so."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
