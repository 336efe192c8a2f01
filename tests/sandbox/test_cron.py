from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_mode.sandbox.cron import Cron

AT = datetime(2026, 3, 4, 12, 7, 30, tzinfo=UTC)  # a Wednesday
CRONS = [
    Cron(frequency="every_15_minutes"),
    Cron(frequency="every_30_minutes", time_zone="Chennai"),
    Cron(frequency="hourly", minute=45),
    Cron(frequency="daily", hour=20, time_zone="Pacific Time (US & Canada)"),
    Cron(frequency="weekly", hour=6, minute=5, weekdays=(1, 4), time_zone="London"),
    Cron(frequency="monthly", day_of_month=31, hour=1, time_zone="Auckland"),
]


@pytest.mark.parametrize("cron", CRONS, ids=lambda cron: cron.frequency)
def test_counting_equals_walking(cron: Cron) -> None:
    """The count over 60 days, across a change of the clock, is what stepping from firing to firing gives."""
    until, steps, when = AT + timedelta(days=60), 0, AT
    while (when := cron.next(when)) <= until:
        steps += 1
        assert cron.last(when) == when
    assert cron.count(AT, until) == steps
    assert cron.last(AT) <= AT < cron.next(AT)
    assert cron.count(AT, AT) == 0


def test_days_of_week_and_month() -> None:
    """Weekdays count from Sunday; a short month fires on its last day."""
    assert Cron(frequency="weekly", weekdays=(0,)).next(AT) == datetime(2026, 3, 8, tzinfo=UTC)
    assert Cron(frequency="monthly", day_of_month=31).next(AT + timedelta(days=28)) == datetime(
        2026, 4, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("cron", "hour", "minute", "days"),
    [
        (Cron(frequency="daily", hour=20), "8:00 pm", None, None),
        (Cron(frequency="daily", hour=0, minute=5), "12:05 am", None, None),
        (Cron(frequency="weekly", hour=12, weekdays=(1, 2)), "12:00 pm", None, "Monday,Tuesday"),
        (Cron(frequency="hourly", minute=45), None, "45 minutes past the hour", None),
        (Cron(frequency="hourly"), None, "the top of the hour", None),
        (Cron(frequency="every_15_minutes"), None, None, None),
    ],
)
def test_prose(cron: Cron, hour: str | None, minute: str | None, days: str | None) -> None:
    """Mode writes times back in words."""
    assert (cron.hour_prose(), cron.minute_prose(), cron.weekday_prose()) == (hour, minute, days)
