"""The numbers of the two pictures, and their drawing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_mode.governance.evidence.evidence import ABSENT
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.render.counts import Bar, Share, shares_of, timeline_of
from airflow_provider_mode.governance.render.story import Story
from airflow_provider_mode.governance.render.svg import share_says, shares_svg, timeline_svg
from tests.governance.plans_to_render import NOW, archive, evidence, plan, policy


def made(*moments: Any, **fields: Any) -> Plan:
    """A plan of reports last viewed at these moments."""
    rows = (evidence(f"{number:012x}", last_viewed_at=moment) for number, moment in enumerate(moments))
    return plan(*map(archive, rows), **fields)


def test_months_run_from_the_oldest_to_the_plans_own() -> None:
    """Every month has its bar, empty ones too; never and not known stand apart, what is older together."""
    old = datetime(2019, 3, 1, tzinfo=UTC)
    timeline = timeline_of(Story(made(old, NOW - timedelta(days=200), None, ABSENT)))
    assert timeline.earlier == Bar("before Dec 2023", 1, 1)
    assert len(timeline.months) == 36
    assert timeline.months[-1] == Bar("Nov 2026", 0, 0)
    assert timeline.months[-7] == Bar("May 2026", 1, 1)
    assert (timeline.never, timeline.unknown) == (Bar("never", 1, 1), Bar("not known", 1, 1))
    assert not timeline.whole
    assert timeline.line_says == "180 days, 2026-05-28"
    assert timeline.line == pytest.approx(29 + 27 / 31)


def test_all_reports_are_drawn_where_the_plan_counts_them() -> None:
    """Counts that are no counts are left out; what is stale is never more than what is there."""
    last_use = {
        "months": {"2026-10": {"reports": 9, "stale": 0}, "2026-05": {"reports": 2, "stale": 5}, "x": {}},
        "never": {"reports": "many", "stale": 1},
        "unknown": None,
    }
    timeline = timeline_of(Story(made(NOW, summary={"last_use": last_use})))
    assert timeline.whole
    assert [bar for bar in timeline.bars if bar.reports] == [
        Bar("May 2026", 5, 5),
        Bar("Oct 2026", 9, 0),
        Bar("never", 1, 1),
    ]
    svg = timeline_svg(timeline)
    assert "Oct 2026: 9 reports, 0 of them in this plan" in svg
    assert not timeline_of(Story(made(NOW, summary={"last_use": {"months": 5}}))).whole


def test_the_picture_follows_the_policys_first_criterion() -> None:
    """A policy by runs is drawn by runs; one without a criterion of time has no line."""
    runs = timeline_of(Story(made(NOW, policy=policy(not_viewed_for=None, not_run_for="1d"))))
    assert (runs.says, runs.months[-1].reports) == ("last run", 1)
    views = timeline_of(Story(made(NOW, policy=policy(not_viewed_for=None, max_views=3))))
    assert views.line is None
    assert "rule:" not in timeline_svg(views)
    long = policy(not_viewed_for="36500d")
    ancient = made(NOW, policy=long, created_at=datetime(99, 1, 1, tzinfo=UTC))
    assert timeline_of(Story(ancient)).line is None


def test_a_line_before_the_first_month_stands_at_the_edge() -> None:
    """A rule longer than the months shown still has its line, and its label stays within the picture."""
    timeline = timeline_of(Story(made(NOW, policy=policy(not_viewed_for="900d"))))
    assert timeline.line == 0.0
    assert 'class="rule-says"' in timeline_svg(timeline)


def test_collections_come_by_share_then_by_number() -> None:
    """The share counts where the plan knows all reports; collections without any stale are left out."""
    rows = [
        {"collection": "c1", "name": "Finance", "reports": 10, "stale": 2},
        {"collection": "c2", "name": None, "reports": 4, "stale": 4},
        {"collection": "c3", "name": "Empty", "reports": 9, "stale": 0},
        "no row",
    ]
    shares = shares_of(Story(made(NOW, summary={"collections": rows})))
    assert shares == [Share("c2", 4, 4), Share("Finance", 2, 10)]
    assert [share_says(share) for share in shares] == ["4 of 4, 100 %", "2 of 10, 20 %"]
    assert shares_svg(shares).count("<rect") == 4


def test_collections_of_a_plan_alone_are_counted() -> None:
    """Without totals the number of reports draws the bar, and long names are cut."""
    rows = [evidence(f"{number:012x}", collection_name=name) for number, name in enumerate("aab")]
    long = archive(evidence("f" * 12), collection="A name that is far too long for its place")
    homeless = archive(evidence("e" * 12, collection_name=ABSENT), collection=None)
    shares = shares_of(Story(plan(*map(archive, rows), long, homeless)))
    assert [share.stale for share in shares] == [2, 1, 1, 1]
    assert {share.name for share in shares} >= {"a", "b", "no collection"}
    assert share_says(shares[0]) == "2 reports"
    named = shares_svg([Share("A name that is far too long for its place", 1, None)])
    assert "A name that is far too lo&#8230;" in named


def test_drawings_are_bounded() -> None:
    """A dozen collections are drawn; a single report has a scale of one."""
    shares = [Share(f"c{number}", number + 1, None) for number in range(40)]
    assert shares_svg(shares).count("<g>") == 12
    assert ">1</text>" in timeline_svg(timeline_of(Story(made(NOW))))
