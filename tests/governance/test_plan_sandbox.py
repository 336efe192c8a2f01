"""Plans made by the real client of a workspace that is not ours: chosen reports, requests, faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import ceil
from typing import Any

import pytest

from airflow_provider_mode.client.client import ModeClient
from airflow_provider_mode.client.config import ModeConfig
from airflow_provider_mode.client.errors import AuthenticationError
from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.governance.errors import IncompleteInventory, SettingError
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.plan.make_plan import make_plan
from airflow_provider_mode.governance.plan.plan import DELETE_SCHEDULE, Plan
from airflow_provider_mode.sandbox.model import Report
from airflow_provider_mode.sandbox.sandbox import Sandbox

LONG = timedelta(days=90)
POLICY: dict[str, Any] = {"not_run_for": "90d", "not_edited_for": "90d", "max_views": 40}


@pytest.fixture
def client(mode_sandbox: Sandbox) -> Iterator[ModeClient]:
    """A client with the sandbox's workspace key, as fast as it can."""
    with client_of(mode_sandbox) as found:
        yield found


def client_of(sandbox: Sandbox, **config: Any) -> ModeClient:
    """A client of the sandbox."""
    values = {"login": sandbox.login, "password": sandbox.password, "workspace": sandbox.workspace}
    return ModeClient(ModeConfig(host=sandbox.url, rate_limit=None, retry_for=0.2, **{**values, **config}))


def planned(sandbox: Sandbox, client: ModeClient, policy: dict[str, Any] | None = None, **how: Any) -> Plan:
    """The plan of the workspace as it is now."""
    return make_plan(client, StalePolicy.from_value(policy or POLICY), now=sandbox.now, **how)


def is_stale(sandbox: Sandbox, report: Report) -> bool:
    """What the policy says of a report, worked out from the sandbox's own records."""
    used = (report.last_run_at or report.created_at, report.edited_at or report.created_at)
    return (
        not report.archived
        and not report.public
        and not report.is_dataset
        and not sandbox.state.collection(report.collection).personal
        and "#keep" not in (report.description or "")
        and sandbox.now - report.created_at >= timedelta(days=30)
        and all(sandbox.now - moment >= LONG for moment in used)
        and (report.view_count or 0) <= 40
        and not any(report.subscribers(schedule) for schedule in report.schedules)
    )


@pytest.mark.mode_sandbox(reports=400, collections=12, frozen=True)
def test_the_plan_names_exactly_the_stale_reports(mode_sandbox: Sandbox, client: ModeClient) -> None:
    """Checked against the sandbox's own state, with every schedule of each."""
    plan = planned(mode_sandbox, client)
    reports = mode_sandbox.state.reports
    stale = {token for token, report in reports.items() if is_stale(mode_sandbox, report)}
    assert {action.report for action in plan.actions} == stale
    assert len(stale) > 5
    schedules = {schedule for token in stale for schedule in reports[token].schedules}
    assert {action.schedule for action in plan.actions if action.kind == DELETE_SCHEDULE} == schedules
    assert schedules
    assert not any("token" in (action.definition or {}).get("as_read", {}) for action in plan.actions)
    assert Plan.loads(plan.dumps()) == plan
    assert plan.key_scope


@pytest.mark.mode_sandbox(reports=400, collections=12, frozen=True)
def test_a_plan_costs_pages_and_candidates(mode_sandbox: Sandbox, client: ModeClient) -> None:
    """One request a page and one more a collection, and one for each candidate with schedules; no others."""
    plan = planned(mode_sandbox, client)
    walked = [c for c in mode_sandbox.state.collections.values() if not c.personal and c.state == "active"]
    sizes = [sum(not mode_sandbox.state.reports[token].is_dataset for token in c.reports) for c in walked]
    pages = sum(ceil(size / 30) + 1 for size in sizes)
    targets = [request.target.split("?")[0] for request in mode_sandbox.requests]
    lists = [target for target in targets if target.endswith("/schedules")]
    assert len(lists) == len(set(lists))
    asked_of = {target.split("/")[-2] for target in lists}
    subscribed = set(plan.kept.get("subscribed", ()))
    assert asked_of <= {action.report for action in plan.actions} | subscribed
    spaces = ceil(len(mode_sandbox.state.collections) / 30) + 1
    assert len(targets) - len(lists) <= 1 + spaces + pages + client.config.concurrency
    assert client.usage.requests == len(targets)


def test_the_same_workspace_gives_the_same_plan(mode_sandbox: Sandbox, client: ModeClient) -> None:
    """Whatever order the replies come in."""
    now = mode_sandbox.now
    policy = StalePolicy.from_value(POLICY)
    plans = [make_plan(client, policy, now=now) for _ in range(2)]
    assert plans[0].digest == plans[1].digest
    assert plans[0].dumps() == plans[1].dumps()


@pytest.mark.parametrize(
    "fault",
    [{"kind": "status", "status": 403}, {"kind": "status", "status": 404}, {"kind": "html", "status": 200}],
    ids=["403", "404", "html"],
)
def test_a_hole_in_the_inventory_makes_no_plan(
    mode_sandbox: Sandbox, client: ModeClient, fault: dict[str, Any]
) -> None:
    """One collection that cannot be read fails the plan by name, and only where asked is it skipped."""
    shared = [c for c in mode_sandbox.state.collections.values() if not c.personal and c.state == "active"]
    mode_sandbox.fault(path=f"*/spaces/{shared[1].token}/reports*", count=None, **fault)
    with pytest.raises(IncompleteInventory, match=shared[1].token):
        planned(mode_sandbox, client)
    plan = planned(mode_sandbox, client, scope=Scope(skip_unreadable=True))
    assert plan.counts["unreadable_collections"] == 1
    assert not {action.report for action in plan.actions} & set(shared[1].reports)


def test_a_mistyped_collection_is_refused(mode_sandbox: Sandbox, client: ModeClient) -> None:
    """By the names that the key sees."""
    with pytest.raises(SettingError, match=r"^collections: no collection matches 'Nowhere'"):
        planned(mode_sandbox, client, scope=Scope(collections=["Nowhere"]))


def test_a_wrong_key_and_an_unknown_workspace_are_no_empty_plan(mode_sandbox: Sandbox) -> None:
    """A wrong key is the client's own error; a key of another workspace is told so."""
    with client_of(mode_sandbox, password="wrong") as client, pytest.raises(AuthenticationError):
        planned(mode_sandbox, client)
    with (
        client_of(mode_sandbox, workspace="other") as client,
        pytest.raises(SettingError, match="belongs to 'acme'"),
    ):
        planned(mode_sandbox, client)


def test_a_member_key_is_named_in_the_plan(mode_sandbox: Sandbox) -> None:
    """What a member cannot see is not in the plan, and the plan says whose eyes it had."""
    member = {"login": mode_sandbox.member_login, "password": mode_sandbox.member_password}
    with client_of(mode_sandbox, **member) as client:
        assert planned(mode_sandbox, client).key_scope == "member"


def test_runs_by_hand_count_where_the_policy_asks(mode_sandbox: Sandbox, client: ModeClient) -> None:
    """A nightly run spares no report; a person's run does."""
    shared = next(
        c for c in mode_sandbox.state.collections.values() if not c.personal and c.state == "active"
    )
    old = {"collection": shared.token, "created_at": (mode_sandbox.now - timedelta(days=300)).isoformat()}
    nightly = mode_sandbox.add_report(name="Nightly", **old)
    mode_sandbox.add_schedule(nightly, cron={"freq": "daily", "hour": 3, "minute": 0, "time_zone": "UTC"})
    by_hand = mode_sandbox.add_report(name="By hand", **old)
    mode_sandbox.advance("100d")
    mode_sandbox.run(by_hand)
    plan = planned(mode_sandbox, client, {"not_run_by_hand_for": "90d"})
    chosen = {action.report for action in plan.actions}
    assert nightly.token in chosen
    assert by_hand.token not in chosen


def test_owners_are_looked_up_once_a_person(mode_sandbox: Sandbox, client: ModeClient) -> None:
    """An exempt owner's reports are kept; the others' addresses stand in the plan."""
    plan = planned(mode_sandbox, client, {"max_views": 10_000, "not_run_for": "1d"}, name_owners=True)
    owners = {action.owner for action in plan.actions}
    assert any(owner and "@" in owner for owner in owners)
    mode_sandbox.clear_requests()
    some = next(owner for owner in sorted(filter(None, owners)) if "@" in owner)
    policy = {"max_views": 10_000, "not_run_for": "1d", "exempt_owners": [some]}
    exempt = planned(mode_sandbox, client, policy)
    assert {a.report for a in plan.actions if a.owner == some} <= set(exempt.kept["exempt_owner"])
    assert some not in {action.owner for action in exempt.actions}
    people = [
        r.target for r in mode_sandbox.requests if r.target.count("/") == 2 and "verify" not in r.target
    ]
    assert len(people) == len(set(people))
