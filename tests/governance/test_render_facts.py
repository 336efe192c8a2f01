"""Which evidence a verdict rests on, and how old it is, in the page and in Markdown."""

from __future__ import annotations

from datetime import timedelta

from airflow_provider_mode.governance.evidence.evidence import UNSURE
from airflow_provider_mode.governance.render.facts import rows_of
from airflow_provider_mode.governance.render.render import render_markdown
from tests.governance.parsed_page import page
from tests.governance.plans_to_render import NOW, archive, evidence, plan, policy

LONG, LONGER = NOW - timedelta(days=210), NOW - timedelta(days=230)


def test_since_when_a_report_is_watched_is_shown() -> None:
    """A history tells no last view where none was seen, but since when there was none."""
    watched = evidence("000000000001", source="rest", last_viewed_at=UNSURE, watched_since=LONG)
    longer = evidence("000000000002", source="rest", last_viewed_at=UNSURE, watched_since=LONGER)
    grew = evidence(
        "000000000003", source="rest", last_viewed_at=NOW - timedelta(days=190), watched_since=LONG
    )
    made = plan(*map(archive, (watched, longer, grew)), policy=policy(not_viewed_for="180d"))
    text = page(made).text.replace("  ", " ")
    assert "Evidence: REST, 2026-11-24 (today), views watched since 2026-04-28 (6 months ago), unless" in text
    assert "Evidence: REST, 2026-11-24 (today), views watched since 2026-04-08 (7 months ago)" in text
    assert "not since 2026-04-28 6 months ago" in text
    assert "2026-05-18 6 months ago" in text
    markdown = render_markdown(made)
    assert "| not since 2026-04-28 |" in markdown
    assert "| 2026-05-18 |" in markdown
    assert "* Evidence: REST, 2026-11-24 (today), views watched since 2026-04-28 (6 months ago)" in markdown


def test_those_watched_longest_come_first() -> None:
    """Among those whose schedules run equally often."""
    seen = [
        evidence(f"00000000000{number}", last_viewed_at=UNSURE, watched_since=NOW - timedelta(days=days))
        for number, days in enumerate((190, 230, 210))
    ]
    rows = rows_of(plan(*map(archive, seen), policy=policy(not_viewed_for="180d")))
    assert [row.report[-1] for row in rows] == ["1", "2", "0"]


def test_a_plan_without_reports_names_its_source() -> None:
    """There is no row whose evidence could be told."""
    assert "* Evidence: discovery; key scope:" in render_markdown(plan(source="discovery"))
