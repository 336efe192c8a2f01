"""The cron of a schedule as requests write it, and the numbers of its days."""

from collections.abc import Mapping
from typing import Any

from airflow_provider_mode.sandbox.cron import FREQUENCIES, LAST_HOUR, LAST_MINUTE, ZONES, Cron
from airflow_provider_mode.sandbox.exchange import bad_request

WEEK = 7
LAST_DAY = 31


def day_number(base: str, weekday: int) -> int:
    """A weekday (Sunday = 0) in the numbering of the switch."""
    if base == "monday1":
        return weekday or WEEK
    return weekday + (base == "sunday1")


def weekday_of(base: str, number: int) -> int:
    """The weekday (Sunday = 0) that a number means (Refusal 400 outside of the numbering)."""
    for weekday in range(WEEK):
        if day_number(base, weekday) == number:
            return weekday
    raise bad_request("cron: day_of_week is not included in the list")


def _whole(given: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name, default)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise bad_request(f"cron: {name} must be between {least} and {most}")
    return value


def read_cron(given: Mapping[str, Any], base: str, old: Cron) -> Cron:
    """A schedule's cron out of a body; what it leaves out stays (Refusal 400 names what is wrong)."""
    frequency = given.get("freq", old.frequency)
    if frequency not in FREQUENCIES:
        raise bad_request("cron: freq is not included in the list")
    zone = given.get("time_zone", old.time_zone)
    if not isinstance(zone, str) or zone not in ZONES:
        raise bad_request("cron: time_zone is not included in the list")
    days = given.get("day_of_week", [])
    numbers = days if isinstance(days, list) else [days]
    most = WEEK if base != "sunday0" else WEEK - 1
    weekdays = {weekday_of(base, _whole({"day_of_week": one}, "day_of_week", 0, 0, most)) for one in numbers}
    return Cron(
        frequency=frequency,
        hour=_whole(given, "hour", old.hour, 0, LAST_HOUR),
        minute=_whole(given, "minute", old.minute, 0, LAST_MINUTE),
        weekdays=tuple(sorted(weekdays)) or old.weekdays,
        day_of_month=_whole(given, "day_of_month", old.day_of_month, 1, LAST_DAY),
        time_zone=zone,
    )
