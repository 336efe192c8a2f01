"""As an event source the trigger fires for each new success, and forgets none over a restart."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.triggers import ModeReportRunTrigger
from airflow_provider_mode.triggers._base import off_loop


class Store(dict[str, Any]):
    """The asset's state store of Airflow 3.3, as far as it is used."""

    async def aget(self, key: str, default: Any = None) -> Any:
        """A value."""
        return self.get(key, default)

    async def aset(self, key: str, value: Any) -> None:
        """Keep a value, which has to be JSON."""
        self[key] = json.loads(json.dumps(value))


@pytest.fixture(autouse=True)
def connection(mode_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default connection leads to the sandbox, where runs end at once."""
    mode_sandbox.switch(run_seconds=0)
    monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", json.dumps(mode_sandbox.connection(rate_limit=None)))


async def watch(
    report: str, store: Store | None, seconds: float, meanwhile: Any = None, interval: float = 0.1
) -> list[str]:
    """The runs for which a trigger fires within some time; then it is cancelled."""
    trigger: Any = ModeReportRunTrigger(report=report, poll_interval=interval)
    trigger.asset_state_store = store
    # Importing, and reading a connection for the first time, may take longer than a test.
    await (await off_loop("_watching")).desk_for("mode_default")
    fired: list[str] = []

    async def run() -> None:
        async for event in trigger.run():
            fired.append(event.payload["report_run"])  # noqa: PERF401 - kept also when cancelled

    task = asyncio.create_task(run())
    await asyncio.sleep(seconds / 2)
    if meanwhile is not None:
        meanwhile()
    await asyncio.sleep(seconds / 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return fired


@pytest.mark.parametrize("store", [None, Store()])
def test_it_fires_once_for_each_new_success(mode_sandbox: Sandbox, store: Store | None) -> None:
    """What had ended before it began to watch is none of its business, and failures are not either."""
    report = mode_sandbox.add_report(name="Watched")
    mode_sandbox.run(report)

    def happen() -> None:
        mode_sandbox.run(report)
        mode_sandbox.run(report, outcome="failed")
        mode_sandbox.run(report, outcome="succeeded")

    fired = asyncio.run(watch(report.token, store, 3, happen))
    assert sorted(fired) == sorted([report.runs[1].token, report.runs[3].token])


def test_what_happens_while_no_triggerer_is_there_is_not_missed(mode_sandbox: Sandbox) -> None:
    """The store says what was known; nothing fires twice."""
    report, store = mode_sandbox.add_report(name="Watched"), Store()
    first = asyncio.run(watch(report.token, store, 3, lambda: mode_sandbox.run(report)))
    mode_sandbox.advance(5)
    mode_sandbox.run(report)
    second = asyncio.run(watch(report.token, store, 2))
    assert (first, second) == ([report.runs[0].token], [report.runs[1].token])
    assert all("token" not in key for key in store)


def test_more_than_a_page_of_runs_is_not_missed(mode_sandbox: Sandbox) -> None:
    """A page holds thirty; forty ended meanwhile."""
    report, store = mode_sandbox.add_report(name="Watched"), Store()
    mode_sandbox.run(report)
    asyncio.run(watch(report.token, store, 2))
    for _ in range(40):
        mode_sandbox.advance(1)
        mode_sandbox.run(report)
    fired = asyncio.run(watch(report.token, store, 3))
    assert fired == [run.token for run in report.runs[1:]]


@pytest.mark.parametrize("code", [None, 503])
def test_what_there_was_before_is_read_at_once(
    mode_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, code: int | None
) -> None:
    """Whatever ends after that is new, be the interval an hour; in trouble it does not spin."""
    connection = mode_sandbox.connection(rate_limit=None, retry_for=0.01)
    monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", json.dumps(connection))
    if code is not None:
        mode_sandbox.fault("status", status=code, count=None)
    report = mode_sandbox.add_report(name="Watched")
    mode_sandbox.clear_requests()
    assert asyncio.run(watch(report.token, None, 3, interval=1e6)) == []
    assert 1 <= len(mode_sandbox.requests) <= 2
