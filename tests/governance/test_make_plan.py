from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.client.errors import PermissionDenied
from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.governance.errors import IncompleteInventory, PolicyError, SettingError
from airflow_provider_mode.governance.evidence.evidence import UNASKED, UNSURE, Evidence
from airflow_provider_mode.governance.evidence.inventory import RestSource
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.plan.make_plan import make_plan
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.ports import Progress
from tests.governance.fake_client import NOW, FakeClient, ago, patient, report_row, schedule_row

UNUSED = StalePolicy(not_run_for="90d", max_views=3)


def planned(client: FakeClient, policy: StalePolicy | dict[str, Any] = UNUSED, **how: Any) -> Plan:
    """The plan that a policy makes of a workspace."""
    return make_plan(client, StalePolicy.from_value(policy), now=NOW, **how)


def kinds_of(plan: Plan) -> list[tuple[str, str, str | None]]:
    """The plan's actions in short."""
    return [(action.kind, action.report, action.schedule) for action in plan.actions]


def mixed() -> FakeClient:
    """A report for every heap."""
    client = FakeClient()
    client.add(
        "c1",
        report_row("r1", schedules_count=2),
        report_row("r2", archived=True, schedules_count=9),
        report_row("r3", last_run_at=ago(3), schedules_count=1),
        report_row("r4", public=True, name=None),
        report_row("r5", last_run_at=...),
        report_row("d1", type="DatasetReport"),
        report_row("r6", created_at=ago(5)),
        name="Sales",
    )
    client.add("c2", report_row("r0"), name="Ops")
    client.add("c3", report_row("r9"), name="Personal", space_type="private")
    client.plans["r1"] = [schedule_row("s2"), schedule_row("s1", frequency="weekly", day_of_week="Monday")]
    return client


def test_a_plan_counts_every_report_once() -> None:
    """Heaps, reasons, actions and savings of a mixed workspace."""
    client = mixed()
    plan = planned(client)
    assert plan.counts == {
        "collections": 2,
        "personal_collections": 1,
        "unreadable_collections": 0,
        "reports": 7,
        "archived_already": 1,
        "datasets": 1,
        "unarchived": 6,
        "fresh": 2,
        "exempt": 1,
        "unknown": 1,
        "stale": 2,
        "delete_schedule": 2,
        "archive_report": 2,
        "schedules": 3,
    }
    assert plan.kept == {"exempt_public": ["r4"], "unknown_last_run_at": ["r5"]}
    assert kinds_of(plan) == [
        ("archive_report", "r0", None),
        ("delete_schedule", "r1", "s1"),
        ("delete_schedule", "r1", "s2"),
        ("archive_report", "r1", None),
    ]
    assert plan.savings == {"runs_per_year": 365 + 52, "runtime_hours": 4}
    assert client.asked == {"verify": 1, "collections": 1, "reports": 2, "schedules": 1}


def test_a_plan_says_who_what_when_and_why() -> None:
    """The head of the plan, and one action in full."""
    plan = planned(mixed(), expires_after="36h")
    assert (plan.workspace, plan.source, plan.key_scope) == ("acme", "rest", "workspace")
    assert (plan.created_at, plan.expires_at) == (NOW, NOW + timedelta(hours=36))
    assert StalePolicy.from_value(plan.policy) == UNUSED
    action = plan.actions[1].to_json()
    evidence = action.pop("evidence")
    definition = action.pop("definition")
    assert action == {
        "kind": "delete_schedule",
        "report": "r1",
        "schedule": "s1",
        "name": "Report r1",
        "collection": "Sales",
        "owner": "ada",
        "url": "https://app.mode.com/acme/reports/r1",
        "reason": "not run for 400 days (last run 2025-10-20), 0 views; older than 30 days",
    }
    assert Evidence.from_json(evidence).last_run_at == NOW - timedelta(days=400)
    assert definition["cron"]["freq"] == "weekly"
    assert definition["as_read"]["day_of_week"] == "Monday"
    assert Plan.loads(plan.dumps()) == plan


def test_the_summary_tells_of_all_reports() -> None:
    """By month of last use and by collection, stale or not, and the names of those kept for a reason."""
    summary = planned(mixed()).summary
    assert summary["last_use"] == {
        "criterion": "not_run_for",
        "months": {"2025-10": {"reports": 4, "stale": 2}, "2026-11": {"reports": 1, "stale": 0}},
        "never": {"reports": 0, "stale": 0},
        "unknown": {"reports": 1, "stale": 0},
    }
    assert summary["collections"] == [
        {"collection": "c1", "name": "Sales", "reports": 5, "stale": 1},
        {"collection": "c2", "name": "Ops", "reports": 1, "stale": 1},
    ]
    assert summary["kept_names"] == {"r5": "Report r5"}
    never = planned(FakeClient().add("c1", report_row("r1", last_run_at=None)), {"max_views": 3}).summary
    assert never["last_use"]["criterion"] is None
    assert never["last_use"]["never"] == {"reports": 1, "stale": 1}


def test_the_same_evidence_gives_the_same_bytes() -> None:
    """Whatever order the rows come in."""
    client, other = mixed(), mixed()
    other.rows = {
        token: list(reversed(list(rows)))
        for token, rows in client.rows.items()
        if not isinstance(rows, Exception)
    }
    other.spaces.reverse()
    other.plans["r1"] = list(reversed(list(other.plans["r1"]))) if isinstance(other.plans["r1"], list) else []
    assert planned(client).dumps() == planned(other).dumps()


def test_nothing_in_a_plan_is_named_like_a_credential() -> None:
    """Airflow would mask it, so Mode's own `report_token` stays out; a schedule's parameters stay whole."""
    client = FakeClient().add("c1", report_row("r1", schedules_count=1))
    delivery = [{"slack_token": "x", "channel": "#ops"}]
    client.plans["r1"] = [
        schedule_row("s1", delivery=delivery, parameters={"api_token": "kept"}, proxy_url="x")
    ]
    definition = planned(client).actions[0].definition or {}
    assert definition["as_read"]["delivery"] == [{"channel": "#ops"}]
    assert definition["as_read"]["parameters"] == {"api_token": "kept"}
    assert not {"token", "report_token", "proxy_url", "_links"} & definition["as_read"].keys()


def test_a_schedule_that_cannot_be_rebuilt_is_saved_as_it_was_read() -> None:
    """What Mode said of it is all there is."""
    client = FakeClient().add("c1", report_row("r1", schedules_count=1))
    client.plans["r1"] = [schedule_row("s1", frequency="sometimes")]
    plan = planned(client)
    assert (plan.actions[0].definition or {}).keys() == {"as_read"}
    assert plan.savings == {"runs_per_year": 0, "runtime_hours": 0}


def test_one_kind_of_action_leaves_the_other_out() -> None:
    """Archiving alone reads schedules only for who subscribes; deleting alone archives nothing."""
    assert {kind for kind, _, _ in kinds_of(planned(mixed(), kinds=["archive_report"]))} == {"archive_report"}
    plan = planned(mixed(), kinds=("delete_schedule",))
    assert kinds_of(plan) == [("delete_schedule", "r1", "s1"), ("delete_schedule", "r1", "s2")]
    assert plan.counts["stale"] == 2
    client = mixed()
    planned(client, {"not_run_for": "90d", "exempt_subscribed": False}, kinds=["archive_report"])
    assert client.asked["schedules"] == 0


@pytest.mark.parametrize("kinds", [(), [], "archive_report", ["delete_report"], None])
def test_unknown_kinds_are_refused(kinds: Any) -> None:
    """A mistyped kind is an error, before anything is asked."""
    client = mixed()
    with pytest.raises(SettingError) as caught:
        planned(client, kinds=kinds)
    wanted = "must be a list of one or both of delete_schedule, archive_report"
    assert str(caught.value) == f"kinds: {wanted}, not {kinds!r}"
    assert not client.asked


def test_the_key_of_another_workspace_is_refused() -> None:
    """Before anything is read: the plan would be of a workspace that nobody meant."""
    client = mixed()
    client.config = replace(client.config, workspace="other")
    with pytest.raises(SettingError) as caught:
        planned(client)
    sentence = "workspace: the key belongs to 'acme', but the connection says 'other'"
    assert (caught.value.field, str(caught.value)) == ("workspace", sentence)
    assert set(client.asked) == {"verify"}


def test_a_lifetime_has_to_be_one() -> None:
    """The plan's lifetime is a length of time."""
    with pytest.raises(SettingError, match=r"^expires_after: "):
        planned(mixed(), expires_after="never")


def test_a_criterion_without_evidence_is_refused_at_the_start() -> None:
    """REST alone never tells when a report was viewed: the error says what to add, and nothing is asked."""
    client = mixed()
    with pytest.raises(PolicyError, match=r"^not_viewed_for: .* add history=.*source=\"discovery\""):
        planned(client, {"not_viewed_for": "90d", "unknown": "stale"})
    assert not client.asked


def test_schedules_are_read_once_and_only_where_needed() -> None:
    """A count of 0 is believed; a fresh, exempt or unknown report costs no request."""
    client = FakeClient()
    client.add(
        "c1",
        report_row("r1", schedules_count=0),
        report_row("r2", schedules_count=...),
        report_row("r3", schedules_count=1, public=True),
        report_row("r4", schedules_count=1, view_count=9),
        report_row("r5", schedules_count=1, edited_at=..., description=...),
        report_row("r6", schedules_count="two"),
    )
    client.plans["r6"] = [schedule_row("s6")]
    plan = planned(client)
    assert client.asked["schedules"] == 2
    assert [report for _, report, _ in kinds_of(plan)] == ["r1", "r2", "r6", "r6"]
    assert "schedules" not in plan.counts
    again = FakeClient().add("c1", report_row("r2", schedules_count=1))
    again.plans["r2"] = [schedule_row("s1")]
    planned(again, {"not_run_for": "90d", "exempt_subscribed": False})
    assert again.asked["schedules"] == 1


SUBSCRIBED: list[tuple[list[dict[str, Any]], dict[str, Any], dict[str, list[str]]]] = [
    ([{"subscriber_count": 0}, {"subscriber_count": 2}], {}, {"subscribed": ["r1"]}),
    ([{"subscriber_count": ...}, {"subscriber_count": 2}], {}, {"subscribed": ["r1"]}),
    ([{"subscriber_count": None}], {}, {}),
    ([{"subscriber_count": ...}], {}, {"unknown_subscribers": ["r1"]}),
    ([{"subscriber_count": ...}], {"unknown": "stale"}, {}),
    (
        [{"subscriber_count": "many"}, {"subscriber_count": ...}],
        {"unknown": "stale"},
        {"unknown_subscribers": ["r1"]},
    ),
    ([{"subscriber_count": 2}], {"exempt_subscribed": False}, {}),
    ([{}], {"exempt_scheduled": True}, {"scheduled": ["r1"]}),
    ([], {"exempt_scheduled": True}, {}),
]


@pytest.mark.parametrize(("schedules", "policy", "kept"), SUBSCRIBED)
def test_people_who_read_a_report_in_their_mail_keep_it(
    schedules: list[dict[str, Any]], policy: dict[str, Any], kept: dict[str, list[str]]
) -> None:
    """Subscribers of any schedule keep the report; a number that is not known keeps it too."""
    client = FakeClient().add("c1", report_row("r1", schedules_count=...))
    client.plans["r1"] = [schedule_row(f"s{number}", **fields) for number, fields in enumerate(schedules)]
    assert planned(client, {"max_views": 3, **policy}).kept == kept


def test_schedules_that_cannot_be_read_keep_the_report() -> None:
    """Whether or not the policy asks for them: what is not known must not be left running unseen."""
    for policy, reason in (
        ({"exempt_subscribed": True}, "unknown_subscribers"),
        ({"exempt_subscribed": False}, "unknown_schedules_count"),
        (
            {"exempt_subscribed": False, "exempt_scheduled": True, "unknown": "stale"},
            "unknown_schedules_count",
        ),
    ):
        client = FakeClient().add("c1", report_row("r1", schedules_count=...), report_row("r2"))
        client.plans["r1"] = PermissionDenied("no")
        plan = planned(client, {"max_views": 3, **policy})
        assert plan.kept == {reason: ["r1"]}
        assert [report for _, report, _ in kinds_of(plan)] == ["r2"]
        assert (plan.counts["stale"], plan.counts["unknown"]) == (1, 1)


def test_what_somebody_restored_is_kept() -> None:
    """A report that we archived and somebody brought back is left alone, at no request."""
    client = mixed()
    plan = planned(client, restored={"r1", "r3"})
    assert plan.kept["restored"] == ["r1"]
    assert plan.counts["fresh"] == 2
    assert client.asked["schedules"] == 0


def test_owners_are_named_on_request() -> None:
    """A request a person, for what is stale alone; without it the username stands."""
    client = mixed()
    plan = planned(client, name_owners=True)
    assert {action.owner for action in plan.actions} == {"ada@example.com"}
    assert client.asked["user"] == 1
    asked = planned(client, {"max_views": 3, "exempt_owners": ["bob"]}, name_owners=True)
    assert {action.owner for action in asked.actions} == {"ada@example.com"}
    assert client.asked["user"] == 2


def test_an_exempt_report_that_nobody_knows_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """A mistyped entry protects nobody; one that matches an archived report or a dataset is no mistake."""
    url = "https://app.mode.com/acme/reports/r1/details/queries/abcdefabcdef"
    with caplog.at_level(logging.WARNING):
        plan = planned(mixed(), {"max_views": 3, "exempt_reports": [url, "r2", "d1", "r\n8"]})
    assert plan.kept["exempt_report"] == ["r1"]
    assert caplog.messages == [r"exempt_reports: no report in scope matches 'r\n8'"]


def test_a_report_without_a_type_is_kept() -> None:
    """It may be a dataset that live reports import."""
    client = FakeClient()
    client.add("c1", report_row("r1", type=...))
    plan = planned(client, {"max_views": 3, "unknown": "stale"})
    assert (plan.kept, plan.actions) == ({"unknown_kind": ["r1"]}, ())


def test_a_members_key_shows_in_the_counts(caplog: pytest.LogCaptureFixture) -> None:
    """The inventory is what that member sees."""
    client = mixed()
    assert "member_key" not in planned(client).counts
    client.scope = "member"
    with caplog.at_level(logging.WARNING):
        assert planned(client).counts["member_key"] == 1
    assert "what its member sees" in caplog.text


def test_an_incomplete_inventory_makes_no_plan() -> None:
    """Unless the holes are to be skipped, and then the counts tell."""
    client = mixed()
    client.rows["c2"] = PermissionDenied("no")
    with pytest.raises(IncompleteInventory):
        planned(client)
    assert client.asked["schedules"] == 0
    plan = planned(client, scope=Scope(skip_unreadable=True))
    assert plan.counts["unreadable_collections"] == 1


def test_a_policy_bounds_the_scope() -> None:
    """Personal collections and datasets are walked where the policy includes them."""
    client = mixed()
    client.datasets["c2"] = [report_row("d2", type="DatasetReport"), report_row("d3", type="DatasetReport")]
    client.importers["d2"] = [report_row("r0", archived=True), report_row("r3")]
    client.importers["d3"] = [report_row("r2", archived=True)]
    client.importers["d1"] = PermissionDenied("no")
    plan = planned(
        client,
        {"max_views": 3, "exempt_personal": False, "include_datasets": True},
        scope=Scope(collections=["*"]),
    )
    assert plan.counts["datasets"] == 3
    assert plan.kept == {"exempt_public": ["r4"], "imported": ["d2"], "unknown_imported_by_live": ["d1"]}
    assert {"d3", "r9"} <= {action.report for action in plan.actions}


def test_an_empty_workspace_makes_an_empty_plan() -> None:
    """Collections without reports: nothing to do, and no error."""
    plan = planned(FakeClient().add("c1"))
    assert plan.actions == ()
    assert (plan.counts["reports"], plan.counts["schedules"]) == (0, 0)


def test_progress_counts_done_and_to_do() -> None:
    """Each stage of questions says how far it has come."""
    seen: list[Progress] = []
    client = mixed()
    planned(
        client, {"max_views": 3, "exempt_owners": ["bob"], "not_run_by_hand_for": "500d"}, watch=seen.append
    )
    assert Progress("owners", 1, 1) in seen
    assert [step for step in seen if step.stage == "runs"][-1].done == [
        step for step in seen if step.stage == "runs"
    ][-1].total


class Other:
    """A source that lists reports which REST has yet to confirm."""

    name = "discovery"
    never: Mapping[str, str] = {}

    def __init__(self, rest: RestSource, *, confirms: bool = True) -> None:
        self._rest = rest
        self._confirms = confirms

    def rows(self, scope: Scope, *, as_of: datetime, tally: Counter[str]) -> Iterator[Evidence]:
        """Rows with views and no word on archiving."""
        for row in self._rest.rows(scope, as_of=as_of, tally=tally):
            yield row.but(archived=UNASKED, public=UNASKED, last_viewed_at=NOW - timedelta(days=400))

    def confirm(self, rows: Iterable[Evidence]) -> Iterator[Evidence]:
        """What REST says of those that matter."""
        for row in rows:
            yield row.but(archived=row.report == "r0", public=False) if self._confirms else row


def test_another_source_is_confirmed_by_rest() -> None:
    """No report enters a plan before REST has said that it is not archived."""
    client = mixed()
    policy = {"not_viewed_for": "90d", "not_run_for": "90d"}
    plan = planned(client, policy, source=Other(RestSource(client)))
    assert plan.source == "discovery"
    assert plan.counts["archived_already"] == 1
    assert {action.report for action in plan.actions} == {"r1", "r2", "r4"}
    silent = planned(mixed(), policy, source=Other(RestSource(client), confirms=False))
    assert silent.actions == ()
    assert silent.kept["unknown_archived"] == ["r0", "r1", "r2", "r4"]


MOMENTS = st.sampled_from([None, ..., "?", ago(3), ago(40), ago(400)])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "archived": st.sampled_from([True, False, ..., "?"]),
            "public": st.sampled_from([True, False, ..., None]),
            "description": st.sampled_from([None, ..., "#keep", "x"]),
            "type": st.sampled_from(["Report", "DatasetReport", ...]),
            "created_at": MOMENTS,
            "edited_at": MOMENTS,
            "last_run_at": MOMENTS,
            "view_count": st.sampled_from([0, 1, 9, None, ..., "?"]),
            "schedules_count": st.sampled_from([0, 1, ..., None]),
            "collection": st.sampled_from(["c1", "c2"]),
        }
    ),
    max_size=8,
)


@patient
@given(ROWS)
def test_a_plan_never_holds_what_must_be_kept(rows: list[dict[str, Any]]) -> None:
    """Whatever Mode answers: nothing archived, exempt, unknown or young, and every report in one heap."""
    client = FakeClient(concurrency=1).add("c1").add("c2", space_type="private")
    by_name: dict[str, dict[str, Any]] = {}
    for number, fields in enumerate(rows):
        name = f"r{number}"
        by_name[name] = fields
        held = client.rows[fields["collection"]]
        assert isinstance(held, tuple)
        client.rows[fields["collection"]] = (*held, report_row(name, **{**fields, "collection": ...}))
    plan = planned(client, {"not_run_for": "90d", "max_views": 3})
    counts = plan.counts
    assert counts["fresh"] + counts["exempt"] + counts["unknown"] + counts["stale"] == counts["unarchived"]
    assert counts["unarchived"] + counts["archived_already"] == counts["reports"]
    for action in plan.actions:
        fields = by_name[action.report]
        assert fields["collection"] == "c1"
        assert fields["archived"] in (False, ...)
        assert fields["public"] is not True
        assert fields["type"] != "DatasetReport"
        assert fields["description"] in (None, "x")
        assert fields["created_at"] in (ago(40), ago(400))
        assert fields["last_run_at"] == ago(400) or (
            fields["last_run_at"] is None and fields["created_at"] == ago(400)
        )
        assert fields["view_count"] in (0, 1, None)
    assert json.loads(plan.dumps()) == plan.to_json()


def test_unsure_evidence_is_written_as_such() -> None:
    """A plan says of each stale report what was not known of it."""
    client = FakeClient().add("c1", report_row("r1", edited_at="?"))
    evidence = planned(client, {"max_views": 3}).actions[0].evidence
    assert evidence["unsure"] == ["edited_at"]
    assert Evidence.from_json(evidence).edited_at is UNSURE
