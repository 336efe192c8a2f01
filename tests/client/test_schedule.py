"""A schedule's definition: out of numbers, out of the edit form, out of prose, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_mode.client.models import Schedule

DAILY = {
    "token": "a",
    "name": "Daily",
    "frequency": "daily",
    "time_zone": "UTC",
    "parameters": {"region": "eu"},
    "timeout": 3600,
}


def cron(**row: Any) -> dict[str, Any] | None:
    """The cron part of a schedule's definition."""
    definition = Schedule.from_json({"token": "a", "time_zone": "UTC", **row}).definition
    return definition and definition["cron"]


def test_the_numbers_are_taken_where_they_are() -> None:
    """`cron_hour` and `cron_minute` make the definition, with name, parameters and timeout."""
    schedule = Schedule.from_json({**DAILY, "cron_hour": 20, "cron_minute": 15, "hour": "8:00 pm"})
    assert schedule.definition == {
        "name": "Daily",
        "cron": {"freq": "daily", "hour": 20, "minute": 15, "time_zone": "UTC"},
        "params": {"region": "eu"},
        "timeout": 3600,
    }


def test_what_is_absent_is_left_out() -> None:
    """Without a name and a timeout Mode gives its own; without parameters there are none."""
    assert Schedule(token="a", frequency="every_15_minutes").definition == {
        "cron": {"freq": "every_15_minutes"},
        "params": {},
    }


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [
        ("8:00 pm", "the top of the hour", (20, 0)),
        ("8:30 pm", None, (20, 30)),
        ("12:00 am", "45 minutes past the hour", (0, 45)),
        ("12:15 PM", "", (12, 15)),
        ("8 a.m.", "5", (8, 5)),
        ("20:05", None, (20, 5)),
        ("noon", "Top of the hour", (12, 0)),
        ("midnight", None, (0, 0)),
        ("1", "1 minute past the hour", (1, 1)),
        (7, 30, (7, 30)),
        ("13:00 pm", "0", None),
        ("25:00", "0", None),
        ("8:75 am", None, None),
        ("in the evening", "0", None),
        ("8 am", "sometimes", None),
        ("8 am", "61 minutes past the hour", None),
        (None, "0", None),
    ],
)
def test_prose_is_read(hour: Any, minute: Any, expected: tuple[int, int] | None) -> None:
    """Hour and minute as Mode words them; what cannot be read makes no definition."""
    found = cron(frequency="daily", hour=hour, minute=minute)
    assert (found and (found["hour"], found["minute"])) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"frequency": "hourly", "minute": "45 minutes past the hour"},
            {"freq": "hourly", "minute": 45, "time_zone": "UTC"},
        ),
        ({"frequency": "Every 30 minutes"}, {"freq": "every_30_minutes", "time_zone": "UTC"}),
        ({"frequency": "weekly", "day_of_week": "Sunday"}, 0),
        ({"frequency": "weekly", "day_of_week": "Monday,Tuesday"}, [1, 2]),
        ({"frequency": "weekly", "day_of_week": "Sat, sun"}, [6, 0]),
        ({"frequency": "weekly", "day_of_week": 3}, 3),
        ({"frequency": "weekly", "day_of_week": "Someday"}, None),
        ({"frequency": "weekly"}, None),
        ({"frequency": "monthly", "day_of_month": "15"}, 15),
        ({"frequency": "monthly", "day_of_month": "the 1st of the month"}, 1),
        ({"frequency": "monthly", "day_of_month": "the last"}, None),
        ({"frequency": "monthly", "day_of_month": "32"}, None),
        ({"frequency": "fortnightly"}, None),
        ({"frequency": None}, None),
        ({"frequency": "daily", "time_zone": None}, None),
        ({"frequency": "daily", "parameters": "region=eu"}, None),
    ],
)
def test_each_frequency_has_its_times(row: dict[str, Any], expected: Any) -> None:
    """Days by name or number; a frequency or a day that is not known makes no definition."""
    times = {"cron_hour": 9, "cron_minute": 0} if row.get("minute") is None else {}
    found = cron(**{**times, **row})
    if not isinstance(expected, dict):
        found = found and found.get("day_of_week", found.get("day_of_month"))
    assert found == expected


def form(**parts: Any) -> dict[str, Any]:
    """A schedule's edit form."""
    return {"edit": {"input": {"report_schedule": {"cron": parts}}}}


def test_the_form_holds_what_a_write_takes() -> None:
    """Values of the edit form stand in for absent numbers, bare or as inputs with a value."""
    forms = form(
        freq={"value": "weekly"},
        hour={"type": "select", "value": "7"},
        minute=5,
        day_of_week={"value": [1, 3]},
        time_zone={"value": "Pacific Time (US & Canada)"},
    )
    assert cron(_forms=forms, time_zone=None) == {
        "freq": "weekly",
        "hour": 7,
        "minute": 5,
        "day_of_week": [1, 3],
        "time_zone": "Pacific Time (US & Canada)",
    }
    assert cron(frequency="monthly", cron_hour=1, cron_minute=2, _forms=form(day_of_month={"value": 31})) == {
        "freq": "monthly", "hour": 1, "minute": 2, "day_of_month": 31, "time_zone": "UTC",
    }  # fmt: skip


def test_the_form_tells_how_days_are_numbered() -> None:
    """Where the options number the days otherwise than documented, they are believed."""
    options = [
        {"name": "Monday", "value": 2},
        {"label": "Sunday", "value": "1"},
        {"text": "Friday", "value": 99},
        {"name": 5, "value": 5},
        "Tuesday",
    ]
    week = {"frequency": "weekly", "cron_hour": 1, "cron_minute": 2}
    found = cron(**week, day_of_week="Monday,Sun,Friday", _forms=form(day_of_week={"options": options}))
    assert found is not None
    assert found["day_of_week"] == [2, 1, 5]
    plain = cron(**week, day_of_week="Monday", _forms=form(day_of_week={"options": "none"}))
    assert plain is not None
    assert plain["day_of_week"] == 1


@pytest.mark.parametrize(
    "forms", [None, [], {"edit": None}, {"edit": {"input": {"report_schedule": {"cron": 5}}}}]
)
def test_a_form_may_be_anything(forms: Any) -> None:
    """A form that is none does not matter where the numbers are there."""
    found = cron(frequency="daily", cron_hour=0, cron_minute=59, _forms=forms)
    assert found == {"freq": "daily", "hour": 0, "minute": 59, "time_zone": "UTC"}


@pytest.mark.parametrize("hour", [True, 24, -1, 3.5])
def test_numbers_out_of_bounds_are_none(hour: Any) -> None:
    """An hour that no day has makes no definition."""
    assert cron(frequency="daily", cron_minute=0, _forms=form(hour=hour)) is None
