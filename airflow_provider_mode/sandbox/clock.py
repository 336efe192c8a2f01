"""The workspace's clock: real time that a test may move, and Mode's spellings of a moment."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"(-?\d+(?:\.\d+)?)([smhdw]?)")


def utc_now() -> datetime:
    """The real time."""
    return datetime.now(UTC)


def to_milliseconds(when: datetime) -> datetime:
    """A moment as precise as Mode prints it, so that state and reply are equal."""
    return when.replace(microsecond=when.microsecond // 1000 * 1000)


def stamp(when: datetime | None) -> str | None:
    """A moment the way Mode prints most of them: milliseconds and `Z`."""
    return None if when is None else when.isoformat(timespec="milliseconds")[:-6] + "Z"


def offset_stamp(when: datetime | None) -> str | None:
    """A moment the way Mode prints the times of schedules: milliseconds and `+00:00`."""
    return None if when is None else when.isoformat(timespec="milliseconds")


def whole_stamp(when: datetime | None) -> str | None:
    """A moment the way Discovery prints the times of members: whole seconds."""
    return None if when is None else when.isoformat(timespec="seconds")[:-6] + "Z"


def parse_moment(text: str) -> datetime:
    """An ISO 8601 date or time as UTC; without a zone it is read as UTC (ValueError if it is neither)."""
    when = datetime.fromisoformat(text)
    try:
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"outside of the calendar: {text!r}") from None
    return to_milliseconds(when)


def parse_span(value: str | float) -> timedelta:
    """A duration: seconds as a number, or `90d`, `36h`, `12w`, `30m`, `5s` (ValueError otherwise)."""
    if isinstance(value, str):
        found = _SPAN.fullmatch(value)
        if found is None:
            raise ValueError(f"not a duration: {value!r} (say seconds, or 30m, 36h, 90d, 12w)")
        return timedelta(**{_UNITS[found[2] or "s"]: float(found[1])})
    return timedelta(seconds=value)


class Clock:
    """Workspace time: it flows like real time from wherever it was put, or stands still when frozen."""

    def __init__(
        self, start: datetime | None = None, *, frozen: bool = False, wall: Callable[[], datetime] = utc_now
    ) -> None:
        self._wall = wall
        self._offset = timedelta() if start is None else start - wall()
        self._frozen: datetime | None = None
        if frozen:
            self.freeze()

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen is not None

    def now(self) -> datetime:
        """The workspace's present."""
        return to_milliseconds(self._wall() + self._offset if self._frozen is None else self._frozen)

    def move_to(self, when: datetime) -> datetime:
        """Put the clock to a moment and return it."""
        if self._frozen is None:
            self._offset = when - self._wall()
        else:
            self._frozen = when
        return self.now()

    def advance(self, span: timedelta) -> datetime:
        """Move the clock by a span and return the new present."""
        return self.move_to(self.now() + span)

    def freeze(self) -> None:
        """Stop the clock."""
        self._frozen = self.now()

    def unfreeze(self) -> None:
        """Let the clock flow on from where it stands."""
        if self._frozen is not None:
            self._offset, self._frozen = self._frozen - self._wall(), None
