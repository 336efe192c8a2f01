"""A DAG file pays for its imports at every parse, some twice a minute for each file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import airflow_provider_mode

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
EVERYTHING = """
import importlib, json, pkgutil, warnings
from airflow.providers.common.compat.sdk import BaseHook, BaseOperator, BaseSensorOperator, ObjectStoragePath
from airflow.triggers.base import BaseTrigger
from airflow.providers.common.sql.hooks.sql import DbApiHook
import airflow_provider_mode as package
found = pkgutil.walk_packages(package.__path__, package.__name__ + ".")
names = [each.name for each in found if not each.name.endswith("__main__")]
with warnings.catch_warnings():
    warnings.simplefilter("error")
    for name in names:
        importlib.import_module(name)
print(json.dumps(names))
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


def test_every_module_is_imported_without_a_warning() -> None:
    """On either line of Airflow, in a process of its own in which every warning is an error."""
    done = subprocess.run([sys.executable, "-c", EVERYTHING], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = json.loads(done.stdout.splitlines()[-1])
    package = Path(airflow_provider_mode.__file__).parent
    files = [path for path in package.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")]
    assert len(names) >= len(files) > 200
