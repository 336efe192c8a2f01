"""What a person sees when something is wrong: one sentence, before any change, and no retries burnt."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_mode.operators import (
    ArchiveStaleReportsOperator,
    DeleteSchedulesOperator,
    PlanCleanupOperator,
)
from tests.operators.workspace import POLICY, Mode

pytestmark = pytest.mark.mode_sandbox(reports=30, collections=4)
KINDS = [ArchiveStaleReportsOperator, DeleteSchedulesOperator, PlanCleanupOperator]


def refused(mode: Mode, operator: type = ArchiveStaleReportsOperator, **parameters: Any) -> str:
    """The sentence with which a task fails, having changed nothing and left its retries alone."""
    mode.stale()
    changes, instance = len(mode.sandbox.state.changes), mode.instance()
    limit = {} if operator is PlanCleanupOperator else {"max_changes": "100%"}
    with pytest.raises(AirflowFailException) as caught:
        mode.run(operator, instance, **(limit | {"policy": POLICY} | parameters))
    assert len(mode.sandbox.state.changes) == changes
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert mode.sandbox.password not in "".join(traceback.format_exception(caught.value))
    return sentence


@pytest.mark.parametrize("operator", KINDS)
def test_a_wrong_secret_is_said(mode: Mode, operator: type) -> None:
    """Which request was refused, and where to mend it."""
    mode.connect(password="wrong-secret-2")
    sentence = refused(mode, operator)
    assert "answered 401" in sentence
    assert "Check the API token and secret of the connection." in sentence
    assert "wrong-secret-2" not in sentence


@pytest.mark.parametrize("operator", KINDS)
def test_an_unknown_workspace_is_said(mode: Mode, operator: type) -> None:
    """The workspace of the connection is not the key's."""
    mode.connect(schema="nowhere")
    assert "nowhere" in refused(mode, operator)


def test_an_upper_case_workspace_is_said(mode: Mode) -> None:
    """It is refused rather than lowered, and the right spelling is offered."""
    mode.connect(schema="Acme")
    assert "workspace: must be in lower case, as in Mode's URLs: 'acme', not 'Acme'" in refused(mode)


def test_a_missing_connection_is_not_ours_to_say(mode: Mode) -> None:
    """Airflow's own sentence names the connection that is not there."""
    with pytest.raises(Exception, match="mode_elsewhere"):
        mode.run(ArchiveStaleReportsOperator, mode_conn_id="mode_elsewhere", policy=POLICY, max_changes=1)


def test_a_member_key_sees_its_part_and_says_so(mode: Mode) -> None:
    """It works on what it sees, and the plan names the scope of the key."""
    mode.connect(member=True)
    result = mode.run(PlanCleanupOperator, policy=POLICY)
    whole = mode.sandbox.state.reports
    assert 0 < result["counts"]["reports"] < len(whole)


def test_an_empty_workspace_is_said(mode: Mode) -> None:
    """A key that sees no collection cannot call anything stale."""
    for collection in list(mode.sandbox.state.collections.values()):
        collection.state = "soft_deleted"
    mode.sandbox.fault(
        "status", path="*/spaces", status=200, count=None, body='{"_embedded": {"spaces": []}}'
    )
    mode.sandbox.fault(
        "status", path="*/collections", status=200, count=None, body='{"_embedded": {"spaces": []}}'
    )
    assert "sees no collection in workspace 'acme'" in refused_quietly(mode)


def refused_quietly(mode: Mode) -> str:
    """The sentence where nothing can be stale."""
    with pytest.raises(AirflowFailException) as caught:
        mode.run(ArchiveStaleReportsOperator, policy=POLICY, max_changes=1)
    return str(caught.value)


@pytest.mark.parametrize("operator", KINDS)
@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"policy": {"older_than": "30d"}}, "policy: needs a criterion besides older_than"),
        ({"policy": {}}, "policy: needs a criterion besides older_than"),
        ({"policy": {"not_run_for": "soon"}}, "not_run_for: must be a timedelta or a string"),
        ({"policy": {"not_used_for": "90d"}}, "not_used_for: is no field of a policy"),
        ({"policy": {"not_viewed_for": "90d"}}, "not_viewed_for: Mode's REST API does not tell"),
        ({"policy": "not_run_for=90d"}, "policy: must be a dict"),
        ({"collections": ["Salse"]}, "collections: no collection matches 'Salse'"),
        (
            {"policy": POLICY | {"exempt_collections": ["Salse"]}},
            "exempt_collections: no collection matches 'Salse'",
        ),
        ({"source": "warehouse"}, "source: must be one of rest, discovery"),
        ({"source": "discovery", "history": "file:///tmp/x"}, "history: is for views over REST"),
        ({"skip_unreadable": "maybe"}, "skip_unreadable: must be true or false"),
        ({"output_uri": "relative/folder"}, "output_uri: must be a URI"),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_named(
    mode: Mode, operator: type, parameters: dict[str, Any], sentence: str
) -> None:
    """Policy, collections, source and folder: what does not parse or matches nothing never widens to all."""
    assert sentence in refused(mode, operator, **parameters)


@pytest.mark.parametrize("operator", KINDS[:2])
@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"max_changes": 0}, "max_changes allows 0: nothing was changed"),
        ({"max_changes": "0%"}, "max_changes allows 0: nothing was changed"),
        ({"max_changes": "some"}, "max_changes: must be a whole number or a percentage"),
        ({"max_changes": "101%"}, "max_changes: must be a whole number or a percentage"),
        ({"dry_run": "yes"}, "dry_run: must be true or false"),
        ({"min_age": "-1d"}, "min_age: must be a timedelta or a string"),
        ({"policy": None}, "exactly one of"),
        ({"plan": "file:///nowhere/plan.json"}, "exactly one of"),
        ({"policy": None, "plan": "file:///nowhere/plan.json"}, "there is no such file"),
    ],
)
def test_a_limit_or_a_plan_that_does_not_hold_is_said(
    mode: Mode, operator: type, parameters: dict[str, Any], sentence: str
) -> None:
    """Planned, allowed and total in one sentence; a plan that is not there is named."""
    mode.schedule(mode.stale("Nightly"))
    assert sentence in refused(mode, operator, **parameters)


def test_an_exceeded_limit_says_planned_allowed_and_total(mode: Mode) -> None:
    """The three numbers that a person wants to see."""
    sentence = refused(mode, max_changes="1%")
    assert " reports would change of " in sentence
    assert "and max_changes allows 0" in sentence


def test_a_collection_that_cannot_be_read_is_named(mode: Mode) -> None:
    """Nothing is archived on part of a list, unless that is asked for."""
    place = next(c for c in mode.sandbox.state.collections.values() if c.space_type == "custom")
    mode.sandbox.switch(unreadable=f"{place.token}:403")
    assert f"collection {place.name!r}" in refused(mode)
    result = mode.run(PlanCleanupOperator, policy=POLICY, skip_unreadable="true")
    assert result["counts"]["unreadable_collections"] == 1


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda text: text.replace('"source":"rest"', '"source":"else"'), "the plan was altered"),
        (lambda text: text[:-40], "this is no plan"),
        (lambda _: "{}", "its format is None"),
    ],
)
def test_a_plan_that_was_tampered_with_is_refused(mode: Mode, spoil: Any, sentence: str) -> None:
    """What was reviewed is what is done, or nothing is."""
    mode.stale()
    made = mode.run(PlanCleanupOperator, mode.instance("plan"), policy=POLICY)
    path = mode.output / "tidy" / "plan" / "task" / "plan.json"
    path.write_text(spoil(path.read_text()))
    assert sentence in refused(mode, policy=None, plan=made["plan"])


def test_another_digest_and_an_expired_plan_are_refused(mode: Mode) -> None:
    """A plan that is not the approved one, and one that is too old."""
    made = mode.run(PlanCleanupOperator, policy=POLICY, expires_after="1s")
    sentence = refused(mode, policy=None, plan=made["plan"], digest="sha256:00")
    assert "the plan's digest is" in sentence or "the plan expired" in sentence
    made = mode.run(PlanCleanupOperator, policy=POLICY)
    assert "sha256:00 was expected" in refused(mode, policy=None, plan=made["plan"], digest="sha256:00")


def test_a_plan_of_another_workspace_is_refused(mode: Mode) -> None:
    """The connection decides the workspace, and the plan must be of it."""
    made = mode.run(PlanCleanupOperator, policy=POLICY)
    mode.connect(schema="other")
    assert "the plan is for workspace 'acme', the connection for 'other'" in refused(
        mode, policy=None, plan=made["plan"]
    )


def test_what_says_nothing_is_refused(mode: Mode) -> None:
    """A digest guards a plan, and a scope bounds a policy: beside anything else they would guard nothing."""
    assert refused(mode, digest="sha256:0").startswith("digest: has nothing to say where policy")
    report = mode.stale()
    sentence = refused(mode, DeleteSchedulesOperator, policy=None, reports=[report], collections=["Nowhere"])
    assert sentence.startswith("collections: has nothing to say where reports")
