from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_mode.operators import ArchiveStaleReportsOperator, PlanCleanupOperator, RestoreOperator
from tests.operators.workspace import POLICY, Mode

pytestmark = pytest.mark.mode_sandbox(reports=0, collections=3)


def test_a_plan_says_what_would_change_and_changes_nothing(mode: Mode) -> None:
    """Every contracted key, a summary of at most 8 KB, and three files of one plan."""
    report = mode.stale()
    mode.schedule(report)
    changes = len(mode.sandbox.state.changes)
    result = mode.run(PlanCleanupOperator, mode.instance(), policy=POLICY)
    assert len(mode.sandbox.state.changes) == changes
    assert set(result) == {"plan", "digest", "counts", "actions", "markdown"}
    assert result["actions"] == {"delete_schedule": 1, "archive_report": 1}
    assert len(result["markdown"].encode()) <= 8192
    path = Path(result["plan"][7:])
    held = json.loads(path.read_text())
    assert (held["digest"], held["key_scope"]) == (result["digest"], "workspace")
    assert all(action["owner"] for action in held["actions"])
    assert report in path.with_name("plan.html").read_text()
    again = mode.run(PlanCleanupOperator, mode.instance(), policy=POLICY)
    assert again["digest"] == result["digest"]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [({"kinds": ["delete_report"]}, "kinds: must be"), ({"expires_after": "0d"}, "expires_after: must be")],
)
def test_kinds_and_expiry_are_checked(mode: Mode, parameters: dict[str, Any], sentence: str) -> None:
    """A kind that does not exist and a plan that is never good are refused."""
    with pytest.raises(AirflowFailException, match=sentence):
        mode.run(PlanCleanupOperator, policy=POLICY, **parameters)


def test_a_sweep_is_undone_once_however_often_it_is_asked(mode: Mode) -> None:
    """All come back from the journal's folder, one alone by its name, and nothing comes back twice."""
    reports = [mode.stale(), mode.stale()]
    for report in reports:
        mode.schedule(report)
    before = len(mode.schedules())
    done = mode.run(ArchiveStaleReportsOperator, policy=POLICY, max_changes=9)
    one = mode.run(RestoreOperator, journal=done["journal"], reports=[reports[0]])
    assert one["unarchived"] == [reports[0]]
    assert mode.archived() == {reports[1]}
    folder = done["journal"].rpartition("/")[0]
    rest = mode.run(RestoreOperator, mode.instance(), journal=[folder])
    assert rest["unarchived"] == [reports[1]]
    assert rest["impossible"]["schedule_identity"] == 2
    again = mode.run(RestoreOperator, mode.instance("again"), journal=folder)
    assert (again["unarchived"], again["schedules_created"]) == ([], [])
    assert not mode.archived()
    assert len(mode.schedules()) == before


def test_a_failed_restore_says_so_and_leaves_its_result(mode: Mode) -> None:
    """What cannot be unarchived is in the result, and fails the task for good."""
    report = mode.stale()
    done = mode.run(ArchiveStaleReportsOperator, policy=POLICY, max_changes=9)
    mode.sandbox.fault("status", method="PATCH", path="*/unarchive", status=403, count=None)
    instance = mode.instance()
    with pytest.raises(AirflowFailException, match=report):
        mode.run(RestoreOperator, instance, journal=done["journal"])
    assert set(instance.pushed["result"]["failed"]) == {report}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"journal": "file:///nowhere"}, "journal: there is no journal at /nowhere"),
        ({"journal": ""}, "journal: must not be empty"),
        ({"journal": "nowhere"}, "journal: must be a URI"),
    ],
)
def test_a_journal_that_is_not_there_is_named(mode: Mode, parameters: dict[str, Any], sentence: str) -> None:
    """Nothing to restore from is an error, not a success."""
    with pytest.raises(AirflowFailException, match=sentence):
        mode.run(RestoreOperator, **parameters)
