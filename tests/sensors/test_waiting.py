"""Every sensor gives the same answer whether it waits on a worker, is rescheduled or deferred."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
)

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sensors import ReportRunSensor, ReportScheduledSensor, ReportViewedSensor
from tests.waiting import MODES, Instance, settings, waited

DAILY = {"freq": "daily", "hour": "8", "minute": "30", "time_zone": "UTC"}
pytestmark = pytest.mark.parametrize("mode", MODES)


def sensor(kind: type, mode: str, **parameters: Any) -> Any:
    """A sensor that waits in a mode."""
    return kind(task_id="task", **(settings(mode) | parameters))


def test_a_schedule_comes(mode_sandbox: Sandbox, mode: str) -> None:
    """The schedule that somebody makes while the sensor waits is what it returns."""
    report = mode_sandbox.add_report(name="Weekly numbers")
    task = sensor(ReportScheduledSensor, mode, report=report.token)
    (found,) = waited(task, meanwhile=lambda: mode_sandbox.add_schedule(report, cron=DAILY, name="Morning"))
    assert found["name"] == "Morning"
    assert found["definition"]["cron"]["freq"] == "daily"


def test_the_last_schedule_goes(mode_sandbox: Sandbox, mode: str) -> None:
    """With ``scheduled=False`` it waits for the last one to go, also where Mode does not count them."""
    mode_sandbox.switch(schedules_count="absent")
    report = mode_sandbox.add_report(name="Weekly numbers")
    schedule = mode_sandbox.add_schedule(report, cron=DAILY)
    task = sensor(ReportScheduledSensor, mode, report=report.token, scheduled="false")
    assert waited(task, meanwhile=lambda: mode_sandbox.delete_schedule(schedule)) == []


def test_views_come(mode_sandbox: Sandbox, mode: str) -> None:
    """The running total is what counts."""
    report = mode_sandbox.add_report(name="Weekly numbers", view_count=3)
    task = sensor(ReportViewedSensor, mode, report=report.token, min_views="5")
    found = waited(task, meanwhile=lambda: mode_sandbox.view(report, 2))
    assert found == {"report": report.token, "view_count": 5}


def test_a_view_since_comes(mode_sandbox: Sandbox, mode: str) -> None:
    """Discovery tells when a report was last viewed; views before the moment do not count."""
    report = mode_sandbox.add_report(name="Weekly numbers")
    mode_sandbox.view(report, at=mode_sandbox.now - timedelta(days=1))
    since = (mode_sandbox.now - timedelta(hours=1)).isoformat()
    task = sensor(ReportViewedSensor, mode, report=report.token, since=since)
    found = waited(task, meanwhile=lambda: mode_sandbox.view(report))
    assert found["report"] == report.token
    assert found["last_viewed_at"] > since


@pytest.mark.mode_sandbox(switches={"discovery_archived": "excluded"})
def test_a_report_that_discovery_does_not_list_yet(mode_sandbox: Sandbox, mode: str) -> None:
    """It is there, so it may be listed one day; one that is not there is an error."""
    report = mode_sandbox.add_report(name="Weekly numbers", archived=True)
    since = (mode_sandbox.now - timedelta(hours=1)).isoformat()

    def appear() -> None:
        report.archived = False
        mode_sandbox.view(report)

    task = sensor(ReportViewedSensor, mode, report=report.token, since=since)
    assert waited(task, meanwhile=appear)["report"] == report.token
    with pytest.raises(AirflowFailException, match="answered 404"):
        waited(sensor(ReportViewedSensor, mode, report="000000000000", since=since))


@pytest.mark.parametrize("success", ["succeeded", "completed"])
def test_a_run_succeeds(mode_sandbox: Sandbox, mode: str, success: str) -> None:
    """Either word for success will do, and the button leads to the run while it is waited for."""
    mode_sandbox.switch(run_seconds=1, run_success=success)
    report = mode_sandbox.add_report(name="Weekly numbers")
    run = mode_sandbox.run(report)
    instance = Instance()
    found = waited(sensor(ReportRunSensor, mode, report=report.token, report_run=run.token), {"ti": instance})
    url = f"{mode_sandbox.url}/acme/reports/{report.token}/runs/{run.token}"
    assert found == {"report": report.token, "report_run": run.token, "state": success, "url": url}
    assert instance.pushed["_link_ModeRunLink"] == url
    assert instance.pushed["_link_ModeReportLink"] == f"{mode_sandbox.url}/acme/reports/{report.token}"


def test_a_run_is_named_by_its_url_too(mode_sandbox: Sandbox, mode: str) -> None:
    """As people copy it out of their browser; one of another report is refused."""
    mode_sandbox.switch(run_seconds=1)
    report, other = (mode_sandbox.add_report(name=name) for name in ("Weekly numbers", "Other"))
    run = mode_sandbox.run(report)
    url = f"{mode_sandbox.url}/acme/reports/{report.token}/runs/{run.token}/details?a=1"
    found = waited(sensor(ReportRunSensor, mode, report=report.token, report_run=url))
    assert found["report_run"] == run.token
    with pytest.raises(AirflowFailException, match="is a run of another report"):
        waited(sensor(ReportRunSensor, mode, report=other.token, report_run=url))


def test_outside_of_airflow_a_sensor_waits_by_itself(mode_sandbox: Sandbox, mode: str) -> None:
    """There is no task instance and nobody to call again, so being rescheduled is poking."""
    report = mode_sandbox.add_report(name="Weekly numbers", view_count=3)
    task = sensor(ReportViewedSensor, mode, report=report.token, min_views=3)
    assert task.execute({}) == {"report": report.token, "view_count": 3}


def test_a_run_after_a_moment_succeeds(mode_sandbox: Sandbox, mode: str) -> None:
    """A run that began before does not count; of those after it the one that succeeded does."""
    mode_sandbox.switch(run_seconds=0)
    report = mode_sandbox.add_report(name="Weekly numbers")
    mode_sandbox.run(report)
    mode_sandbox.advance(60)
    task = sensor(ReportRunSensor, mode, report=report.token, after=mode_sandbox.now)
    found = waited(task, meanwhile=lambda: mode_sandbox.run(report))
    assert found["report_run"] == report.runs[-1].token


@pytest.mark.parametrize("outcome", ["failed", "cancelled"])
@pytest.mark.parametrize("by", ["report_run", "after"])
def test_a_bad_end_fails_without_retries(mode_sandbox: Sandbox, mode: str, outcome: str, by: str) -> None:
    """The exception names the query, its error code and message, and where to look."""
    mode_sandbox.switch(run_seconds=1)
    report = next(each for each in mode_sandbox.state.reports.values() if each.queries and not each.schedules)
    before = mode_sandbox.now
    run = mode_sandbox.run(report, outcome=outcome, error='column "clicks" does not exist')
    which = {"report_run": run.token} if by == "report_run" else {"after": before.isoformat()}
    with pytest.raises(AirflowFailException) as caught:
        waited(sensor(ReportRunSensor, mode, report=report.token, **which))
    sentence = str(caught.value)
    assert f"/acme/reports/{report.token}/runs/{run.token}" in sentence
    if outcome == "failed":
        assert f"query {report.queries[0].name!r} failed (42P01)" in sentence
        assert 'column "clicks" does not exist' in sentence
    else:
        assert "was cancelled" in sentence


def test_a_run_that_never_ends_times_out(mode_sandbox: Sandbox, mode: str) -> None:
    """At the deadline the task fails clearly, or is skipped where that is asked for."""
    report = mode_sandbox.add_report(name="Weekly numbers")
    run = mode_sandbox.run(report, outcome="never")
    named = {"report": report.token, "report_run": run.token, "timeout": 0.6}
    with pytest.raises(AirflowSensorTimeout, match="Sensor has timed out"):
        waited(sensor(ReportRunSensor, mode, **named))
    with pytest.raises(AirflowSkipException):
        waited(sensor(ReportRunSensor, mode, soft_fail=True, **named))


def test_a_state_that_nobody_knows_may_still_change(mode_sandbox: Sandbox, mode: str) -> None:
    """It is neither success nor failure: the sensor goes on, and at its deadline names the state."""
    report = mode_sandbox.add_report(name="Weekly numbers")
    run = mode_sandbox.run(report, outcome="materializing")
    run.ends = mode_sandbox.now
    named = {"report": report.token, "report_run": run.token}
    with pytest.raises(AirflowSensorTimeout) as caught:
        waited(sensor(ReportRunSensor, mode, timeout=0.6, **named))
    assert mode != "deferred" or "is materializing" in str(caught.value)

    def end() -> None:
        run.outcome = "succeeded"

    assert waited(sensor(ReportRunSensor, mode, **named), meanwhile=end)["state"] == "succeeded"


@pytest.mark.parametrize("kind", [ReportRunSensor, ReportScheduledSensor, ReportViewedSensor])
def test_a_connection_that_fails_for_a_while_is_outlived(
    mode_sandbox: Sandbox, mode: str, kind: type
) -> None:
    """Whatever is waited for comes true while Mode cannot be reached, and is found afterwards."""
    report = mode_sandbox.add_report(name="Weekly numbers", view_count=0)
    run = mode_sandbox.run(report, outcome="never")
    wishes: dict[type, dict[str, Any]] = {
        ReportRunSensor: {"report_run": run.token},
        ReportScheduledSensor: {},
        ReportViewedSensor: {"min_views": 1},
    }
    task = sensor(kind, mode, report=report.token, **wishes[kind])

    def break_down() -> None:
        mode_sandbox.fault("drop", count=None)
        time.sleep(0.6)
        run.outcome, run.ends = "succeeded", mode_sandbox.now
        mode_sandbox.view(report)
        mode_sandbox.add_schedule(report, cron=DAILY)
        time.sleep(0.6)
        mode_sandbox.clear_faults()

    assert waited(task, meanwhile=break_down)


@pytest.mark.parametrize("kind", [ReportScheduledSensor, ReportViewedSensor])
def test_what_does_not_come_true_in_time_times_out(mode_sandbox: Sandbox, mode: str, kind: type) -> None:
    """Every sensor fails clearly at its deadline, or is skipped where that is asked for."""
    report = mode_sandbox.add_report(name="Weekly numbers", view_count=0)
    wish = {"min_views": 1} if kind is ReportViewedSensor else {}
    with pytest.raises(AirflowSensorTimeout, match="Sensor has timed out"):
        waited(sensor(kind, mode, report=report.token, timeout=0.4, **wish))
    with pytest.raises(AirflowSkipException):
        waited(sensor(kind, mode, report=report.token, timeout=0.4, soft_fail=True, **wish))


def test_what_cannot_come_true_is_skipped_softly(mode_sandbox: Sandbox, mode: str) -> None:
    """A report that does not exist fails at once; with ``soft_fail`` the task is skipped."""
    with pytest.raises(AirflowFailException, match="answered 404"):
        waited(sensor(ReportViewedSensor, mode, report="000000000000", min_views=1))
    with pytest.raises(AirflowSkipException):
        waited(sensor(ReportViewedSensor, mode, report="000000000000", min_views=1, soft_fail=True))


def test_a_report_that_goes_while_it_is_waited_for(mode_sandbox: Sandbox, mode: str) -> None:
    """It can never come true any more."""
    report = mode_sandbox.add_report(name="Weekly numbers")
    task = sensor(ReportViewedSensor, mode, report=report.token, min_views=1)
    with pytest.raises(AirflowFailException, match="answered 404"):
        waited(task, meanwhile=lambda: mode_sandbox.delete(report))


def test_trouble_that_passes_is_waited_out(mode_sandbox: Sandbox, mode: str) -> None:
    """While the connection breaks the sensor goes on waiting; then it finds what there is."""
    mode_sandbox.fault("drop", path=f"*/reports/{'?' * 12}", count=4)
    report = mode_sandbox.add_report(name="Weekly numbers", view_count=3)
    task = sensor(ReportViewedSensor, mode, report=report.token, min_views=3)
    assert waited(task)["view_count"] == 3


@pytest.mark.parametrize(
    ("kind", "parameters", "sentence"),
    [
        (ReportViewedSensor, {}, "min_views: exactly one of min_views and since"),
        (ReportViewedSensor, {"min_views": 1, "since": "2026-01-01T00:00:00Z"}, "exactly one of"),
        (ReportViewedSensor, {"min_views": "many"}, "min_views: must be a whole number"),
        (ReportViewedSensor, {"since": "yesterday"}, "since: must be a time with its zone"),
        (ReportViewedSensor, {"since": "2026-01-01T00:00:00"}, "since: must be a time with its zone"),
        (ReportRunSensor, {}, "report_run: exactly one of report_run and after"),
        (ReportRunSensor, {"report_run": "../../etc"}, "neither 12 characters nor a URL of a run"),
        (ReportRunSensor, {"report_run": "https://elsewhere.example.com/a/runs/0"}, "another host"),
        (ReportRunSensor, {"report_run": "a", "after": "2026-01-01T00:00:00Z"}, "exactly one of"),
        (ReportScheduledSensor, {"scheduled": "perhaps"}, "scheduled: must be true or false"),
        (ReportScheduledSensor, {"report": "https://elsewhere.example.com/a/reports/0"}, "another host"),
    ],
)
def test_wrong_parameters_are_named_at_once(
    mode: str, kind: type, parameters: dict[str, Any], sentence: str
) -> None:
    """Whatever the mode, a parameter that does not parse fails before anything is asked of Mode."""
    with pytest.raises(AirflowFailException, match=sentence):
        waited(sensor(kind, mode, **({"report": "0123456789ab"} | parameters)))


@pytest.mark.mode_sandbox(switches={"view_count": "absent"})
def test_a_count_that_mode_does_not_tell_is_said(mode_sandbox: Sandbox, mode: str) -> None:
    """Waiting for it would be in vain."""
    report = mode_sandbox.add_report(name="Weekly numbers")
    with pytest.raises(AirflowFailException, match="Mode does not tell how often"):
        waited(sensor(ReportViewedSensor, mode, report=report.token, min_views=1))


@pytest.mark.mode_sandbox(switches={"view_count": "null"})
def test_a_count_of_null_is_none(mode_sandbox: Sandbox, mode: str) -> None:
    """Null means that nobody has viewed it."""
    report = mode_sandbox.add_report(name="Weekly numbers")
    assert waited(sensor(ReportViewedSensor, mode, report=report.token, min_views=0))["view_count"] == 0


def test_since_needs_discovery(mode_sandbox: Sandbox, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """REST cannot tell when a report was viewed, and the sentence says what to add."""
    plain = mode_sandbox.connection(discovery=False, rate_limit=None)
    monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", json.dumps(plain))
    task = sensor(ReportViewedSensor, mode, report="0123456789ab", since="2026-01-01T00:00:00Z")
    with pytest.raises(AirflowFailException, match="needs the Discovery API"):
        waited(task)
