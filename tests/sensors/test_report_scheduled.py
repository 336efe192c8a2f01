from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSensorTimeout

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sensors import ReportScheduledSensor

DAILY = {"freq": "daily", "hour": "8", "minute": "30", "time_zone": "UTC"}


@pytest.fixture(autouse=True)
def connection(mode_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default connection leads to the sandbox."""
    monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", json.dumps(mode_sandbox.connection(rate_limit=None)))


def sensor(**parameters: Any) -> ReportScheduledSensor:
    """A sensor outside any DAG."""
    return ReportScheduledSensor(task_id="wait", **parameters)


@pytest.mark.parametrize("absent", [False, True])
def test_it_succeeds_when_there_is_a_schedule(mode_sandbox: Sandbox, *, absent: bool) -> None:
    """By the count where Mode gives it, by the schedules themselves where it does not."""
    report = mode_sandbox.add_report(name="Weekly numbers")
    if absent:
        mode_sandbox.switch(schedules_count="absent")
    assert not sensor(report=report.token).poke({}).is_done
    schedule = mode_sandbox.add_schedule(report, cron=DAILY, name="Morning")
    found = sensor(report=report.token).poke({})
    assert found.is_done
    (shown,) = found.xcom_value or []
    assert shown["schedule"] == schedule.token
    assert shown["definition"]["cron"]["hour"] in {8, "8"}
    json.dumps(shown)


def test_it_can_wait_for_the_last_schedule_to_go(mode_sandbox: Sandbox) -> None:
    """With ``scheduled=False``, rendered or not, by token or URL; then it returns no schedules."""
    report = mode_sandbox.add_report(name="Weekly numbers")
    schedule = mode_sandbox.add_schedule(report, cron=DAILY)
    url = f"{mode_sandbox.url}/{mode_sandbox.workspace}/reports/{report.token}"
    assert not sensor(report=url, scheduled="False").poke({}).is_done
    mode_sandbox.delete_schedule(schedule)
    found = sensor(report=url, scheduled=False).poke({})
    assert found.is_done
    assert found.xcom_value == []


def test_a_known_zero_costs_one_request(mode_sandbox: Sandbox) -> None:
    """The count is believed, 0 too."""
    report = mode_sandbox.add_report(name="Weekly numbers")
    mode_sandbox.clear_requests()
    sensor(report=report.token).poke({})
    assert len(mode_sandbox.requests) == 1


def test_execute_returns_the_schedules_or_times_out(mode_sandbox: Sandbox) -> None:
    """As a task it pokes until its timeout, and returns what it found."""
    report = mode_sandbox.add_report(name="Weekly numbers")
    with pytest.raises(AirflowSensorTimeout):
        sensor(report=report.token, poke_interval=0.01, timeout=0.05).execute({})
    mode_sandbox.add_schedule(report, cron=DAILY)
    assert len(sensor(report=report.token).execute({})) == 1


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"report": "000000000000"}, "answered 404"),
        ({"report": "https://elsewhere.example.com/acme/reports/0123456789ab"}, "is a URL of another host"),
        ({"report": "0123456789ab", "scheduled": "perhaps"}, "scheduled: must be true or false"),
    ],
)
def test_what_cannot_come_true_fails_at_once(parameters: dict[str, Any], sentence: str) -> None:
    """A report that is not there, and a parameter that does not parse, burn no retries."""
    with pytest.raises(AirflowFailException, match=sentence):
        sensor(**parameters).poke({})
