"""Reports as steps of a pipeline: the examples that run, wait and deliver, run by Airflow itself."""

from __future__ import annotations

import pytest

from tests.dags.conftest import RunDag
from tests.operators.workspace import Mode

pytestmark = [
    pytest.mark.mode_sandbox(reports=30, collections=4, switches={"run_seconds": 1, "result_rows": 4}),
    pytest.mark.filterwarnings("ignore"),  # a whole Airflow warns of its own affairs
]


def test_a_report_is_run_and_its_results_handed_on(mode: Mode, run_dag: RunDag) -> None:
    """Exactly one run, with the day as its parameter, and a file for each of its queries."""
    report = next(each for each in mode.sandbox.state.reports.values() if len(each.queries) > 1)
    before = len(report.runs)
    states = run_dag("refresh_then_export", report=report.token, day="2026-02-01")
    assert states == {("refresh", -1): "success", ("export", -1): "success"}
    assert len(report.runs) == before + 1
    assert report.runs[-1].parameters == {"day": "2026-02-01"}
    assert len(list(mode.output.rglob("*.csv"))) == len(report.queries)


def test_a_failed_run_fails_its_task(mode: Mode, run_dag: RunDag) -> None:
    """Nothing is exported after it."""
    report = next(each for each in mode.sandbox.state.reports.values() if each.queries)
    report.outcome = "failed"
    states = run_dag("refresh_then_export", report=report.token)
    assert states == {("refresh", -1): "failed", ("export", -1): "upstream_failed"}


def test_a_dashboard_is_waited_for(mode: Mode, run_dag: RunDag) -> None:
    """It ran after the moment and was viewed often enough."""
    report = mode.sandbox.add_report(name="Dashboard", view_count=4)
    after = mode.sandbox.now.isoformat()
    mode.sandbox.run(report)
    states = run_dag("wait_for_dashboard", report=report.token, after=after, min_views=3)
    assert set(states.values()) == {"success"}


def test_reports_are_moved(mode: Mode, run_dag: RunDag) -> None:
    """Only when it is no dry run."""
    attic = mode.sandbox.add_collection("Attic")
    report = mode.sandbox.add_report(name="Old")
    run_dag("move_reports", reports=[report.token])
    assert report.collection != attic.token
    assert run_dag("move_reports", reports=[report.token], dry_run=False) == {("move", -1): "success"}
    assert report.collection == attic.token


def test_results_are_purged_only_when_confirmed(mode: Mode, run_dag: RunDag) -> None:
    """The workspace has to be named."""
    assert run_dag("purge_results") == {("purge", -1): "failed"}
    assert run_dag("purge_results", workspace="acme") == {("purge", -1): "success"}
    assert [each.kind for each in mode.sandbox.state.changes].count("purge") == 1


def test_the_hook_is_used_in_a_task(mode: Mode, run_dag: RunDag) -> None:
    """Its client serves whatever no operator does."""
    assert run_dag("use_the_hook") == {("count_reports", -1): "success"}
