"""A run is started once, waited for on a worker or in the triggerer, and told of as it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, TaskDeferred

from airflow_provider_mode.hooks.failures import ReportRunFailed
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.hooks.starting import StartUnclear, start
from airflow_provider_mode.operators import RunReportOperator
from airflow_provider_mode.sandbox.model import Report
from airflow_provider_mode.sensors import ReportRunSensor
from tests.operators.workspace import Mode
from tests.waiting import AIRFLOW_2, MODES, Instance, fired, let_reschedule, resumed, settings, waited

either = pytest.mark.parametrize("way", ["worker", "deferred"])
every = pytest.mark.parametrize("way", MODES)


class Store(dict[str, Any]):
    """Airflow's store of a task's state, as far as it is used."""

    def set(self, key: str, value: Any) -> None:
        """Keep a value."""
        self[key] = value


def operator(way: str, **parameters: Any) -> RunReportOperator:
    """An operator that waits one way or the other."""
    known: dict[str, Any] = {
        "task_id": "task",
        "poll_interval": 0.1,
        "timeout": "20s",
        "deferrable": way == "deferred",
    }
    return RunReportOperator(**(known | parameters))


def ended(way: str, meanwhile: Callable[[], Any] | None = None, **parameters: Any) -> Any:
    """
    How a run ends that is waited for on a worker, rescheduled or deferred.

    An operator cannot be rescheduled: it starts the run without waiting, and a sensor waits that can.
    """
    if way != "reschedule":
        return waited(operator(way, **parameters), meanwhile=meanwhile)
    timeout = 1 if parameters.pop("timeout", None) else 20
    context: Any = {"ti": Instance()}
    started = operator("worker", wait=False, **parameters).execute(context)
    named = {"report": started["report"], "report_run": started["report_run"]}
    sensor = ReportRunSensor(task_id="wait", **(settings("reschedule") | {"timeout": timeout}), **named)
    return waited(sensor, meanwhile=meanwhile)


@pytest.fixture(scope="module", autouse=True)
def database() -> None:
    """What being rescheduled needs."""
    let_reschedule()


@pytest.fixture
def report(mode: Mode) -> Report:
    """A report with queries and no schedule, whose runs take a second."""
    mode.sandbox.switch(run_seconds=1)
    reports = mode.sandbox.state.reports.values()
    found = next(each for each in reports if each.queries and not each.schedules)
    found.runs.clear()
    return found


@either
def test_it_runs_and_waits(mode: Mode, report: Report, way: str) -> None:
    """It returns the run; its buttons lead there from the start."""
    instance = Instance()
    task = operator(way, report=report.token, parameters={"region": "eu"})
    result = waited(task, {"ti": instance})
    (run,) = report.runs
    url = f"{mode.sandbox.url}/acme/reports/{report.token}/runs/{run.token}"
    assert result == {"report": report.token, "report_run": run.token, "state": "succeeded", "url": url}
    assert run.parameters == {"region": "eu"}
    assert instance.pushed["_link_ModeRunLink"] == url


@every
@pytest.mark.parametrize("outcome", ["failed", "cancelled"])
def test_a_bad_end_fails_with_the_querys_error(mode: Mode, report: Report, way: str, outcome: str) -> None:
    """A retry of the operator may help, since it runs the report again; one of a sensor cannot."""
    report.outcome, report.error = outcome, "division by zero"
    with pytest.raises(AirflowFailException if way == "reschedule" else ReportRunFailed) as caught:
        ended(way, report=report.token)
    assert f"/acme/reports/{report.token}/runs/{report.runs[0].token}" in str(caught.value)
    words = f"query {report.queries[0].name!r} failed (42P01): division by zero"
    assert (words if outcome == "failed" else "was cancelled") in str(caught.value)


@every
def test_a_run_ends_well(mode: Mode, report: Report, way: str) -> None:
    """The answer is the same, however it is waited for."""
    result = ended(way, report=report.token, parameters={"region": "eu"})
    (run,) = report.runs
    url = f"{mode.sandbox.url}/acme/reports/{report.token}/runs/{run.token}"
    assert result == {"report": report.token, "report_run": run.token, "state": "succeeded", "url": url}


@every
def test_a_state_that_nobody_knows_is_waited_out(mode: Mode, report: Report, way: str) -> None:
    """It is neither success nor failure, and may still change."""
    mode.sandbox.switch(run_seconds=0)
    report.outcome = "materializing"

    def end() -> None:
        report.runs[0].outcome = "completed"

    assert ended(way, end, report=report.token)["state"] == "completed"


@every
def test_a_run_that_never_ends_is_a_clear_failure(mode: Mode, report: Report, way: str) -> None:
    """At the deadline, in whichever way it is waited for."""
    report.outcome = "never"
    with pytest.raises(AirflowException, match=r"not ended within 0:00:01|Sensor has timed out"):
        ended(way, report=report.token, timeout="1s")


@every
def test_a_connection_that_fails_for_a_while_is_outlived(mode: Mode, report: Report, way: str) -> None:
    """The run ends while Mode cannot be reached, and no other is started."""
    report.outcome = "never"

    def break_down() -> None:
        for _ in _until(lambda: report.runs):
            time.sleep(0.05)
        mode.sandbox.fault("drop", count=None)
        time.sleep(0.6)
        report.runs[0].outcome, report.runs[0].ends = "succeeded", mode.sandbox.now
        time.sleep(0.6)
        mode.sandbox.clear_faults()

    assert ended(way, break_down, report=report.token)["state"] == "succeeded"
    assert len(report.runs) == 1


@every
def test_the_deadline_holds_while_mode_is_down(
    mode: Mode, report: Report, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the connection would retry: neither the looks nor the cancelling add much to it."""
    monkeypatch.setattr("airflow_provider_mode.hooks.runs.KILL_WITHIN", 0.5)
    mode.connect(extra={"rate_limit": None, "retry_for": 15})
    report.outcome = "never"
    broke: list[float] = []

    def break_down() -> None:
        for _ in _until(lambda: report.runs):
            time.sleep(0.05)
        mode.sandbox.fault("status", status=503, count=None)
        broke.append(time.monotonic())

    with pytest.raises(AirflowException, match=r"not ended within 0:00:01|Sensor has timed out"):
        ended(way, break_down, report=report.token, timeout="1s")
    assert time.monotonic() - broke[0] < 9


@either
def test_a_run_that_never_ends_is_cancelled_at_the_deadline(mode: Mode, report: Report, way: str) -> None:
    """The sentence says for how long it was waited for, and that it was cancelled."""
    report.outcome = "never"
    with pytest.raises(ReportRunFailed, match=r"not ended within 0:00:01.*was cancelled"):
        waited(operator(way, report=report.token, timeout="1s"))
    assert report.runs[0].outcome == "cancelled"


@either
def test_where_mode_offers_no_way_to_cancel_it_says_so(mode: Mode, report: Report, way: str) -> None:
    """The run goes on, and a person learns where to look."""
    mode.sandbox.switch(run_cancel="absent")
    report.outcome = "never"
    with pytest.raises(ReportRunFailed, match="Mode offers no way to cancel it"):
        waited(operator(way, report=report.token, timeout="1s"))


@either
def test_trouble_while_waiting_is_waited_out(mode: Mode, report: Report, way: str) -> None:
    """A connection that breaks does not lose the run."""
    mode.sandbox.fault("drop", method="GET", path="*/runs/*", count=5)
    assert waited(operator(way, report=report.token))["state"] == "succeeded"
    assert len(report.runs) == 1


@every
def test_a_run_that_is_gone_fails(mode: Mode, report: Report, way: str) -> None:
    """The report was deleted while it ran."""
    report.outcome = "never"
    with pytest.raises(AirflowFailException, match="answered 404"):
        ended(way, lambda: mode.sandbox.delete(report), report=report.token)


def test_without_waiting_it_returns_at_once(mode: Mode, report: Report) -> None:
    """The state is that of a run that has just begun."""
    report.outcome = "never"
    result = operator("worker", report=report.token, wait="false").execute({})
    assert result["state"] in {"enqueued", "pending"}
    assert len(report.runs) == 1


@pytest.mark.parametrize("kind", ["drop", "truncated", "status"])
def test_a_start_whose_reply_was_lost_is_found(mode: Mode, report: Report, kind: str) -> None:
    """The run is waited for, and no other is started."""
    fault = mode.sandbox.fault(kind, method="POST", path="*/runs", after=True)
    result = waited(operator("worker", report=report.token, parameters={"region": "eu"}))
    assert fault.hits == 1
    (run,) = report.runs
    assert result["report_run"] == run.token


def test_a_start_that_never_arrived_is_not_repeated(mode: Mode, report: Report) -> None:
    """Nobody can tell that it never arrived, so the task fails without retries and says what may be."""
    mode.sandbox.fault("drop", method="POST", path="*/runs")
    other = mode.sandbox.run(report, parameters={"region": "us"})
    sleeps: list[float] = []
    with pytest.raises(StartUnclear, match="may have started, and none is to be found") as caught:
        start(ModeHook().get_conn(), report.token, {"region": "eu"}, looks_after=(0, 5), sleep=sleeps.append)
    assert not caught.value.retryable
    assert sleeps == [0, 5]
    assert report.runs == [other]


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        ({}, {"region": "us"}),
        ({"region": "eu"}, {"region": "eu", "days": 30}),
        ({"region": "eu"}, {}),
        ({"region": "eu"}, None),
    ],
)
def test_a_lost_start_adopts_nobody_elses_run(
    mode: Mode, report: Report, sent: dict[str, Any], held: Any
) -> None:
    """A parameter more may be a default, or somebody else's wish: nobody can tell, so it is not ours."""
    mode.sandbox.fault("drop", method="POST", path="*/runs")

    def meanwhile(_: float) -> None:
        mode.sandbox.run(report).parameters = held

    with pytest.raises(StartUnclear, match="none is to be found"):
        start(ModeHook().get_conn(), report.token, sent, looks_after=(0,), sleep=meanwhile)
    assert len(report.runs) == 1


@pytest.mark.parametrize("held", [{}, None])
def test_a_lost_start_without_parameters_is_found(mode: Mode, report: Report, held: Any) -> None:
    """Mode may say null for none."""
    mode.sandbox.fault("drop", method="POST", path="*/runs", after=True)

    def meanwhile(_: float) -> None:
        report.runs[0].parameters = held

    found = start(ModeHook().get_conn(), report.token, {}, looks_after=(0,), sleep=meanwhile)
    assert found.token == report.runs[0].token


def test_a_start_that_never_left_may_be_retried(mode: Mode, report: Report) -> None:
    """Nothing listens: no run can have started."""
    mode.connect(host="http://127.0.0.1:9")
    with pytest.raises(Exception, match="GET /api/acme/reports") as caught:
        operator("worker", report=report.token).execute({})
    assert not isinstance(caught.value, AirflowFailException)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"report": "000000000000"}, "answered 404"),
        ({"parameters": "region"}, "parameters: must be a dict"),
        ({"parameters": {"day": date(2026, 1, 31)}}, "parameters: must be values that JSON has"),
        ({"poll_interval": "often"}, "poll_interval: must be a number of seconds"),
        ({"timeout": "long"}, "timeout: must be a timedelta or a string"),
        ({"wait": "perhaps"}, "wait: must be true or false"),
    ],
)
def test_what_cannot_be_right_fails_at_once(mode: Mode, parameters: dict[str, Any], sentence: str) -> None:
    """No retries are burnt."""
    with pytest.raises(AirflowFailException, match=sentence):
        operator("worker", **({"report": "0123456789ab"} | parameters)).execute({})


@pytest.mark.skipif(AIRFLOW_2, reason="Airflow 2.11 keeps no state of a task")
@either
def test_a_retry_goes_on_with_the_run_of_a_lost_worker(mode: Mode, report: Report, way: str) -> None:
    """What the store holds is waited for; what ended badly is run again."""
    store = Store(report_run=mode.sandbox.run(report).token)
    context = {"ti": Instance(try_number=2), "task_state_store": store}
    result = waited(operator(way, report=report.token), context)
    assert result["report_run"] == store["report_run"]
    assert len(report.runs) == 1
    assert waited(operator(way, report=report.token), context) == result
    report.runs[0].outcome = "failed"
    assert waited(operator(way, report=report.token), context)["report_run"] == report.runs[1].token
    assert store["report_run"] == report.runs[1].token


@pytest.mark.skipif(AIRFLOW_2, reason="Airflow 2.11 keeps no state of a task")
def test_a_run_that_mode_has_forgotten_is_run_again(mode: Mode, report: Report) -> None:
    """What was stored leads nowhere."""
    context = {"ti": Instance(try_number=2), "task_state_store": Store(report_run="000000000000")}
    assert waited(operator("worker", report=report.token), context)["report_run"] == report.runs[0].token


def test_killing_the_task_cancels_its_run(mode: Mode, report: Report) -> None:
    """Also in the middle of waiting; and once it has ended there is nothing to cancel."""
    report.outcome = "never"
    task = operator("worker", report=report.token)

    def kill() -> None:
        for _ in _until(lambda: task._job is not None and task._job.run is not None):
            time.sleep(0.05)
        task.on_kill()

    with pytest.raises(ReportRunFailed, match="was cancelled"):
        waited(task, meanwhile=kill)
    assert report.runs[0].outcome == "cancelled"
    requests = len(mode.sandbox.requests)
    task.on_kill()
    assert len(mode.sandbox.requests) == requests
    operator("worker", report=report.token).on_kill()


def _until(done: Any) -> Iterator[int]:
    for count in range(200):
        if done():
            return
        yield count
    raise AssertionError("it does not come true")


def test_a_run_that_has_ended_is_not_deferred_for(mode: Mode, report: Report) -> None:
    """It is looked at once before."""
    mode.sandbox.switch(run_seconds=0)
    assert operator("deferred", report=report.token).execute({})["state"] == "succeeded"


def test_an_event_of_somebody_elses_is_refused(mode: Mode, report: Report) -> None:
    """Neither nothing nor an unknown status is taken for success."""
    report.outcome = "never"
    task = operator("deferred", report=report.token)
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({})
    for event in (None, {}, {"status": "fine"}, "done"):
        with pytest.raises(Exception, match="none of ours"):
            resumed(task, {}, deferred.value, event)


def test_the_absolute_deadline_holds_over_a_restart(mode: Mode, report: Report) -> None:
    """A trigger made again gives up when the first would have; what came true meanwhile is found."""
    report.outcome = "never"
    task = operator("deferred", report=report.token, timeout="1s")
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({})
    time.sleep(1)
    assert fired(deferred.value.trigger)["status"] == "timeout"
    mode.sandbox.switch(run_seconds=0)
    report.runs[0].outcome, report.runs[0].ends = "succeeded", mode.sandbox.now
    assert fired(deferred.value.trigger)["status"] == "done"
