"""Evidence on its way through the memory, and the verdicts that come of it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.client.config import ModeConfig
from airflow_provider_mode.governance.evidence.evidence import ABSENT, UNSURE, Evidence
from airflow_provider_mode.governance.history.watch import watching
from airflow_provider_mode.governance.policy.policy import StalePolicy

START = datetime(2026, 1, 5, 4, tzinfo=UTC)
CONFIG = ModeConfig(workspace="acme", login="key", password="word")
POLICY = StalePolicy(not_viewed_for="30d", older_than=None, unknown="stale")


def day(number: float) -> datetime:
    """A day of the test's year."""
    return START + timedelta(days=number)


def seen(folder: Path, number: float, **known: Any) -> Evidence:
    """One report's evidence after the run of a day."""
    facts: dict[str, Any] = {"view_count": 7, "created_at": day(-900), "description": None, "subscribers": 0}
    row = Evidence(report="5c6b1f0e2a34", url="https://x", as_of=day(number), **facts | known)
    with watching(folder, CONFIG, clock=lambda: day(number)) as watch:
        return watch.seen(row)


def verdict(row: Evidence) -> tuple[str, str]:
    """Kind and sentence of the policy's verdict, at the moment of the evidence."""
    judged = POLICY.judge(row, row.as_of)
    return judged.kind, judged.sentence


def test_a_verdict_is_unknown_until_the_history_is_as_old_as_the_rule_asks(tmp_path: Path) -> None:
    """Then the report is stale since the watching began, and the sentence says no more than that."""
    assert verdict(seen(tmp_path, 0)) == ("unknown", "not known when it was last viewed")
    assert verdict(seen(tmp_path, 29.9))[0] == "unknown"
    assert verdict(seen(tmp_path, 30)) == ("stale", "not viewed since 2026-01-05")


def test_growth_is_a_view_as_soon_as_it_is_seen(tmp_path: Path) -> None:
    """Even by a young history, and until the rule's time has passed."""
    seen(tmp_path, 0)
    assert verdict(seen(tmp_path, 7, view_count=8))[0] == "fresh"
    assert verdict(seen(tmp_path, 36.9, view_count=8))[0] == "fresh"
    assert verdict(seen(tmp_path, 37, view_count=8)) == (
        "stale",
        "not viewed for 30 days (last viewed 2026-01-12)",
    )


def test_a_lost_history_keeps_reports_whatever_the_policy_says_of_unknowns(tmp_path: Path) -> None:
    """`unknown="stale"` concerns fields that Mode left out of a good reply, and this is none."""
    seen(tmp_path, 0)
    next(tmp_path.iterdir()).unlink()
    assert verdict(seen(tmp_path, 60))[0] == "unknown"


def test_a_count_that_is_missing_today_is_no_reading(tmp_path: Path) -> None:
    """It keeps, whatever the policy says of unknowns: a memory that was lost would look the same."""
    assert seen(tmp_path, 0, view_count=ABSENT).last_viewed_at is UNSURE
    assert seen(tmp_path, 0, view_count=UNSURE).last_viewed_at is UNSURE
    assert list(tmp_path.iterdir()) == []
    seen(tmp_path, 0)
    assert verdict(seen(tmp_path, 60, view_count=ABSENT))[0] == "unknown"
    assert verdict(seen(tmp_path, 60, view_count=10**30))[0] == "unknown"
    assert verdict(seen(tmp_path, 60))[0] == "stale"


def test_a_fall_is_said_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A count that falls shows that Mode resets it, which a person should know."""
    seen(tmp_path, 0)
    with caplog.at_level(logging.INFO):
        assert verdict(seen(tmp_path, 60, view_count=2))[0] == "unknown"
    assert "1 report: the view count fell" in caplog.text
    assert "Views of 1 report recorded" in caplog.text


def test_an_undated_report_is_watched_too(tmp_path: Path) -> None:
    """Only then nothing is concluded from a count of zero."""
    assert seen(tmp_path, 3, created_at=ABSENT, view_count=0).watched_since == day(3)


def test_what_an_unfinished_inventory_has_read_is_kept(tmp_path: Path) -> None:
    """Else a workspace with one unreadable collection never gets a history."""
    row = Evidence(report="5c6b1f0e2a34", url="https://x", as_of=day(0), view_count=7)

    def inventory() -> None:
        with watching(tmp_path, CONFIG, clock=lambda: day(0)) as watch:
            watch.seen(row)
            raise LookupError

    with pytest.raises(LookupError):
        inventory()
    assert len(list(tmp_path.iterdir())) == 1


def test_the_evidence_of_a_history_survives_the_plan_file(tmp_path: Path) -> None:
    """Applying a plan judges again by what it holds."""
    row = seen(tmp_path, 0)
    assert row.watched_since == day(0)
    assert Evidence.from_json(row.to_json()) == row
