"""Archive each month the reports that nobody has run or edited for half a year and hardly anyone opens."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_mode.operators import ArchiveStaleReportsOperator

# [START archive_stale_reports]
with DAG(
    "archive_stale_reports",
    schedule="@monthly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    params={
        "not_used_for": Param("180d", type="string", description="how long nobody has run or edited it"),
        "max_changes": Param("15%", type="string", description="fail before the first change if it is more"),
        "dry_run": Param(default=False, type="boolean", description="make the plan and change nothing"),
    },
) as dag:
    ArchiveStaleReportsOperator(
        task_id="archive",
        policy={
            "not_run_for": "{{ params.not_used_for }}",
            "not_edited_for": "{{ params.not_used_for }}",
            "max_views": 5,
        },
        max_changes="{{ params.max_changes }}",
        dry_run="{{ params.dry_run }}",
        retries=2,
    )
# [END archive_stale_reports]
