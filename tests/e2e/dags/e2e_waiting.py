"""Wait in the triggerer, not on a worker, until a report has a schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_mode.sensors import ReportScheduledSensor

with DAG(
    "e2e_waiting",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={"report": Param("0123456789ab", type="string")},
) as dag:
    ReportScheduledSensor(
        task_id="scheduled",
        report="{{ params.report }}",
        deferrable=True,
        poke_interval=5,
        timeout=timedelta(minutes=10).total_seconds(),
    )
