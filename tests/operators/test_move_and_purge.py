"""Reports move to where they belong, with a limit and a journal; results go for good, twice asked."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_mode.hooks.failures import ChangesIncomplete
from airflow_provider_mode.operators import MoveReportsOperator, PurgeResultsOperator
from tests.operators.workspace import Mode


def moved(mode: Mode, reports: Any, **parameters: Any) -> dict[str, Any]:
    """Move reports to the collection `Attic`."""
    known = {"reports": reports, "collection": "Attic", "max_changes": 5}
    return mode.run(MoveReportsOperator, mode.instance(), **(known | parameters))


def test_reports_move_with_a_journal(mode: Mode) -> None:
    """Where each was before stands in the journal; a second time nothing is left to do."""
    attic = mode.sandbox.add_collection("Attic")
    reports = [mode.sandbox.add_report(name=f"Report {number}") for number in range(3)]
    before = reports[0].collection
    url = f"{mode.sandbox.url}/acme/reports/{reports[0].token}"
    named = json.dumps([url, *(report.token for report in reports)])
    result = moved(mode, named)
    assert result["moved"] == [report.token for report in reports]
    assert {report.collection for report in reports} == {attic.token}
    lines = [json.loads(line) for line in Path(result["journal"][7:]).read_text().splitlines()][1:]
    assert [line["when"] for line in lines] == ["before", "after"] * 3
    assert lines[0]["kind"] == "move_report"
    assert lines[0]["definition"] == {"from": before, "to": attic.token}
    again = moved(mode, named, collection=attic.token)
    assert (again["planned"], again["moved"], again["skipped"]) == (0, [], {"there_already": 3})


def test_a_dry_run_moves_nothing(mode: Mode) -> None:
    """It says how many would move, and warns where that is too many."""
    mode.sandbox.add_collection("Attic")
    report = mode.sandbox.add_report(name="Report")
    where = report.collection
    result = moved(mode, [report.token], dry_run="true", max_changes=0)
    assert (result["planned"], result["moved"], result["journal"]) == (1, [], None)
    assert report.collection == where


def test_what_fails_does_not_stop_the_others(mode: Mode) -> None:
    """The task fails at the end, with the result left behind and the journal named."""
    mode.sandbox.add_collection("Attic")
    reports = [mode.sandbox.add_report(name=f"Report {number}") for number in range(3)]
    mode.sandbox.fault("status", method="PATCH", path=f"*/{reports[0].token}", status=403)
    mode.sandbox.fault("status", method="PATCH", path=f"*/{reports[1].token}", status=404)
    instance = mode.instance()
    named = {"reports": [report.token for report in reports], "collection": "Attic", "max_changes": 3}
    with pytest.raises(AirflowFailException, match=r"1 reports could not be moved.*The journal is file:"):
        mode.run(MoveReportsOperator, instance, **named)
    result = instance.pushed["result"]
    assert result["moved"] == [reports[2].token]
    assert result["skipped"] == {"gone": 1}
    assert list(result["failed"]) == [reports[0].token]


def test_a_killed_task_stops_between_two(mode: Mode) -> None:
    """What is left is said, and a retry goes on."""
    mode.sandbox.add_collection("Attic")
    report = mode.sandbox.add_report(name="Report")
    task = MoveReportsOperator(
        task_id="task", reports=report.token, collection="Attic", max_changes=1, output_uri=mode.uri
    )
    task.on_kill()
    with pytest.raises(ChangesIncomplete, match="stopped with 1 reports left"):
        task.execute({})


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"max_changes": "5%"}, "max_changes: must be a number"),
        ({"max_changes": 0}, "max_changes allows 0: nothing was changed"),
        ({"collection": "Nowhere"}, "collection: 'Nowhere': there is no such collection"),
        ({"collection": "Twin"}, "collection: 'Twin': 2 collections are called so"),
        ({"reports": "[]"}, "reports: must not be empty"),
        ({"reports": ["000000000000"]}, "answered 404"),
        ({"dry_run": "perhaps"}, "dry_run: must be true or false"),
    ],
)
def test_what_is_wrong_fails_before_any_change(mode: Mode, parameters: dict[str, Any], sentence: str) -> None:
    """One sentence, no retries, nothing moved."""
    for name in ("Attic", "Twin", "Twin"):
        mode.sandbox.add_collection(name)
    report = mode.sandbox.add_report(name="Report")
    changes = len(mode.sandbox.state.changes)
    with pytest.raises(AirflowFailException, match=sentence):
        moved(mode, **({"reports": [report.token]} | parameters))
    assert len(mode.sandbox.state.changes) == changes


def test_a_refused_key_stops_at_once(mode: Mode) -> None:
    """It concerns every report."""
    mode.sandbox.add_collection("Attic")
    reports = [mode.sandbox.add_report(name=f"Report {number}").token for number in range(2)]
    fault = mode.sandbox.fault("status", method="PATCH", path="*/reports/*", status=401, count=None)
    with pytest.raises(AirflowFailException, match="answered 401"):
        moved(mode, reports)
    assert fault.hits == 1


def purge(**parameters: Any) -> dict[str, Any]:
    """Execute the operator."""
    known: dict[str, Any] = {"task_id": "task", "before": "2026-01-31", "confirm": "acme"}
    result: dict[str, Any] = PurgeResultsOperator(**(known | parameters)).execute({})
    return result


@pytest.mark.parametrize("before", ["2026-01-31", date(2026, 1, 31)])
def test_results_are_purged_when_confirmed(mode: Mode, before: Any) -> None:
    """One request, and the runs stay."""
    assert purge(before=before) == {"workspace": "acme", "before": "2026-01-31"}
    (change,) = [each for each in mode.sandbox.state.changes if each.kind == "purge"]
    assert "2026-01-31" in str(change)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"confirm": "other"}, "confirm: must be the workspace of the connection, 'acme', not 'other'"),
        ({"confirm": None}, "confirm: must be the workspace"),
        ({"before": "31.1.2026"}, "before: must be a date such as 2026-01-31"),
        ({"before": datetime(2026, 1, 31, tzinfo=UTC)}, "before: must be a date"),
        (
            {"before": (datetime.now(UTC) + timedelta(days=1)).date()},
            "before: must be yesterday at the latest",
        ),
    ],
)
def test_nothing_is_purged_by_mistake(mode: Mode, parameters: dict[str, Any], sentence: str) -> None:
    """The parameters are checked before the one request."""
    with pytest.raises(AirflowFailException, match=sentence):
        purge(**parameters)
    assert not [each for each in mode.sandbox.requests if each.method == "POST"]
