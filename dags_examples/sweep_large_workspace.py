"""Clean up a workspace too large for one task: plan some collections at a time, merge, and apply by parts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, AirflowFailException, Param, task

from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.operators import ArchiveStaleReportsOperator, PlanCleanupOperator

# [START sweep_large_workspace]
POOL = {"pool": "mode", "max_active_tis_per_dag": 3}  # airflow pools set mode 3 "tasks that share one key"


@task(retries=2, **POOL)
def parts(params: dict[str, Any]) -> list[list[str]]:
    """The shared collections, some to each task."""
    found = [one.token for one in ModeHook().get_conn().collections() if not one.personal]
    size = params["collections_a_task"]
    return [found[start : start + size] for start in range(0, len(found), size)]


@task
def merge(plans: list[dict[str, Any]], params: dict[str, Any]) -> list[dict[str, Any]]:
    """The plans that have something to do; an error if all together it is more than may change."""
    planned = sum(plan["actions"]["archive_report"] for plan in plans)
    total = sum(plan["counts"]["unarchived"] for plan in plans)
    if planned * 100 > total * params["max_percent"]:
        raise AirflowFailException(f"{planned} of {total} reports are more than {params['max_percent']} %")
    return [
        {"plan": plan["plan"], "digest": plan["digest"]} for plan in plans if any(plan["actions"].values())
    ]


with DAG(
    "sweep_large_workspace",
    schedule="@monthly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    params={
        "collections_a_task": Param(20, type="integer", minimum=1),
        "max_percent": Param(15, type="integer", minimum=0, maximum=100),
    },
) as dag:
    plans = PlanCleanupOperator.partial(
        task_id="plan",
        policy={"not_run_for": "180d", "not_edited_for": "180d", "max_views": 5},
        retries=2,
        **POOL,
    ).expand(collections=parts())
    ArchiveStaleReportsOperator.partial(
        task_id="apply",
        max_changes="100%",  # of its own part: merge has held all parts together against max_percent
        retries=2,
        **POOL,
    ).expand_kwargs(merge(plans.output))
# [END sweep_large_workspace]
