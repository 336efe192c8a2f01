"""Words, numbers and dates: what a person reads, and what no text may do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.governance.render import words
from tests.governance.plans_to_render import HOSTILE, NOW

WEEKLY = {"freq": "weekly", "hour": 6, "minute": 5, "time_zone": "UTC"}


@given(st.text(st.characters(), max_size=400) | st.sampled_from(HOSTILE))
def test_clean_text_is_one_line_that_can_be_encoded(text: str) -> None:
    """Whatever comes in, one line comes out that UTF-8 can hold, no longer than asked."""
    line = words.clean(text)
    assert len(line) <= words.NAME_LENGTH
    assert line.encode().decode() == line
    assert len(line.splitlines()) <= 1
    assert words.clean(line) == line


def test_what_is_hidden_shows_and_what_scripts_need_stays() -> None:
    """A mark that turns the reading direction shows; an emoji of several characters stays whole."""
    assert words.clean("\u202egnp.exe") == "\ufffdgnp.exe"
    assert words.clean("a\x00b\ud800") == "a\ufffdb\ufffd"
    assert words.clean(" two\n\tlines\u2028 three ") == "two lines three"
    assert words.clean("\U0001f469\u200d\U0001f52c") == "\U0001f469\u200d\U0001f52c"
    assert words.clean("x" * 400, 10) == "x" * 9 + "\u2026"


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-1, "later than the plan"),
        (0, "today"),
        (1, "1 day ago"),
        (59, "59 days ago"),
        (60, "1 month ago"),
        (400, "13 months ago"),
        (1000, "2.7 years ago"),
    ],
)
def test_an_age_is_said_in_the_unit_of_its_size(days: int, said: str) -> None:
    """Days, then months, then years."""
    assert words.age(NOW - timedelta(days=days), NOW) == said


def test_numbers_and_shares() -> None:
    """Thousands are separated; a share is never rounded to nothing or to all."""
    assert (words.number(1234567.4), words.plural(1, "report"), words.plural(2046, "report")) == (
        "1,234,567",
        "1 report",
        "2,046 reports",
    )
    assert [words.percent(*pair) for pair in ((0, 9), (1, 900), (1, 4), (899, 900), (9, 9), (1, 0))] == [
        "0 %",
        "1 %",
        "25 %",
        "99 %",
        "100 %",
        "0 %",
    ]
    assert [words.series(items) for items in ([], ["a"], ["a", "b", "c"])] == ["", "a", "a, b and c"]
    assert words.length("12w") == "84 days"
    assert words.length("<b>") == "<b>"


def test_a_moment_is_read_from_json_or_refused() -> None:
    """ISO text and aware datetimes are moments; anything else is none."""
    assert words.moment("2026-11-24T10:30:00+01:00") == NOW
    assert words.moment(NOW) == NOW
    assert [words.moment(value) for value in ("yesterday", "2026-11-24T09:30:00", 5, None)] == [None] * 4
    assert words.minute(NOW) == "2026-11-24 09:30 UTC"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/x",
        "https:///nohost",
        "https://user:pass@evil.example/",
        "https://[broken",
        "ht\ntps://app.mode.com/x",
        "https://app.mode.com/\ud800",
        "ftp://app.mode.com/x",
        "",
        None,
    ],
)
def test_only_plain_web_addresses_are_links(url: object) -> None:
    """Anything but an absolute http(s) URL without credentials is no link."""
    assert words.safe_url(url) is None


def test_a_link_is_percent_encoded() -> None:
    """What a URL may not hold is encoded, so that it cannot end an attribute or a Markdown link."""
    assert words.safe_url("https://app.mode.com/acme/reports/0a") == "https://app.mode.com/acme/reports/0a"
    assert words.safe_url('https://x.example/"><b>(\u00e9) ') == (
        "https://x.example/%22%3E%3Cb%3E%28%C3%A9%29%20"
    )


@pytest.mark.parametrize(
    ("definition", "said", "runs"),
    [
        ({"cron": {"freq": "every_15_minutes"}}, "every 15 minutes", 35040),
        ({"cron": {"freq": "hourly", "minute": 5}}, "hourly at :05", 8760),
        ({"cron": {"freq": "daily", "hour": 8, "minute": 0}}, "daily at 08:00", 365),
        ({"cron": {"freq": "daily", "hour": 8}}, "daily", 365),
        ({"cron": {"freq": "daily", "minute": 8}}, "daily", 365),
        ({"cron": {**WEEKLY, "day_of_week": 1}}, "weekly on Monday at 06:05, UTC", 52),
        ({"cron": {**WEEKLY, "day_of_week": [1, 7]}}, "weekly on Monday and Sunday at 06:05, UTC", 104),
        ({"cron": WEEKLY}, "weekly at 06:05, UTC", 52),
        (
            {"cron": {**WEEKLY, "day_of_week": 2}, "as_read": {"day_of_week": "Monday"}},
            "weekly on Monday at 06:05, UTC",
            52,
        ),
        (
            {"cron": {"freq": "monthly", "day_of_month": 3, "hour": 5, "minute": 0}},
            "monthly on day 3 at 05:00",
            12,
        ),
        ({"cron": {"freq": "monthly"}}, "monthly", 12),
        ({"as_read": {"frequency": "Every 30 minutes"}}, "every 30 minutes", 17520),
        ({"cron": {"freq": "<b>"}}, "<b>", None),
        ({"cron": {"freq": 5}, "as_read": {"frequency": 5}}, "unknown rhythm", None),
        ({"cron": "daily", "as_read": "daily"}, "unknown rhythm", None),
        ({}, "unknown rhythm", None),
    ],
)
def test_a_schedule_is_said_as_a_person_would(
    definition: dict[str, Any], said: str, runs: int | None
) -> None:
    """Frequency, day, time and zone in words, and the runs of a year."""
    assert words.frequency(definition) == said
    assert words.runs_a_year(definition) == runs


def test_reasons_to_keep_are_said_by_the_rules_own_words() -> None:
    """A reason that no rule knows is still said, cleaned."""
    assert words.kept_words("exempt_public") == "public"
    assert words.kept_words("unknown_last_viewed_at") == "not known when it was last viewed"
    assert words.kept_words("restored") == "archived before, and somebody brought it back"
    assert words.kept_words("some_<b>\n") == "some <b>"
