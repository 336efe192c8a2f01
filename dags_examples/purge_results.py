"""Delete the stored results of runs before a date, for good; whoever starts it names the workspace."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_mode.operators import PurgeResultsOperator

# [START purge_results]
with DAG(
    "purge_results",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={
        "before": Param("2025-01-01", type="string", description="a date; results from that day on stay"),
        "workspace": Param("", type="string", description="the workspace's name, to confirm"),
    },
) as dag:
    PurgeResultsOperator(task_id="purge", before="{{ params.before }}", confirm="{{ params.workspace }}")
# [END purge_results]
