"""Discovery as a source: what it tells, what it leaves to REST, and what that costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any

import pytest

from airflow_provider_mode.client.discovery_models import DiscoveryMember, DiscoveryReport, ReportStat
from airflow_provider_mode.client.models import Collection
from airflow_provider_mode.governance.errors import EmptyWorkspace
from airflow_provider_mode.governance.evidence.confirming import merged
from airflow_provider_mode.governance.evidence.discovery import DiscoverySource, _by_hand, _use
from airflow_provider_mode.governance.evidence.evidence import ABSENT, UNASKED, UNSURE, Evidence, Owner
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.plan.make_plan import make_plan
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.governance.ports import Progress
from airflow_provider_mode.sandbox.options import Options
from airflow_provider_mode.sandbox.sandbox import Sandbox
from tests.governance.fake_client import NOW, FakeClient
from tests.governance.sources import client_of, planned, stale

REPORT = "5c6b1f0e2a34"
Say = Callable[[str], None]


@pytest.fixture(scope="module")
def large() -> Iterator[Sandbox]:
    """A workspace of 10,000 reports."""
    with Sandbox(Options(reports=10_000, limit="off", frozen=True)) as sandbox:
        yield sandbox


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Print a figure for whoever runs the tests."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}")  # noqa: T201 - figures are what these tests are for

    return line


def inventory(sandbox: Sandbox, scope: Scope | None = None) -> tuple[dict[str, Evidence], Counter[str]]:
    """Every row by its report, and what was counted."""
    tally: Counter[str] = Counter()
    rows = DiscoverySource(client_of(sandbox)).rows(scope or Scope(), as_of=sandbox.now, tally=tally)
    return {row.report: row for row in rows}, tally


def test_an_inventory_of_ten_thousand_reports_costs_two_lists(large: Sandbox, say: Say) -> None:
    """Each of ten pages, and the collections."""
    client = client_of(large)
    seen: list[Progress] = []
    rows = DiscoverySource(client, watch=seen.append).rows(Scope(), as_of=large.now, tally=Counter())
    assert sum(1 for _ in rows) == sum(not report.is_dataset for report in large.state.reports.values())
    say(f"Discovery inventory of 10,000 reports: {client.usage.requests} requests")
    assert client.usage.requests <= 25
    assert len(seen) == 10


def test_a_plan_costs_little_more_than_its_candidates(large: Sandbox, say: Say) -> None:
    """25, the cheaper of a read each or a listing of their collections, and 2 for each with schedules."""
    plan, requests = planned("discovery", large, not_viewed_for="1000d")
    reports = large.state.reports
    candidates = [
        report
        for report in reports.values()
        if not report.is_dataset
        and not large.state.collections[report.collection].personal
        and (large.now - (report.last_viewed_at or report.created_at)).days >= 1000
        and "#keep" not in (report.description or "")
    ]
    places = {report.collection for report in candidates}
    sizes = Counter(report.collection for report in reports.values())
    listing = sum(ceil(sizes[place] / 30) + 1 for place in places)
    scheduled = sum(1 for report in candidates if report.schedules)
    say(f"Discovery plan: {requests} requests, {len(candidates)} candidates, {len(stale(plan))} stale")
    assert len(candidates) > 50
    assert requests <= 25 + min(len(candidates), listing) + 2 * scheduled


@pytest.mark.mode_sandbox(frozen=True)
def test_every_row_says_what_discovery_knows(mode_sandbox: Sandbox) -> None:
    """And what it does not know is yet to be asked for."""
    rows, tally = inventory(mode_sandbox)
    state = mode_sandbox.state
    assert tally == {
        "collections": sum(space.state == "active" for space in state.collections.values()),
        "personal_collections": 0,
    }
    for token, row in rows.items():
        report = state.reports[token]
        place = state.collections[report.collection]
        assert (row.source, row.as_of, row.kind) == ("discovery", mode_sandbox.now, "Report")
        assert (row.archived, row.public, row.watched_since) == (UNASKED, UNASKED, ABSENT)
        assert (row.name, row.collection, row.collection_name) == (report.name, place.token, place.name)
        assert (row.personal, row.last_viewed_at) == (place.personal, report.last_viewed_at)
        assert (row.view_count, row.schedules_count) == (report.view_count or 0, len(report.schedules))
        assert row.owner == Owner(email=state.members[report.creator].email)
        assert row.subscribers == (UNASKED if report.schedules else 0)


def test_the_scope_bounds_the_rows(mode_sandbox: Sandbox) -> None:
    """Collections by name; personal ones only where they are wanted."""
    state = mode_sandbox.state
    space = next(space for space in state.collections.values() if space.reports and not space.personal)
    rows, tally = inventory(mode_sandbox, Scope(collections=[space.name]))
    assert {row.collection for row in rows.values()} == {space.token}
    assert tally["collections"] == 1
    rows, tally = inventory(mode_sandbox, Scope(personal=False))
    assert tally["personal_collections"] > 0
    assert not any(row.personal for row in rows.values())


def test_a_member_key_and_an_empty_workspace_are_told_apart(mode_sandbox: Sandbox) -> None:
    """No collection at all is an error and not an empty inventory."""
    for space in mode_sandbox.state.collections.values():
        space.state = "soft_deleted"
    with pytest.raises(EmptyWorkspace, match="rights of an admin"):
        inventory(mode_sandbox)


def test_without_last_views_nothing_is_stale_by_them(mode_sandbox: Sandbox) -> None:
    """A field that Discovery leaves out is unknown, and keeps."""
    mode_sandbox.switch(discovery_last_views="absent")
    plan, _ = planned("discovery", mode_sandbox, not_viewed_for="30d")
    assert plan.counts["stale"] == 0
    assert plan.kept["unknown_last_viewed_at"]


@dataclass
class Lists:
    """Discovery's lists with rows of one's own."""

    client: FakeBulk
    personal: bool = True

    def reports(self, *, personal: bool = True) -> Iterator[DiscoveryReport]:
        """The reports."""
        self.personal = personal
        return map(DiscoveryReport.from_json, self.client.listed)

    def report_stats(self, *, personal: bool = True) -> Iterator[ReportStat]:
        """The counts."""
        self.personal = personal
        return map(ReportStat.from_json, self.client.stats)

    def spaces(self) -> Iterator[Collection]:
        """The collections."""
        return map(Collection.from_json, self.client.spaces)

    def members(self) -> Iterator[DiscoveryMember]:
        """Nobody."""
        return iter(())


class FakeBulk(FakeClient):
    """A workspace in memory that has Discovery, too."""

    def __init__(self, listed: list[dict[str, Any]], stats: list[dict[str, Any]]) -> None:
        super().__init__()
        self.listed, self.stats = listed, stats
        self.discovery = Lists(self)

    def report(self, report: str) -> Any:
        """No report is ever read here."""
        raise AssertionError(report)


def row_of(report: dict[str, Any], *stats: dict[str, Any]) -> Evidence:
    """The evidence of one report out of Discovery's JSON."""
    client = FakeBulk([{"token": REPORT, **report}], [{"report_token": REPORT, **stat} for stat in stats])
    client.add("c1")
    [row] = DiscoverySource(client).rows(Scope(), as_of=NOW, tally=Counter())
    return row


def test_what_is_malformed_or_missing_rest_is_asked_for() -> None:
    """Except for the last view, which REST cannot tell."""
    row = row_of({"last_viewed_at": "lately", "created_at": "once", "space_token": "c1"}, {"view_count": "x"})
    assert (row.last_viewed_at, row.created_at, row.name) == (UNSURE, UNASKED, UNASKED)
    assert (row.view_count, row.schedules_count, row.owner) == (UNASKED, UNASKED, UNASKED)
    assert row_of({}).last_viewed_at is ABSENT
    assert row_of({}).view_count is UNASKED


def test_nulls_mean_never_and_nothing() -> None:
    """As they do in REST."""
    row = row_of(
        {"last_viewed_at": None, "last_run_at": None, "space_token": "elsewhere"},
        {"view_count": None, "active_schedules_count": None},
    )
    assert (row.last_viewed_at, row.last_run_at, row.last_run_by_hand_at) == (None, None, None)
    assert (row.view_count, row.schedules_count, row.subscribers) == (0, 0, 0)
    assert (row.collection_name, row.personal) == (UNASKED, UNASKED)


@pytest.mark.parametrize(
    ("by_hand", "by_schedule", "known"),
    [
        (["a@example.com"], [], True),
        (["a@example.com"], ["b@example.com"], False),
        ([], [], False),
        (None, [], False),
    ],
)
def test_a_run_by_hand_is_dated_only_where_no_schedule_ran(
    by_hand: list[str] | None, by_schedule: list[str], known: bool
) -> None:
    """An empty list of people proves nothing: nobody says how long *recent* is."""
    stat = ReportStat.from_json(
        {
            "report_token": REPORT,
            "recent_manual_run_creators_emails": by_hand,
            "scheduled_run_creators_emails": by_schedule,
        }
    )
    assert (_by_hand(NOW, _use(stat)) == NOW) is known
    assert _by_hand(UNASKED, _use(stat)) is UNASKED


@pytest.mark.parametrize(
    ("told", "rest", "by_hand"),
    [
        (NOW - timedelta(days=200), NOW - timedelta(days=200), NOW - timedelta(days=200)),
        (NOW - timedelta(days=200), ABSENT, NOW - timedelta(days=200)),
        (NOW - timedelta(days=200), NOW - timedelta(days=1), UNASKED),
        (NOW - timedelta(days=200), UNSURE, UNASKED),
        (None, NOW - timedelta(days=1), UNASKED),
    ],
)
def test_a_run_that_only_rest_knows_of_may_have_been_by_hand(told: Any, rest: Any, by_hand: Any) -> None:
    """Discovery lags behind: its word on runs by hand holds as long as no run came after it."""
    seen = Evidence(report=REPORT, url="", as_of=NOW, last_run_at=told, last_run_by_hand_at=told)
    confirmed = merged(seen, Evidence(report=REPORT, url="", as_of=NOW, last_run_at=rest))
    assert confirmed.last_run_by_hand_at == by_hand


def test_runs_by_hand_are_asked_of_candidates_only(mode_sandbox: Sandbox) -> None:
    """Newest first, and not at all for reports whose last run of any kind is old enough."""
    client = client_of(mode_sandbox)
    policy = StalePolicy(not_viewed_for="60d", not_run_by_hand_for="60d")
    plan = make_plan(client, policy, now=mode_sandbox.now, source=DiscoverySource(client))
    asked = {logged.target.split("/")[4] for logged in mode_sandbox.requests if "/runs" in logged.target}
    reports = mode_sandbox.state.reports
    assert stale(plan)
    for token in asked:
        last_run_at = reports[token].last_run_at
        assert last_run_at is not None
        assert (mode_sandbox.now - last_run_at).days < 60
        assert (mode_sandbox.now - (reports[token].last_viewed_at or reports[token].created_at)).days >= 60
    for token in stale(plan):
        by_hand = reports[token].last_run_by_hand_at
        assert by_hand is None or (mode_sandbox.now - by_hand).days >= 60
