from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.governance.durations import format_duration, parse_duration, say_duration
from airflow_provider_mode.governance.errors import SettingError
from tests.governance.fake_client import patient


@pytest.mark.parametrize(
    ("given_text", "length"),
    [
        ("36h", timedelta(hours=36)),
        ("90d", timedelta(days=90)),
        (" 12w ", timedelta(weeks=12)),
        ("5s", timedelta(seconds=5)),
        (timedelta(days=2), timedelta(days=2)),
    ],
)
def test_lengths_parse(given_text: object, length: timedelta) -> None:
    """A timedelta and each unit are understood."""
    assert parse_duration(given_text, "x") == length


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "90", "90 d", "d", "-1d", "1.5d", "1y", "٣d", "0d", "90d\n90d", "999999999w", "40000d"),
        *(90, None, True, [], timedelta(0), timedelta(-1), timedelta(milliseconds=1)),
    ],
)
def test_no_length_is_refused_by_name(wrong: object) -> None:
    """What is no length of time above zero is an error that names the field."""
    with pytest.raises(SettingError, match=r"^not_run_for: "):
        parse_duration(wrong, "not_run_for")


@patient
@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=36500)))
def test_what_is_written_parses_back(length: timedelta) -> None:
    """Every length in whole seconds survives being written and read."""
    whole = timedelta(seconds=int(length.total_seconds()))
    assert parse_duration(format_duration(whole), "x") == whole


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(days=412, hours=5), "412 days"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(seconds=-5), "0 minutes"),
    ],
)
def test_lengths_are_said(length: timedelta, said: str) -> None:
    """People read days, then hours, then minutes."""
    assert say_duration(length) == said
