"""Exempt owners by e-mail address and by username, on each of the three sources."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from airflow_provider_mode.client.errors import AuthenticationError
from airflow_provider_mode.governance.evidence.discovery import DiscoverySource
from airflow_provider_mode.governance.evidence.inventory import RestSource
from airflow_provider_mode.governance.evidence.sql import SqlSource
from airflow_provider_mode.governance.plan.make_plan import make_plan
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.governance.ports import Source
from airflow_provider_mode.sandbox.sandbox import Sandbox
from tests.governance.sources import Table, client_of, stale

MANY = pytest.mark.mode_sandbox(reports=140, collections=5, frozen=True)
SOURCES = ("rest", "discovery", "sql")
POLICY: dict[str, Any] = {"not_edited_for": "90d"}


def planned(name: str, sandbox: Sandbox, **policy: Any) -> tuple[Plan, int]:
    """A plan by a source that knows owners by e-mail address, and how many requests it took."""
    client = client_of(sandbox)
    state = sandbox.state
    rows = [
        (report.token, state.members[report.creator].email)
        for report in state.reports.values()
        if not report.is_dataset
    ]
    sources: dict[str, Source] = {
        "rest": RestSource(client),
        "discovery": DiscoverySource(client),
        "sql": SqlSource(client, Table("report", "owner_email", rows=rows)),
    }
    plan = make_plan(client, StalePolicy(**policy), now=sandbox.now, source=sources[name])
    return plan, client.usage.requests


def most_stale(sandbox: Sandbox) -> tuple[str, str, set[str]]:
    """Who owns most of what is stale, by username and e-mail address, and those reports."""
    plan, _ = planned("rest", sandbox, **POLICY)
    state = sandbox.state
    active = [token for token in stale(plan) if not state.members[state.reports[token].creator].left]
    [(owner, _)] = Counter(state.reports[token].creator for token in active).most_common(1)
    theirs = {token for token in stale(plan) if state.reports[token].creator == owner}
    return owner, state.members[owner].email, theirs


@MANY
@pytest.mark.parametrize("name", SOURCES)
def test_an_owner_is_exempt_by_either_name(mode_sandbox: Sandbox, name: str) -> None:
    """And nobody else is, nor unknown because of it, but for people who left Mode on REST."""
    username, email, theirs = most_stale(mode_sandbox)
    everything, _ = planned(name, mode_sandbox, **POLICY)
    by_email, _ = planned(name, mode_sandbox, exempt_owners=[email], **POLICY)
    by_name, _ = planned(name, mode_sandbox, exempt_owners=[username], **POLICY)
    assert theirs
    assert set(by_name.kept["exempt_owner"]) >= theirs
    assert set(by_email.kept["exempt_owner"]) >= theirs
    assert stale(by_name) == stale(by_email)
    if name != "rest":
        assert stale(by_name) == stale(everything) - theirs


@MANY
def test_usernames_cost_one_list_of_members(mode_sandbox: Sandbox) -> None:
    """Discovery's; a query's owners are named by the reads that confirm the candidates."""
    username, _, _ = most_stale(mode_sandbox)
    for name, more in (("discovery", 1), ("sql", 0)):
        _, without = planned(name, mode_sandbox, **POLICY)
        mode_sandbox.clear_requests()
        _, requests = planned(name, mode_sandbox, exempt_owners=[username], **POLICY)
        assert requests <= without + more
        assert not [each for each in mode_sandbox.requests if each.target.startswith("/api/acme/members")]


@MANY
def test_where_rest_names_no_creator_discovery_does(mode_sandbox: Sandbox) -> None:
    """As a client of 2026 says it does not any more; a query's owners are unknown then, and kept."""
    username, _, theirs = most_stale(mode_sandbox)
    mode_sandbox.switch(creator="absent")
    everything, _ = planned("discovery", mode_sandbox, **POLICY)
    plan, _ = planned("discovery", mode_sandbox, exempt_owners=[username], **POLICY)
    assert set(plan.kept["exempt_owner"]) >= theirs
    assert stale(plan) == stale(everything) - theirs
    plan, _ = planned("sql", mode_sandbox, exempt_owners=[username], **POLICY)
    assert set(plan.kept["unknown_owner"]) >= theirs
    assert not stale(plan)


@MANY
def test_without_creators_and_members_owners_are_unknown(
    mode_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Which keeps their reports, and does not end the plan."""
    username, _, theirs = most_stale(mode_sandbox)
    mode_sandbox.switch(creator="absent")
    mode_sandbox.fault("status", path="/batch/acme/members*", status=403, count=None)
    mode_sandbox.fault("status", path="/api/acme/memberships*", status=404, count=None)
    for name in ("discovery", "sql"):
        plan, _ = planned(name, mode_sandbox, exempt_owners=[username], **POLICY)
        assert set(plan.kept["unknown_owner"]) >= theirs
        assert not stale(plan)
        assert "Could not read the list of members" in caplog.text
        caplog.clear()


@MANY
def test_a_key_that_stops_working_at_the_members_ends_the_plan(mode_sandbox: Sandbox) -> None:
    """As anywhere else."""
    mode_sandbox.fault("status", path="/batch/acme/members*", status=401, count=None)
    with pytest.raises(AuthenticationError):
        planned("discovery", mode_sandbox, exempt_owners=["somebody"], **POLICY)
