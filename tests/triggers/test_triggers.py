"""Triggers in one loop share client, pace and polls, and never hold the loop up."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from airflow_provider_mode.hooks.questions import Answer
from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.triggers import (
    ModeReportRunTrigger,
    ModeReportScheduledTrigger,
    ModeReportViewedTrigger,
)

Connect = Callable[..., None]
REPORT = "0123456789ab"


@pytest.fixture
def connect(mode_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Let the default connection lead to the sandbox."""

    def make(name: str = "mode_default", /, **changes: Any) -> None:
        connection = mode_sandbox.connection(rate_limit=None) | changes
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))

    make()
    return make


async def first(trigger: Any) -> Any:
    """The payload of the first event."""
    async for event in trigger.run():
        return event.payload
    return None


async def together(*triggers: Any, meanwhile: Callable[[], Awaitable[Any]] | None = None) -> list[Any]:
    """The first events of triggers that run in one loop."""
    tasks = [asyncio.create_task(first(trigger)) for trigger in triggers]
    if meanwhile is not None:
        await meanwhile()
    return await asyncio.gather(*tasks)


@pytest.mark.parametrize(
    "trigger",
    [
        ModeReportRunTrigger(report=REPORT, report_run="abcdefabcdef", cancel_on_kill=True, end_time=5.0),
        ModeReportRunTrigger(report=REPORT, after="2026-01-01T00:00:00+00:00", mode_conn_id="mode"),
        ModeReportScheduledTrigger(report=REPORT, scheduled=False, poll_interval=5.0),
        ModeReportViewedTrigger(report=REPORT, min_views=3),
        ModeReportViewedTrigger(report=REPORT, since="2026-01-01T00:00:00+00:00"),
    ],
    ids=lambda trigger: type(trigger).__name__,
)
def test_a_trigger_travels_as_plain_values(trigger: Any) -> None:
    """What is made again is the same; no name makes Airflow mask its value."""
    path, parameters = trigger.serialize()
    assert path == f"{type(trigger).__module__}.{type(trigger).__name__}"
    again = type(trigger)(**json.loads(json.dumps(parameters)))
    assert again.serialize() == trigger.serialize()
    assert not [name for name in parameters if "token" in name or "secret" in name or "proxy" in name]


def test_an_event_is_read_strictly() -> None:
    """Nothing but what our triggers fire is an answer."""
    told = Answer(status="done", value={"a": 1}, sentence="so it is")
    assert Answer.from_event(told.to_json()) == told
    assert "says 'failed' and nothing else" in Answer.from_event({"status": "failed"}).sentence
    for event in (None, "done", {}, {"status": "waiting"}, {"status": None}, {"status": "done"}):
        with pytest.raises(ValueError, match="none of ours"):
            Answer.from_event(event)


@pytest.mark.usefixtures("connect")
def test_triggers_of_one_report_share_a_poll(mode_sandbox: Sandbox) -> None:
    """Five runs of a report are looked up in one request a poll, and views in no more."""
    mode_sandbox.switch(run_seconds=1)
    report = mode_sandbox.add_report(name="Shared", view_count=0)
    runs = [mode_sandbox.run(report) for _ in range(5)]
    triggers = [
        ModeReportRunTrigger(report=report.token, report_run=run.token, poll_interval=0.3) for run in runs
    ]
    events = asyncio.run(together(*triggers))
    assert [event["value"]["report_run"] for event in events] == [run.token for run in runs]
    paths = Counter(each.target.partition("?")[0].rpartition("/")[2] for each in mode_sandbox.requests)
    assert set(paths) == {"runs"}
    assert paths["runs"] <= 8


def test_equal_connections_share_a_client_and_others_do_not(mode_sandbox: Sandbox, connect: Connect) -> None:
    """It is what a connection holds that counts, not its name."""
    from airflow_provider_mode.triggers._desks import desk_for  # noqa: PLC0415 - brings the client

    connect("mode_twin")
    connect("mode_other", login=mode_sandbox.member_login, password=mode_sandbox.member_password)

    async def main() -> tuple[bool, bool]:
        one, twin, other = [await desk_for(f"mode_{name}") for name in ("default", "twin", "other")]
        return one is twin, one is other

    assert asyncio.run(main()) == (True, False)


def test_a_key_that_is_changed_meanwhile_is_used(mode_sandbox: Sandbox, connect: Connect) -> None:
    """The old one is refused; the connection is read again before giving up."""
    connect(password="old-secret-of-the-key")
    report = mode_sandbox.add_report(name="Seen", view_count=3)
    trigger = ModeReportViewedTrigger(report=report.token, min_views=3, poll_interval=0.5)

    async def change() -> None:
        await asyncio.sleep(0.1)
        connect()

    (event,) = asyncio.run(together(trigger, meanwhile=change))
    assert event["status"] == "done"
    connect(password="wrong-for-good")
    (event,) = asyncio.run(together(trigger))
    assert event["status"] == "error"
    assert "answered 401" in event["sentence"]


@pytest.mark.mode_sandbox(limit="sliding", requests=40, period=4.0)
def test_many_triggers_are_not_throttled(mode_sandbox: Sandbox, connect: Connect) -> None:
    """Fifty over ten reports: each is answered, by a request for each report and poll."""
    connect(extra={"rate_limit": {"requests": 40, "period": 4.0}})
    mode_sandbox.switch(run_seconds=3)
    reports = [mode_sandbox.add_report(name=f"Report {number}") for number in range(10)]
    triggers = [
        ModeReportRunTrigger(
            report=report.token, report_run=mode_sandbox.run(report).token, poll_interval=1.5
        )
        for _ in range(5)
        for report in reports
    ]
    events = asyncio.run(together(*triggers))
    assert {event["status"] for event in events} == {"done"}
    assert mode_sandbox.usage.throttled == 0
    assert {each.target.partition("?")[0].rpartition("/")[2] for each in mode_sandbox.requests} == {"runs"}


def test_an_interval_that_the_pace_does_not_allow_is_stretched_and_said(
    mode_sandbox: Sandbox, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Thirty polls a second are asked for, and two allowed."""
    connect(extra={"rate_limit": {"requests": 20, "period": 10}})
    reports = [mode_sandbox.add_report(name=f"Report {number}") for number in range(6)]
    end = time.time() + 3
    triggers = [
        ModeReportViewedTrigger(report=report.token, min_views=1, poll_interval=0.2, end_time=end)
        for report in reports
    ]
    with caplog.at_level(logging.WARNING, "airflow_provider_mode.triggers._desk"):
        events = asyncio.run(together(*triggers))
    assert {event["status"] for event in events} == {"timeout"}
    assert len(mode_sandbox.requests) < 20
    assert "to keep the rate limit, their interval is" in caplog.text


def test_a_connection_that_fails_for_a_while_is_waited_out(mode_sandbox: Sandbox, connect: Connect) -> None:
    """Nothing but trouble at first; the answer comes all the same."""
    connect(extra={"rate_limit": None, "retry_for": 0.2})
    fault = mode_sandbox.fault("status", status=503, count=6)
    report = mode_sandbox.add_report(name="Seen", view_count=3)
    trigger = ModeReportViewedTrigger(report=report.token, min_views=3, poll_interval=0.2)
    assert asyncio.run(together(trigger))[0]["status"] == "done"
    assert fault.hits == 6


def test_trouble_is_said_once_and_so_is_its_end(
    mode_sandbox: Sandbox, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """A person who reads the triggerer's log learns that Mode is down, not at each poll."""
    connect(extra={"rate_limit": None, "retry_for": 0.05})
    reports = [mode_sandbox.add_report(name="Seen", view_count=3) for _ in range(2)]
    mode_sandbox.fault("status", status=503, count=None)
    triggers = [
        ModeReportViewedTrigger(report=report.token, min_views=3, poll_interval=0.1) for report in reports
    ]

    async def heal() -> None:
        while len(mode_sandbox.requests) < 12:  # noqa: ASYNC110 - there is nobody to set an event
            await asyncio.sleep(0.05)
        mode_sandbox.clear_faults()

    with caplog.at_level(logging.INFO, "airflow_provider_mode.triggers._desk"):
        events = asyncio.run(together(*triggers, meanwhile=heal))
    assert [event["status"] for event in events] == ["done", "done"]
    said = [each.getMessage() for each in caplog.records if each.name.endswith("_desk")]
    assert len(said) == 2
    assert "answered 503" in said[0]
    assert said[1] == "Mode answers again"


def test_at_the_deadline_the_trouble_is_named(mode_sandbox: Sandbox, connect: Connect) -> None:
    """A clear failure, not a mere timeout."""
    connect(extra={"rate_limit": None, "retry_for": 0.2})
    mode_sandbox.fault("status", status=503, count=None)
    trigger = ModeReportViewedTrigger(report=REPORT, min_views=3, poll_interval=0.2, end_time=time.time() + 1)
    (event,) = asyncio.run(together(trigger))
    assert event["status"] == "timeout"
    assert "answered 503" in event["sentence"]


@pytest.mark.mode_sandbox(limit="sliding", requests=40, period=4.0)
def test_those_whose_time_is_over_share_a_last_look(mode_sandbox: Sandbox, connect: Connect) -> None:
    """Sixty give up at one moment, after a triggerer came back too late: a request a report is enough."""
    connect(extra={"rate_limit": {"requests": 40, "period": 4.0}})
    reports = [mode_sandbox.add_report(name=f"Report {number}") for number in range(3)]
    runs = [mode_sandbox.run(report, outcome="never") for _ in range(20) for report in reports]
    for run in runs[:3]:
        run.outcome, run.ends = "succeeded", mode_sandbox.now
    triggers = [
        ModeReportRunTrigger(report=run.report, report_run=run.token, end_time=time.time()) for run in runs
    ]
    mode_sandbox.clear_requests()
    events = asyncio.run(together(*triggers))
    assert [event["status"] for event in events] == ["done"] * 3 + ["timeout"] * 57
    assert events[-1]["sentence"].endswith("is enqueued")
    assert len(mode_sandbox.requests) == 3


@pytest.mark.usefixtures("connect")
def test_a_trigger_that_is_cancelled_leaves_nothing_behind() -> None:
    """As when a task is cleared, or the triggerer hands it to another."""
    from airflow_provider_mode.triggers._desks import desk_for  # noqa: PLC0415 - brings the client

    async def main() -> tuple[bool, bool]:
        trigger = ModeReportViewedTrigger(report=REPORT, min_views=3, poll_interval=600.0)
        task = asyncio.create_task(first(trigger))
        desk = await desk_for("mode_default")
        while desk.idle:  # noqa: ASYNC110 - there is nobody to set an event
            await asyncio.sleep(0.01)
        busy = desk.idle
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return busy, desk.idle

    assert asyncio.run(main()) == (False, True)


@pytest.mark.usefixtures("connect")
def test_a_bug_is_raised_and_not_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is not there is nobody's answer."""
    monkeypatch.delenv("AIRFLOW_CONN_MODE_DEFAULT")
    with pytest.raises(Exception, match="mode_default"):
        asyncio.run(together(ModeReportViewedTrigger(report=REPORT, min_views=3)))


@pytest.mark.usefixtures("connect")
@pytest.mark.parametrize("cancels", [True, False])
def test_killing_the_task_cancels_the_run(mode_sandbox: Sandbox, *, cancels: bool) -> None:
    """Airflow 3.3 tells the trigger; only a run that the task has started is cancelled."""
    report = mode_sandbox.add_report(name="Long")
    run = mode_sandbox.run(report, outcome="never")
    trigger = ModeReportRunTrigger(report=report.token, report_run=run.token, cancel_on_kill=cancels)
    asyncio.run(trigger.on_kill())
    assert (run.outcome == "cancelled") is cancels
