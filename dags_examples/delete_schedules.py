"""Delete each week the schedules of reports that go on running though nobody touches them."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.operators import DeleteSchedulesOperator

# [START delete_schedules]
UNTOUCHED = StalePolicy(not_run_by_hand_for="90d", not_edited_for="90d", max_views=20)

with DAG(
    "delete_schedules",
    schedule="@weekly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    params={"max_changes": Param("25%", type="string"), "dry_run": Param(default=False, type="boolean")},
) as dag:
    DeleteSchedulesOperator(
        task_id="delete",
        policy=UNTOUCHED,
        max_changes="{{ params.max_changes }}",
        dry_run="{{ params.dry_run }}",
        retries=2,
    )
# [END delete_schedules]
