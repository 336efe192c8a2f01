from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_mode.operators import DeleteSchedulesOperator, PlanCleanupOperator, RestoreOperator
from tests.operators.workspace import POLICY, Mode

pytestmark = pytest.mark.mode_sandbox(reports=0, collections=3)


def delete(mode: Mode, **parameters: Any) -> dict[str, Any]:
    """Delete schedules, of at most ten unless told otherwise."""
    return mode.run(DeleteSchedulesOperator, **({"max_changes": 10} | parameters))


def test_the_schedules_of_stale_reports_go_and_the_reports_stay(mode: Mode) -> None:
    """A policy chooses the reports, all of whose schedules are saved and deleted."""
    stale, used = mode.stale(), mode.sandbox.add_report(name="In use").token
    gone = {mode.schedule(stale), mode.schedule(stale, name="Again")}
    kept = mode.schedule(used)
    result = delete(mode, policy=POLICY, max_changes="70%")
    assert mode.schedules() == {kept}
    assert set(result["schedules_deleted"]) == gone
    assert (result["archived"], result["planned"], result["failed"]) == ([], 2, {})
    assert not mode.archived()
    lines = Path(result["journal"][7:]).read_text().splitlines()[1:]
    assert [json.loads(line)["when"] for line in lines].count("before") == 2


def test_a_percentage_is_of_the_schedules_in_scope(mode: Mode) -> None:
    """Two of three schedules are more than half."""
    stale = mode.stale()
    mode.schedule(stale)
    mode.schedule(stale)
    mode.schedule(mode.sandbox.add_report(name="In use").token)
    with pytest.raises(AirflowFailException, match=r"2 schedules would change of 3 in scope.* allows 1"):
        delete(mode, policy=POLICY, max_changes="50%")
    mode.sandbox.switch(schedules_count="absent")
    with pytest.raises(AirflowFailException, match="max_changes: must be a number here"):
        delete(mode, policy=POLICY, max_changes="50%")


def test_with_a_plan_exactly_its_schedules_go(mode: Mode) -> None:
    """One that came after the plan stays, and its report is left alone."""
    first, second = mode.stale(), mode.stale()
    planned, other = mode.schedule(first), mode.schedule(second)
    made = mode.run(PlanCleanupOperator, policy=POLICY, kinds='["delete_schedule"]')
    assert made["actions"] == {"delete_schedule": 2, "archive_report": 0}
    late = mode.schedule(second)
    result = delete(mode, plan=made["plan"], digest=made["digest"])
    assert mode.schedules() == {other, late}
    assert result["schedules_deleted"] == [planned]
    assert result["skipped"] == {"new_schedule": 1}


def test_named_reports_lose_all_their_schedules(mode: Mode) -> None:
    """By 12 characters or URL, whatever their use; there is no plan, and the way back is the journal."""
    first = mode.sandbox.add_report(name="In use").token
    second = mode.sandbox.add_report(name="In use too").token
    gone = {mode.schedule(first), mode.schedule(second)}
    url = f"{mode.sandbox.url}/acme/reports/{second}"
    result = delete(mode, reports=json.dumps([first, url]), max_changes="2")
    assert not mode.schedules()
    assert set(result["schedules_deleted"]) == gone
    assert (result["plan"], result["digest"]) == (None, None)
    back = mode.run(RestoreOperator, journal=result["journal"])
    assert len(back["schedules_created"]) == len(mode.schedules()) == 2


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"reports": ["KNOWN", "000000000000"]}, "Mode knows no report 000000000000: nothing was changed"),
        ({"reports": ["KNOWN"], "max_changes": "50%"}, "max_changes: must be a number with reports="),
        ({"reports": ["KNOWN"], "max_changes": 0}, "1 schedule would change of 1 in scope"),
        ({"reports": ["KNOWN"], "min_age": "7d"}, "min_age: cannot be judged"),
        ({"reports": ["KNOWN"], "policy": POLICY}, "policy and reports are given"),
        ({"reports": []}, "reports: must not be empty"),
        ({"reports": ["https://mode.example.com/acme/reports/0123456789ab"]}, "is a URL of another host"),
    ],
)
def test_what_is_named_wrongly_fails_before_any_change(
    mode: Mode, parameters: dict[str, Any], sentence: str
) -> None:
    """An unknown report, an unfit limit, or two ways of saying what to change."""
    report = mode.sandbox.add_report(name="In use").token
    schedule = mode.schedule(report)
    named = [report if each == "KNOWN" else each for each in parameters["reports"]]
    with pytest.raises(AirflowFailException, match=sentence):
        delete(mode, **(parameters | {"reports": named}))
    assert mode.schedules() == {schedule}
