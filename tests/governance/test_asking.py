from __future__ import annotations

import logging
from typing import Any

import pytest

from airflow_provider_mode.client.errors import (
    AuthenticationError,
    ConnectionFailed,
    ModeError,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
)
from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.governance.plan.make_plan import make_plan
from airflow_provider_mode.governance.plan.plan import Plan
from tests.governance.fake_client import NOW, FakeClient, ago, report_row


def planned(client: FakeClient, **policy: Any) -> Plan:
    """The plan of a policy that asks something."""
    return make_plan(client, StalePolicy.from_value({"max_views": 3, **policy}), now=NOW)


def created_by(username: str) -> dict[str, Any]:
    """The link to a report's creator."""
    return {"creator": {"href": f"/api/{username}"}}


def test_each_person_is_asked_for_once() -> None:
    """However many reports are theirs, and only for reports that are stale otherwise."""
    client = FakeClient().add(
        "c1",
        report_row("r1"),
        report_row("r2"),
        report_row("r3", _links=created_by("bob")),
        report_row("r4", _links=created_by("eve"), view_count=9),
        report_row("r5", _links=...),
    )
    client.people["bob"] = {"username": "bob", "email": "bob@example.com", "name": "Bob"}
    plan = planned(client, exempt_owners=["bob@*"])
    assert plan.kept == {"exempt_owner": ["r3"], "unknown_owner": ["r5"]}
    assert client.asked["user"] == 2
    assert client.asked["members"] == 0


def test_a_withheld_address_is_looked_for_among_the_members() -> None:
    """Mode often leaves the e-mail address out; the list of members is read once for all."""
    client = FakeClient()
    people = ("ada", "bob", "eve")
    client.add("c1", *(report_row(f"r-{name}", _links=created_by(name)) for name in people))
    client.people = {name: {"username": name, "name": name} for name in people}
    client.staff = [
        {"member_token": "m1", "username": "ada", "email": "ada@example.com"},
        {"member_token": "m2", "username": "bob", "email": "bob@example.com"},
        {"member_token": "m3", "email": "nobody@example.com"},
    ]
    plan = planned(client, exempt_owners=["ada@example.com"])
    assert plan.kept == {"exempt_owner": ["r-ada"], "unknown_owner": ["r-eve"]}
    assert [action.owner for action in plan.actions] == ["bob@example.com"]
    assert client.asked["members"] == 1


@pytest.mark.parametrize(
    ("answer", "unknown", "kept"),
    [
        (NotFound("nobody"), "keep", {"unknown_owner": ["r1"]}),
        (NotFound("nobody"), "stale", {}),
        (PermissionDenied("no"), "stale", {"unknown_owner": ["r1"]}),
        (ServerError("oops"), "stale", {"unknown_owner": ["r1"]}),
    ],
)
def test_an_owner_that_cannot_be_known(answer: Any, unknown: str, kept: dict[str, list[str]]) -> None:
    """A person who does not exist is absent; a read that failed always keeps the report."""
    client = FakeClient().add("c1", report_row("r1"))
    client.people["ada"] = answer
    assert planned(client, exempt_owners=["bob"], unknown=unknown).kept == kept


def test_without_the_list_of_members_an_address_stays_unknown() -> None:
    """An owner whose address nobody tells may be the exempt one."""
    client = FakeClient().add("c1", report_row("r1"))
    client.people["ada"] = {"username": "ada"}
    client.staff = PermissionDenied("no")
    assert planned(client, exempt_owners=["bob@example.com"]).kept == {"unknown_owner": ["r1"]}
    assert planned(client, exempt_owners=["bob"]).kept == {}


def run(token: str, created_at: Any, schedule: str | None = None) -> dict[str, Any]:
    """A run by hand, or one that a schedule started."""
    links = {"report_schedule": {"href": f"/api/acme/reports/r1/schedules/{schedule}"}} if schedule else {}
    return {"token": token, "state": "succeeded", "created_at": created_at, "_links": links}


RUNS: list[tuple[list[dict[str, Any]], int, str, str | None]] = [
    ([run("1", ago(1), "s"), run("2", ago(2)), run("3", ago(3))], 2, "fresh", None),
    (
        [run("1", ago(1), "s"), run("2", ago(91)), run("3", ago(92))],
        2,
        "stale",
        "not run by hand since 2026-08-25",
    ),
    (
        [run("1", ago(1), "s"), run("2", ago(95), "s"), run("3", ago(3))],
        2,
        "stale",
        "not run by hand since 2026-08-21",
    ),
    (
        [run("1", ago(1), "s"), run("2", None, "s"), run("3", ago(2), "s")],
        3,
        "stale",
        "never run by hand (created",
    ),
    ([run("1", ago(1), "s"), run("2", None)], 2, "unknown", None),
    ([], 0, "stale", "never run by hand (created"),
]


@pytest.mark.parametrize(("runs", "read", "heap", "said"), RUNS)
def test_runs_by_hand_are_read_as_far_as_the_rule_asks(
    runs: list[dict[str, Any]], read: int, heap: str, said: str | None
) -> None:
    """Newest first, to the first run by hand or the first that is old enough; a nightly run is none."""
    client = FakeClient().add("c1", report_row("r1", last_run_at=ago(1)))
    client.history["r1"] = runs
    plan = planned(client, not_run_by_hand_for="90d")
    assert plan.counts[heap] == 1
    assert client.asked["runs"] == read
    assert said is None or plan.actions[0].reason.startswith(said)


def test_runs_are_read_for_those_alone_that_are_stale_otherwise() -> None:
    """A report that did not run at all costs no request, nor one that is kept anyway."""
    client = FakeClient().add(
        "c1",
        report_row("r1", last_run_at=ago(200)),
        report_row("r2", last_run_at=None),
        report_row("r3", last_run_at=ago(1), view_count=9),
        report_row("r4", last_run_at=ago(1), public=True),
        report_row("r5", last_run_at=ago(1), created_at=...),
        report_row("r6", last_run_at=...),
    )
    client.history = {f"r{number}": [run("1", ago(2))] for number in range(1, 7)}
    plan = planned(client, not_run_by_hand_for="90d")
    assert [action.report for action in plan.actions] == ["r1", "r2"]
    assert client.asked["runs"] == 1


def test_runs_that_cannot_be_read_keep_the_report(caplog: pytest.LogCaptureFixture) -> None:
    """And the log says why, on one line."""
    client = FakeClient().add("c1", report_row("r1", last_run_at=ago(1)))
    client.history["r1"] = ServerError("oops\nforged line")
    with caplog.at_level(logging.WARNING):
        plan = planned(client, not_run_by_hand_for="90d", unknown="stale")
    assert plan.kept == {"unknown_last_run_by_hand_at": ["r1"]}
    assert caplog.messages == [r"Could not read the runs of r1, so it stays unsure: 'oops\nforged line'"]


@pytest.mark.parametrize(
    "error", [AuthenticationError("who"), ConnectionFailed("no net"), RateLimited("slow down")]
)
def test_what_would_fail_for_every_report_ends_the_plan(error: ModeError) -> None:
    """A key that Mode no longer knows is no property of one report."""
    client = FakeClient().add("c1", report_row("r1", schedules_count=1))
    client.plans["r1"] = error
    with pytest.raises(type(error)):
        planned(client)
