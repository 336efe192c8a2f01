"""Wait for many runs at once, all in the triggerer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Param, get_current_context, task

from airflow_provider_mode.sensors import ReportRunSensor


@task
def named() -> list[dict[str, str]]:
    """The runs that this run of the DAG is to wait for."""
    context: Any = get_current_context()
    return [dict(run) for run in context["params"]["runs"]]


with DAG(
    "e2e_runs",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={"runs": Param([], type="array")},
    max_active_tasks=32,
) as dag:
    ReportRunSensor.partial(task_id="wait", deferrable=True, poke_interval=10, timeout=1800).expand_kwargs(
        named()
    )
