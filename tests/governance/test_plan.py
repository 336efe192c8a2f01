from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.governance.errors import PlanRefused
from airflow_provider_mode.governance.evidence.evidence import Evidence
from airflow_provider_mode.governance.plan.plan import ARCHIVE_REPORT, DELETE_SCHEDULE, Action, Plan
from tests.governance.fake_client import NOW, patient

POLICY = StalePolicy(max_views=3).to_json()


def action(report: str, schedule: str | None = None, **fields: Any) -> Action:
    """The archiving of a report, or the deletion of its schedule."""
    evidence = Evidence(report=report, url="https://app.mode.com/acme/reports/r", as_of=NOW).to_json()
    given_fields: dict[str, Any] = {
        "kind": DELETE_SCHEDULE if schedule else ARCHIVE_REPORT,
        "report": report,
        "schedule": schedule,
        "url": "https://app.mode.com/acme/reports/r",
        "reason": "3 views; older than 30 days",
        "evidence": evidence,
        "definition": {"name": "Nightly", "cron": {"freq": "daily"}} if schedule else None,
    } | fields
    return Action(**given_fields)


def plan(*actions: Action, **fields: Any) -> Plan:
    """A plan of these actions."""
    given_fields: dict[str, Any] = {
        "workspace": "acme",
        "source": "rest",
        "key_scope": "workspace",
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=7),
        "policy": POLICY,
        "counts": {"reports": 2, "stale": 1},
        "actions": actions,
        "kept": {"exempt_public": ["r3"]},
        "savings": {"runs_per_year": 365, "runtime_hours": 4},
    } | fields
    return Plan(**given_fields)


WHOLE = plan(action("r1", "s1", name="Zürich ☂"), action("r1", name="\ud800"), action("r2"))


def test_a_plan_is_read_back_as_it_was() -> None:
    """Written and read, a plan is the same, down to half a surrogate pair in a name."""
    again = Plan.loads(WHOLE.dumps())
    assert again == WHOLE
    assert again.digest == WHOLE.digest
    assert again.dumps() == WHOLE.dumps()
    assert Plan.loads(plan().dumps()) == plan()
    assert "actions" not in repr(WHOLE)


def test_the_digest_is_of_the_canonical_json() -> None:
    """Anybody can work the digest out from the file: keys sorted, compact, UTF-8, non-ASCII unescaped."""
    written = json.loads(plan(action("r1", "s1", name="Zürich ☂"), action("r2")).dumps())
    digest = written.pop("digest")
    text = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert digest == f"sha256:{hashlib.sha256(text).hexdigest()}"


def test_to_json_is_what_the_file_holds() -> None:
    """The same keys and values either way; nothing in it is named like a credential."""
    assert json.loads(WHOLE.dumps()) == WHOLE.to_json()
    assert WHOLE.to_json()["format"] == "mode-plan/1"
    text = WHOLE.dumps().decode().lower()
    assert not [word for word in ("token", "secret", "proxy") if word in text]


def test_one_action_stands_on_one_line() -> None:
    """Two plans can be compared line by line."""
    lines = WHOLE.dumps().decode().splitlines()
    assert sum('"kind":"archive_report"' in line for line in lines) == 2
    assert sum('"kind":"delete_schedule"' in line for line in lines) == 1


def test_actions_come_by_report() -> None:
    """One report's actions are one group, its schedules before the archiving."""
    groups = [(report, [action.kind for action in actions]) for report, actions in WHOLE.by_report()]
    assert groups == [("r1", [DELETE_SCHEDULE, ARCHIVE_REPORT]), ("r2", [ARCHIVE_REPORT])]


def test_actions_sort_by_collection_report_and_kind() -> None:
    """The order in which a plan is done, whatever order it was made in."""
    rows = [action("r2", collection="A"), action("r1", collection="B"), action("r1", "s2", collection="B")]
    rows.append(action("r1", "s1", collection="B"))
    ordered = sorted(rows, key=lambda row: row.order)
    assert [(row.report, row.schedule) for row in ordered] == [
        ("r2", None),
        ("r1", "s1"),
        ("r1", "s2"),
        ("r1", None),
    ]


def test_a_plan_is_refused_where_it_does_not_belong() -> None:
    """Another workspace, too late, or not the reviewed one: each is a sentence."""
    WHOLE.check("acme", NOW, WHOLE.digest)
    WHOLE.check("acme", NOW)
    with pytest.raises(PlanRefused, match=r"^the plan is for workspace 'acme', the connection for 'other'$"):
        WHOLE.check("other", NOW)
    with pytest.raises(PlanRefused, match=r"^the plan expired at 2026-12-01T12:00:00Z: make a new one$"):
        WHOLE.check("acme", NOW + timedelta(days=7))
    with pytest.raises(
        PlanRefused, match=f"^the plan's digest is {WHOLE.digest}, and sha256:0 was expected$"
    ):
        WHOLE.check("acme", NOW, "sha256:0")


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Set one value of a plan's JSON, `...` takes the key away."""

    def apply(held: Any) -> None:
        *parents, last = path.split("/")
        for key in parents:
            held = held[int(key)] if key.isdigit() else held[key]
        if value is ...:
            del held[last]
        else:
            held[last] = value

    return apply


TWICE = action("r2").to_json()
NOT_SO = "not as a plan writes it"
ALTERED: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (change("actions/0/report", "r9"), "the evidence of r9 is 'r1''s"),
    (
        change("created_at", "2026-11-24T12:00:00+00:00"),
        f"created_at is '2026-11-24T12:00:00+00:00', {NOT_SO}",
    ),
    (change("format", "mode-plan/2"), "its format is 'mode-plan/2', not 'mode-plan/1'"),
    (change("format", ...), "its format is None, not 'mode-plan/1'"),
    (change("colour", "red"), "it has a key 'colour'"),
    (change("workspace", 3), "workspace is 3"),
    (change("source", None), "source is None"),
    (change("key_scope", 3), "key_scope is 3"),
    (change("created_at", "soon"), "created_at is 'soon'"),
    (change("expires_at", "2026-11-24"), f"expires_at is '2026-11-24', {NOT_SO}"),
    (change("policy", []), "policy is no JSON object"),
    (change("counts", {"reports": 1.5}), "counts holds something that is no whole number"),
    (change("counts", {"reports": True}), "counts holds something that is no whole number"),
    (change("savings", None), "savings is no JSON object"),
    (change("summary", None), "summary is no JSON object"),
    (change("kept", {"fresh": "r1"}), "kept holds something that is no list of reports"),
    (change("kept", {"fresh": ["../r1"]}), "kept holds something that is no list of reports"),
    (change("actions", {}), "actions is no list"),
    (change("actions", [3]), "an action is no JSON object"),
    (change("actions", [TWICE, TWICE]), "an action stands in it twice"),
    (change("actions/0/kind", "delete_report"), "an action is a 'delete_report' of 'r1'"),
    (change("actions/0/report", "../../r1"), "an action is a 'delete_schedule' of '../../r1'"),
    (change("actions/0/report", 7), "an action is a 'delete_schedule' of 7"),
    (change("actions/0/schedule", None), "an action on r1 names its schedule wrongly"),
    (change("actions/0/definition", None), "an action on r1 names its schedule wrongly"),
    (change("actions/1/schedule", "s1"), "an action on r1 names its schedule wrongly"),
    (change("actions/1/definition", {}), "an action on r1 names its schedule wrongly"),
    (change("actions/0/url", None), "url is None"),
    (change("actions/0/reason", 3), "reason is 3"),
    (change("actions/0/owner", 3), "owner is 3"),
    (change("actions/0/owner", ...), f"an action's keys are {sorted(TWICE.keys() - {'owner'})}"),
    (change("actions/0/extra", 1), f"an action's keys are {sorted({*TWICE, 'extra'})}"),
    (change("actions/0/evidence", []), "evidence is no JSON object"),
    (change("actions/0/evidence/view_count", "x"), "evidence field view_count is a str"),
]


@pytest.mark.parametrize(("alter", "why"), ALTERED)
def test_an_altered_plan_is_refused(alter: Callable[[dict[str, Any]], None], why: str) -> None:
    """What is no plan any more is refused with the reason."""
    held = json.loads(WHOLE.dumps())
    alter(held)
    with pytest.raises(PlanRefused) as caught:
        Plan.loads(json.dumps(held).encode())
    assert str(caught.value) == f"this is no plan: {why}"


@pytest.mark.parametrize(
    ("path", "value"),
    [("workspace", "other"), ("digest", "sha256:0"), ("digest", ...), ("counts/reports", 9)],
)
def test_a_plan_whose_digest_is_not_its_own_is_refused(path: str, value: Any) -> None:
    """The sentence says both digests."""
    held = json.loads(WHOLE.dumps())
    change(path, value)(held)
    with pytest.raises(
        PlanRefused, match=r"^the plan was altered: its digest is sha256:[0-9a-f]{64}, and"
    ) as caught:
        Plan.loads(json.dumps(held).encode())
    assert str(caught.value).endswith(f", and it says {held.get('digest')!r}")


def test_a_plan_whose_policy_does_not_hold_is_refused() -> None:
    """With the policy's own word on it."""
    held = json.loads(WHOLE.dumps())
    change("policy/max_views", "many")(held)
    with pytest.raises(PlanRefused, match=r"^the plan's policy does not hold: max_views: must be a whole"):
        Plan.loads(json.dumps(held).encode())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "Expecting value: .*"),
        (b"null", "the file is no JSON object"),
        (b"[]", "the file is no JSON object"),
        (b"{}", "its format is None, not 'mode-plan/1'"),
        (b"\xff", "'utf-8' codec .*"),
        (b"[" * 100_000, "maximum recursion depth exceeded.*"),
        (b'{"format":NaN}', "NaN is no JSON number"),
        (b'{"format":1e999}', "1e999 is no JSON number"),
        (b'{"a":1,"a":2}', "a key is repeated"),
    ],
)
def test_what_is_no_json_object_is_refused(text: bytes, why: str) -> None:
    """Cut, empty, deep or ambiguous files are no plans."""
    with pytest.raises(PlanRefused, match=f"^this is no plan: {why}$"):
        Plan.loads(text)


def test_a_number_may_have_a_fraction() -> None:
    """Only a number beyond all bounds is refused."""
    evidence = {**action("r1").evidence, "expected_runtime": 36.5}
    whole = plan(action("r1", evidence=evidence))
    assert Plan.loads(whole.dumps()) == whole


@patient
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=1))
def test_no_byte_can_be_changed_unseen(position: int, byte: bytes) -> None:
    """A file with one byte changed is the same plan or none."""
    text = plan(action("r1", "s1")).dumps()
    position %= len(text)
    try:
        read = Plan.loads(text[:position] + byte + text[position + 1 :])
    except PlanRefused:
        return
    assert read == plan(action("r1", "s1"))


def test_a_plan_cannot_be_changed() -> None:
    """Plan and action are frozen."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        WHOLE.workspace = "other"  # type: ignore[misc]  # the point: it is frozen
