"""One policy on three sources: the same verdicts, and REST's word before anything enters a plan."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from airflow_provider_mode.client.errors import AuthenticationError
from airflow_provider_mode.governance.evidence.discovery import DiscoverySource
from airflow_provider_mode.governance.evidence.evidence import UNSURE
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.plan.make_plan import make_plan
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.sandbox.model import Report
from airflow_provider_mode.sandbox.sandbox import Sandbox
from tests.governance.sources import client_of, planned, source_of, stale

MANY = pytest.mark.mode_sandbox(reports=140, collections=5, frozen=True)
BY_REST: list[dict[str, Any]] = [
    {"not_run_for": "90d"},
    {"max_views": 5, "not_edited_for": "60d"},
    {"not_run_for": "90d", "exempt_personal": False, "exempt_public": False},
    {"not_run_by_hand_for": "120d", "max_views": 30},
    {"not_edited_for": "90d", "exempt_scheduled": True},
]
BY_VIEWS: list[dict[str, Any]] = [
    {"not_viewed_for": "90d"},
    {"not_viewed_for": "60d", "not_run_for": "60d", "exempt_subscribed": False},
    {"not_viewed_for": "45d", "not_run_by_hand_for": "90d"},
    {"not_viewed_for": "90d", "exempt_personal": False, "older_than": "200d"},
]


@MANY
@pytest.mark.parametrize("policy", BY_REST)
def test_the_three_sources_agree_on_what_all_of_them_know(
    mode_sandbox: Sandbox, policy: dict[str, Any]
) -> None:
    """Report by report, and down to the numbers of schedules that go with them."""
    plans = {name: planned(name, mode_sandbox, **policy)[0] for name in ("rest", "discovery", "sql")}
    assert stale(plans["rest"])
    assert stale(plans["rest"]) == stale(plans["discovery"]) == stale(plans["sql"])
    assert len({plan.counts["delete_schedule"] for plan in plans.values()}) == 1


@MANY
def test_discovery_knows_owners_without_asking(mode_sandbox: Sandbox) -> None:
    """Those of people who left, too, whom REST does not know any more."""
    policy: dict[str, Any] = {"not_edited_for": "90d", "exempt_owners": ["nobody@example.com"]}
    plans = {name: planned(name, mode_sandbox, **policy)[0] for name in ("rest", "discovery")}
    assert stale(plans["rest"]) <= stale(plans["discovery"])
    assert "unknown_owner" not in plans["discovery"].kept
    for action in plans["discovery"].actions:
        creator = mode_sandbox.state.reports[action.report].creator
        assert action.owner == mode_sandbox.state.members[creator].email


@MANY
@pytest.mark.parametrize("policy", BY_VIEWS)
def test_discovery_and_a_query_agree_on_last_views(mode_sandbox: Sandbox, policy: dict[str, Any]) -> None:
    """Which REST alone cannot tell."""
    by_discovery, by_query = (planned(name, mode_sandbox, **policy)[0] for name in ("discovery", "sql"))
    assert stale(by_discovery)
    assert stale(by_discovery) == stale(by_query)


@MANY
@pytest.mark.parametrize("name", ["discovery", "sql"])
def test_nothing_enters_a_plan_without_the_word_of_rest(mode_sandbox: Sandbox, name: str) -> None:
    """Every action's evidence has what only REST says, and names its source, its age and the last view."""
    plan, _ = planned(name, mode_sandbox, not_viewed_for="60d")
    for action in plan.actions:
        report = mode_sandbox.state.reports[action.report]
        evidence = action.evidence
        assert (evidence["source"], report.archived, report.public) == (name, False, False)
        assert (evidence["collection"], evidence["view_count"]) == (report.collection, report.view_count or 0)
        assert evidence["as_of"] == plan.to_json()["created_at"]
        assert "last_viewed_at" in evidence
        assert "viewed" in action.reason


def candidates(sandbox: Sandbox, number: int) -> list[Report]:
    """Some reports that nobody has viewed for long, one a collection."""
    found: dict[str, Report] = {}
    for report in sandbox.state.reports.values():
        place = sandbox.state.collections[report.collection]
        plain = not (
            report.archived or report.public or report.is_dataset or place.personal or report.schedules
        )
        if plain and "#keep" not in (report.description or "") and place.token not in found:
            found[place.token] = sandbox.set_record(report, last_viewed_at="2019-01-01T00:00:00Z")
    for report in sandbox.state.reports.values():
        if report not in found.values():
            sandbox.set_record(report, last_viewed_at=sandbox.now)
    assert len(found) >= number
    return list(found.values())


@pytest.mark.mode_sandbox(reports=400, collections=8, frozen=True)
def test_few_candidates_are_read_one_by_one(mode_sandbox: Sandbox) -> None:
    """A listing of their collections would cost more."""
    few = candidates(mode_sandbox, 3)
    mode_sandbox.clear_requests()
    plan, _ = planned("discovery", mode_sandbox, not_viewed_for="900d")
    assert stale(plan) == {report.token for report in few}
    asked = Counter(logged.target.split("?")[0] for logged in mode_sandbox.requests)
    assert all(asked[f"/api/acme/reports/{report.token}"] == 1 for report in few)
    assert not any("/spaces/" in path for path in asked)


@pytest.mark.mode_sandbox(reports=400, collections=8, frozen=True)
def test_what_rest_says_goes_before_what_discovery_said(
    mode_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Archived, deleted, moved, unreadable: none of these is planned, and nothing fails."""
    archived, deleted, public, unreadable, *left = candidates(mode_sandbox, 5)
    client = client_of(mode_sandbox)
    source = DiscoverySource(client)
    rows = list(source.rows(Scope(personal=False, datasets=False), as_of=mode_sandbox.now, tally=Counter()))
    mode_sandbox.archive(archived)
    mode_sandbox.delete(deleted)
    mode_sandbox.set_record(public, public=True)
    mode_sandbox.fault("status", path=f"/api/acme/reports/{unreadable.token}", status=403, count=None)
    chosen = {report.token for report in (archived, deleted, public, unreadable, *left)}
    confirmed = {row.report: row for row in source.confirm(row for row in rows if row.report in chosen)}
    assert confirmed.keys() == chosen
    assert confirmed[archived.token].archived is True
    assert confirmed[public.token].public is True
    assert confirmed[deleted.token].archived is UNSURE
    assert confirmed[unreadable.token].archived is UNSURE
    assert all(confirmed[report.token].archived is False for report in left)
    assert f"1 report that Mode does not know (any more), skipped: {deleted.token}" in caplog.text
    doubts = {row.report: row.doubt for row in confirmed.values() if row.doubt}
    assert doubts == {deleted.token: "report", unreadable.token: "archived"}
    assert f"Could not read report {unreadable.token}" in caplog.text


@MANY
def test_a_collection_that_cannot_be_listed_keeps_its_reports(
    mode_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """They are unknown, and the other collections are planned."""
    before, _ = planned("discovery", mode_sandbox, not_viewed_for="60d")
    places = Counter(mode_sandbox.state.reports[report].collection for report in stale(before))
    [(place, number)] = places.most_common(1)
    mode_sandbox.switch(unreadable=f"{place}:403")
    after, _ = planned("discovery", mode_sandbox, not_viewed_for="60d")
    assert len(stale(before) - stale(after)) == number
    assert after.counts["unknown"] >= number
    assert "Could not list collection" in caplog.text


@pytest.mark.mode_sandbox(reports=120, collections=3, frozen=True)
def test_reports_of_a_collection_that_discovery_does_not_list_are_kept(mode_sandbox: Sandbox) -> None:
    """Whether it is personal, or exempt, nobody can say."""
    before, _ = planned("discovery", mode_sandbox, not_viewed_for="60d")
    reports = mode_sandbox.state.reports
    place = reports[min(stale(before))].collection
    mode_sandbox.state.collections[place].state = "soft_deleted"
    after, _ = planned("discovery", mode_sandbox, not_viewed_for="60d")
    hidden = {token for token in stale(before) if reports[token].collection == place}
    assert stale(after) == stale(before) - hidden
    assert hidden <= set(after.kept["unknown_scope"])


@MANY
def test_a_report_that_left_the_scope_is_not_planned(mode_sandbox: Sandbox) -> None:
    """By the time REST is asked, somebody has moved it."""
    before, _ = planned("discovery", mode_sandbox, not_viewed_for="60d")
    state = mode_sandbox.state
    token = min(stale(before))
    here = state.collections[state.reports[token].collection]
    there = next(
        space for space in state.collections.values() if space.name != here.name and not space.personal
    )
    client = client_of(mode_sandbox)
    source = DiscoverySource(client)
    scope = Scope(collections=[here.token], personal=False, datasets=False)
    rows = [row for row in source.rows(scope, as_of=mode_sandbox.now, tally=Counter()) if row.report == token]
    mode_sandbox.move(token, there)
    [confirmed] = source.confirm(rows)
    assert (confirmed.archived, confirmed.doubt) == (UNSURE, "scope")


@pytest.mark.mode_sandbox(
    reports=600, collections=8, frozen=True, switches={"discovery_datasets": "included"}
)
@pytest.mark.parametrize("include", [False, True])
def test_datasets_among_discoverys_reports_are_found_out(mode_sandbox: Sandbox, include: bool) -> None:
    """Their collection's list of reports lacks them; they are read where the policy wants them."""
    policy: dict[str, Any] = {"not_viewed_for": "60d", "include_datasets": include}
    plan, _ = planned("discovery", mode_sandbox, **policy)
    old = {
        token
        for token, report in mode_sandbox.state.reports.items()
        if report.is_dataset
        and (mode_sandbox.now - (report.last_viewed_at or report.created_at)).days >= 60
        and not mode_sandbox.state.collections[report.collection].personal
    }
    assert old
    assert old <= set(plan.kept["imported" if include else "unknown_listing"])
    assert stale(plan) == stale(planned("discovery", mode_sandbox, not_viewed_for="60d")[0])


def test_a_key_that_stops_working_ends_the_plan(mode_sandbox: Sandbox) -> None:
    """An inventory must not turn into one of unknowns."""
    client = client_of(mode_sandbox)
    mode_sandbox.fault("status", path="/api/acme/reports/*", status=401, count=None)
    mode_sandbox.fault("status", path="/api/acme/spaces/*", status=401, count=None)
    source = source_of("discovery", mode_sandbox, client)
    policy = StalePolicy(not_viewed_for="1d", older_than=None)
    with pytest.raises(AuthenticationError):
        make_plan(client, policy, now=mode_sandbox.now, source=source)


@pytest.mark.mode_sandbox(reports=400, collections=8, frozen=True)
def test_a_key_that_stops_working_between_two_reads_ends_the_plan(mode_sandbox: Sandbox) -> None:
    """Also where candidates are read one by one."""
    candidates(mode_sandbox, 3)
    mode_sandbox.fault("status", path="/api/acme/reports/*", status=401, count=None)
    with pytest.raises(AuthenticationError):
        planned("discovery", mode_sandbox, not_viewed_for="900d")
