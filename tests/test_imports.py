"""A DAG file pays for its imports at every parse, some twice a minute for each file."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

BASE = """
import json, sys, time
from airflow.providers.common.compat.sdk import BaseHook, BaseOperator, BaseSensorOperator, Context
from airflow.providers.common.compat.sdk import AirflowException, PokeReturnValue, mask_secret
opened = []
sys.addaudithook(lambda event, args: opened.append(event) if event.startswith("socket.") else None)
before, start = set(sys.modules), time.process_time()
{line}
spent = time.process_time() - start
new, known = sorted(set(sys.modules) - before), sorted(sys.modules)
print(json.dumps({{"spent": spent, "opened": opened, "new": new, "all": known}}))
"""
OPERATORS = """
from airflow_provider_mode.operators import (
    ArchiveStaleReportsOperator, DeleteSchedulesOperator, PlanCleanupOperator, RestoreOperator,
)
from airflow_provider_mode.sensors import ReportScheduledSensor
"""


def imported(line: str) -> dict[str, Any]:
    """What an import costs in a fresh process that has already imported Airflow."""
    done = subprocess.run(
        [sys.executable, "-c", BASE.format(line=line)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


@pytest.mark.parametrize(
    "line",
    [OPERATORS, "from airflow_provider_mode.governance import StalePolicy"],
    ids=["operators", "policy"],
)
def test_what_a_dag_file_imports_is_cheap_and_opens_no_socket(line: str) -> None:
    """At most 150 ms of processor time, no socket, and no HTTP library that Airflow has not imported."""
    costs = [imported(line) for _ in range(2)]
    assert min(cost["spent"] for cost in costs) <= 0.150
    assert costs[0]["opened"] == []
    assert not {"requests", "redis", "airflow_provider_mode.sandbox"} & set(costs[0]["new"])


def test_airflow_learns_of_the_provider_without_importing_it() -> None:
    """The entry point that every Airflow process loads brings the package and the form, nothing else."""
    cost = imported(
        "from airflow_provider_mode.get_provider_info import get_provider_info\nget_provider_info()"
    )
    ours = [name for name in cost["all"] if name.startswith("airflow_provider_mode.")]
    assert ours == [f"airflow_provider_mode.{name}" for name in ("get_provider_info", "hooks", "hooks.form")]
