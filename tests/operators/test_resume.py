"""On Airflow 2.11 a retry looks for the run of an earlier try by itself, by when that try began."""

from __future__ import annotations

import importlib
import warnings
from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.hooks.starting import begun_since
from airflow_provider_mode.operators import RunReportOperator
from tests.operators.workspace import Mode
from tests.waiting import AIRFLOW_2, Instance, waited

only_2 = pytest.mark.skipif(not AIRFLOW_2, reason="later lines keep the run in the task's state store")


@pytest.fixture
def history() -> Any:
    """A way to write down an earlier try in Airflow's database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Airflow's own
        importlib.import_module("airflow.utils.db").initdb()
    model = importlib.import_module("airflow.models.taskinstancehistory").TaskInstanceHistory
    sqlalchemy: Any = importlib.import_module("sqlalchemy")
    session: Any = importlib.import_module("airflow.utils.session")

    def write(**values: Any) -> None:
        known = {"dag_id": "wait", "task_id": "task", "run_id": "run", "map_index": -1, "pool": "p"}
        with session.create_session() as held:
            if held.bind.dialect.name == "sqlite":
                held.execute(sqlalchemy.text("PRAGMA foreign_keys=OFF"))  # no DAG run stands behind it
            held.execute(sqlalchemy.insert(model).values(**(known | values)))

    yield write
    with session.create_session() as held:
        held.execute(sqlalchemy.delete(model))


@only_2
def test_a_retry_goes_on_with_the_run_of_its_first_try(mode: Mode, history: Any) -> None:
    """A run from before, and one that a try before clearing has started, are not its own."""
    mode.sandbox.switch(run_seconds=1)
    report = mode.sandbox.add_report(name="Refreshed")
    mode.sandbox.run(report, parameters={"region": "eu"})
    mode.sandbox.advance(60)
    history(try_number=1, start_date=mode.sandbox.now - timedelta(hours=1))
    history(try_number=2, start_date=mode.sandbox.now)
    task = RunReportOperator(
        task_id="task", report=report.token, parameters={"region": "eu"}, poll_interval=0.1, retries=1
    )
    again = {"ti": Instance(try_number=3, max_tries=2)}
    first = waited(task, again)["report_run"]
    assert first == report.runs[1].token
    assert waited(task, again)["report_run"] == first
    assert len(report.runs) == 2


def test_only_a_run_by_hand_that_may_be_good_is_gone_on_with(mode: Mode) -> None:
    """Not one with other parameters, nor one that failed."""
    mode.sandbox.switch(run_seconds=0)
    report, client = mode.sandbox.add_report(name="Refreshed"), ModeHook().get_conn()
    since = mode.sandbox.now
    assert begun_since(client, report.token, {}, since) is None
    mode.sandbox.run(report, parameters={"region": "us"})
    assert begun_since(client, report.token, {"region": "eu"}, since) is None
    assert begun_since(client, report.token, {}, since) is None
    mode.sandbox.run(report, parameters={"region": "eu", "limit": 5})
    assert begun_since(client, report.token, {"region": "eu"}, since) is None
    run = mode.sandbox.run(report, parameters={"region": "eu"})
    found = begun_since(client, report.token, {"region": "eu"}, since)
    assert found is not None
    assert found.token == run.token
    mode.sandbox.run(report, parameters={"region": "eu"}, outcome="failed")
    assert begun_since(client, report.token, {"region": "eu"}, since) == found
    assert begun_since(client, report.token, {"region": "eu"}, since + timedelta(days=1)) is None
