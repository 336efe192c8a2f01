"""When a schedule fires: pure arithmetic over Mode's frequencies, so that moving the clock is cheap."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STEPS = {
    "every_15_minutes": timedelta(minutes=15),
    "every_30_minutes": timedelta(minutes=30),
    "hourly": timedelta(hours=1),
}
FREQUENCIES = (*STEPS, "daily", "weekly", "monthly")
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
NOON = 12
LAST_HOUR, LAST_MINUTE = 23, 59
ZONES = {
    "UTC": "UTC",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Mountain Time (US & Canada)": "America/Denver",
    "Central Time (US & Canada)": "America/Chicago",
    "Eastern Time (US & Canada)": "America/New_York",
    "London": "Europe/London",
    "Paris": "Europe/Paris",
    "Berlin": "Europe/Berlin",
    "Chennai": "Asia/Kolkata",
    "Singapore": "Asia/Singapore",
    "Tokyo": "Asia/Tokyo",
    "Sydney": "Australia/Sydney",
    "Auckland": "Pacific/Auckland",
}


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(ZONES[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """When to fire; weekdays count from Sunday = 0, and a month too short for its day fires on its last."""

    frequency: str
    hour: int = 0
    minute: int = 0
    weekdays: tuple[int, ...] = (1,)
    day_of_month: int = 1
    time_zone: str = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The IANA zone behind the Rails name."""
        return _zone(self.time_zone)

    def _falls_on(self, day: date) -> bool:
        if self.frequency == "weekly":
            return day.isoweekday() % 7 in self.weekdays
        if self.frequency == "monthly":
            return day.day == min(self.day_of_month, calendar.monthrange(day.year, day.month)[1])
        return True

    def _on(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, self.hour, self.minute, tzinfo=self.zone).astimezone(
            UTC
        )

    def _phase(self, when: datetime) -> timedelta:
        """The time since the last step of a frequency shorter than a day, on the zone's own minutes."""
        offset = when.astimezone(self.zone).utcoffset() or timedelta()
        start = timedelta(minutes=self.minute if self.frequency == "hourly" else 0)
        return (when - EPOCH + offset - start) % STEPS[self.frequency]

    def last(self, when: datetime) -> datetime:
        """The latest firing at or before a moment."""
        if self.frequency in STEPS:
            return when - self._phase(when)
        day = when.astimezone(self.zone).date()
        while not self._falls_on(day) or self._on(day) > when:
            day -= timedelta(days=1)
        return self._on(day)

    def next(self, when: datetime) -> datetime:
        """The first firing after a moment."""
        if self.frequency in STEPS:
            return when + STEPS[self.frequency] - self._phase(when)
        day = when.astimezone(self.zone).date()
        while not self._falls_on(day) or self._on(day) <= when:
            day += timedelta(days=1)
        return self._on(day)

    def count(self, after: datetime, until: datetime) -> int:
        """How often it fires after one moment and up to another, without walking through them."""
        first, last = self.next(after), self.last(until)
        if first > last:
            return 0
        if self.frequency in STEPS:
            return (last - first) // STEPS[self.frequency] + 1
        begin, end = first.astimezone(self.zone).date(), last.astimezone(self.zone).date()
        if self.frequency == "monthly":
            return (end.year - begin.year) * 12 + end.month - begin.month + 1
        days = (end - begin).days + 1
        if self.frequency == "daily":
            return days
        weeks, rest = divmod(days, 7)
        return weeks * len(self.weekdays) + sum(
            self._falls_on(begin + timedelta(days=extra)) for extra in range(rest)
        )

    def hour_prose(self) -> str | None:
        """The hour as Mode writes it back ("8:00 pm"); None where the frequency has none."""
        if self.frequency in STEPS:
            return None
        return f"{self.hour % NOON or NOON}:{self.minute:02d} {'am' if self.hour < NOON else 'pm'}"

    def minute_prose(self) -> str | None:
        """The minute as Mode writes it back ("45 minutes past the hour"); None where there is none."""
        if self.frequency != "hourly":
            return None
        return f"{self.minute} minutes past the hour" if self.minute else "the top of the hour"

    def weekday_prose(self) -> str | None:
        """The days of a weekly schedule as Mode writes them back ("Monday,Tuesday")."""
        return ",".join(WEEKDAYS[day] for day in self.weekdays) if self.frequency == "weekly" else None
