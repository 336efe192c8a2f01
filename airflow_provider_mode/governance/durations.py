"""Lengths of time as users write them ("36h", "90d", "12w"), and as people read them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from airflow_provider_mode.governance.errors import SettingError

_HOUR, _DAY = 3600, 86400
_SECONDS = {"s": 1, "h": _HOUR, "d": _DAY, "w": 7 * _DAY}
_FORM = re.compile(r"([0-9]{1,10})([shdw])")
_LONGEST = timedelta(days=36500)
_TOO_LONG = 36501 * _DAY


def parse_duration(value: object, field: str) -> timedelta:
    """A length of time above zero and up to a hundred years; anything else is an error that names `field`."""
    length = value if isinstance(value, timedelta) else _parsed(value, field)
    if length <= timedelta(0):
        raise SettingError(field, f"must be longer than zero, not {format_duration(length)!r}")
    if length > _LONGEST:
        raise SettingError(field, "must be at most 36500 days")
    if length.microseconds:
        raise SettingError(field, "must be whole seconds")
    return length


def _parsed(value: object, field: str) -> timedelta:
    form = _FORM.fullmatch(value.strip()) if isinstance(value, str) else None
    if form is None:
        raise SettingError(
            field, f'must be a timedelta or a string such as "36h", "90d" or "12w", not {value!r}'
        )
    return timedelta(seconds=min(int(form[1]) * _SECONDS[form[2]], _TOO_LONG))


def format_duration(length: timedelta) -> str:
    """The shortest form that parses back: days, else hours, else seconds."""
    seconds = int(length.total_seconds())
    unit = next(unit for unit in ("d", "h", "s") if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


def say_duration(length: timedelta) -> str:
    """A length for a sentence: "412 days", "1 day", "36 hours"."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds >= 2 * _DAY or seconds == _DAY:
        return counted(seconds // _DAY, "day")
    if seconds >= _HOUR:
        return counted(seconds // _HOUR, "hour")
    return counted(seconds // 60, "minute")


def say_moment(moment: datetime) -> str:
    """A moment for a sentence: its day."""
    return moment.date().isoformat()


def counted(number: int, unit: str) -> str:
    """A number and its noun: "1 view", "3 views"."""
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
