"""
A schedule's definition: what Mode must be told to create the same schedule again.

Mode answers with prose ("8:00 pm", "45 minutes past the hour", "Monday,Tuesday") and wants numbers. Newer
replies carry `cron_hour` and `cron_minute`; the edit form carries the very values that a write takes; failing
both, the prose is read. A definition that cannot be known whole is None: no half schedule may be restored.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_mode.client.models import Schedule

NEEDS: dict[str, tuple[str, ...]] = {
    "every_15_minutes": (),
    "every_30_minutes": (),
    "hourly": ("minute",),
    "daily": ("hour", "minute"),
    "weekly": ("hour", "minute", "day_of_week"),
    "monthly": ("hour", "minute", "day_of_month"),
}
"""The frequencies Mode knows, and the times that each cannot do without."""

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s*(?P<half>[ap]\.?m\.?)?", re.IGNORECASE)
_NAMED_HOURS = {"midnight": "12:00 am", "noon": "12:00 pm"}
_PAST_THE_HOUR = re.compile(r"(\d{1,2})(?:\s+minutes?\s+past\s+the\s+hour)?", re.IGNORECASE)
_DAY_OF_MONTH = re.compile(r"(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)?(?:\s+of\s+the\s+month)?", re.IGNORECASE)
_NOON = 12


def definition(schedule: "Schedule") -> dict[str, Any] | None:
    """The body of a write that creates this schedule, or None when some part of it cannot be known."""
    form = _form(schedule.raw)
    freq = _frequency(schedule.frequency) or _frequency(_value(_cron(form).get("freq")))
    if freq is None or _unreadable_parameters(schedule):
        return None
    cron: dict[str, Any] = {"freq": freq}
    for part in NEEDS[freq]:
        cron[part] = _READ[part](schedule, _cron(form))
    zone = schedule.time_zone or _value(_cron(form).get("time_zone"))
    if None in cron.values() or (zone is None and "hour" in cron):
        return None
    if zone is not None:
        cron["time_zone"] = zone
    body: dict[str, Any] = {"name": schedule.name, "cron": cron, "params": dict(schedule.parameters or {})}
    if schedule.timeout is not None:
        body["timeout"] = schedule.timeout
    return {key: value for key, value in body.items() if value is not None}


def _unreadable_parameters(schedule: "Schedule") -> bool:
    """Whether the schedule has parameters that we could not read: recreating it without them changes it."""
    return schedule.parameters is None and schedule.raw.get("parameters") is not None


def _form(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inputs of the edit form, `_forms.edit.input.report_schedule`."""
    part: Any = raw
    for key in ("_forms", "edit", "input", "report_schedule"):
        part = part.get(key) if isinstance(part, dict) else None
    return part if isinstance(part, dict) else {}


def _cron(form: Mapping[str, Any]) -> Mapping[str, Any]:
    """The form's cron inputs."""
    cron = form.get("cron")
    return cron if isinstance(cron, dict) else {}


def _value(part: Any) -> Any:
    """An input's present value: forms hold `{"type", "options", "value"}`, or the bare value."""
    return part.get("value") if isinstance(part, dict) else part


def _frequency(value: Any) -> str | None:
    """One of the frequencies Mode knows, however it is spaced."""
    name = "_".join(value.lower().split()) if isinstance(value, str) else ""
    return name if name in NEEDS else None


def _within(value: Any, low: int, high: int) -> int | None:
    """A whole number within its bounds, by itself or in digits."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,2}", value.strip()):
        value = int(value)
    good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    return value if good else None


def _first(*values: int | None) -> int | None:
    """The first value that is known."""
    return next((value for value in values if value is not None), None)


def _clock(prose: str | None) -> tuple[int | None, int | None]:
    """Hour and minute out of "8:00 pm", "20:00", "8 am" or "noon"."""
    words = (prose or "").strip()
    found = _CLOCK.fullmatch(_NAMED_HOURS.get(words.lower(), words))
    if not found:
        return None, None
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half:
        if not 1 <= hour <= _NOON:
            return None, None
        hour = hour % _NOON + (_NOON if half[0] == "p" else 0)
    minute = None if found["minute"] is None else _within(int(found["minute"]), 0, 59)
    return _within(hour, 0, 23), minute


def _minute_prose(prose: str | None) -> int | None:
    """The minute out of "the top of the hour", "45 minutes past the hour" or "45"."""
    words = (prose or "").strip()
    if words.lower() in {"the top of the hour", "top of the hour"}:
        return 0
    found = _PAST_THE_HOUR.fullmatch(words)
    return _within(found[1], 0, 59) if found else None


def _hour(schedule: "Schedule", cron: Mapping[str, Any]) -> int | None:
    """The hour, 0 to 23."""
    return _first(
        _within(schedule.cron_hour, 0, 23), _within(_value(cron.get("hour")), 0, 23), _clock(schedule.hour)[0]
    )


def _minute(schedule: "Schedule", cron: Mapping[str, Any]) -> int | None:
    """The minute, 0 to 59."""
    return _first(
        _within(schedule.cron_minute, 0, 59),
        _within(_value(cron.get("minute")), 0, 59),
        _minute_prose(schedule.minute),
        _clock(schedule.hour)[1],
    )


def _day_of_month(schedule: "Schedule", cron: Mapping[str, Any]) -> int | None:
    """The day, 1 to 31."""
    found = _DAY_OF_MONTH.fullmatch((schedule.day_of_month or "").strip())
    return _first(
        _within(_value(cron.get("day_of_month")), 1, 31), _within(found[1], 1, 31) if found else None
    )


def _day_of_week(schedule: "Schedule", cron: Mapping[str, Any]) -> int | list[int] | None:
    """The day as a write takes it, or the list of days where there are several."""
    part = cron.get("day_of_week")
    value = _value(part)
    days = value if isinstance(value, list) else [] if value is None else [value]
    if not days:
        names = _named_days(part)
        days = [names.get(day.strip().lower(), day) for day in (schedule.day_of_week or "").split(",")]
    numbers = [_within(day, 0, 7) for day in days]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return None
    return known[0] if len(known) == 1 else known


def _named_days(part: Any) -> dict[str, int]:
    """Which number Mode gives each day: as the form's options say, else Sunday first from 0 as documented."""
    names: dict[str, int] = {}
    for base, day in enumerate(_DAYS):
        names[day] = names[day[:3]] = base
    options = part.get("options") if isinstance(part, dict) else None
    for option in options if isinstance(options, list) else []:
        if isinstance(option, dict):
            label = option.get("name", option.get("label", option.get("text")))
            number = _within(option.get("value"), 0, 7)
            if isinstance(label, str) and label.strip() and number is not None:
                names[label.strip().lower()] = names[label.strip().lower()[:3]] = number
    return names


_READ: dict[str, Callable[["Schedule", Mapping[str, Any]], Any]] = {
    "hour": _hour,
    "minute": _minute,
    "day_of_week": _day_of_week,
    "day_of_month": _day_of_month,
}
