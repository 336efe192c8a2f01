"""Move reports to another collection, no more of them than was meant."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_mode.operators import MoveReportsOperator

# [START move_reports]
with DAG(
    "move_reports",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={
        "reports": Param(["0123456789ab"], type="array", description="their 12 characters or URLs"),
        "collection": Param("Attic", type="string", description="where to: its name or 12 characters"),
        "dry_run": Param(default=True, type="boolean"),
    },
) as dag:
    MoveReportsOperator(
        task_id="move",
        reports="{{ params.reports | tojson }}",
        collection="{{ params.collection }}",
        max_changes=20,
        dry_run="{{ params.dry_run }}",
        retries=2,
    )
# [END move_reports]
