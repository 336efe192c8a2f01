"""Run a report for a day, and hand on its results as CSV files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_mode.operators import ExportResultsOperator, RunReportOperator

# [START refresh_then_export]
with DAG(
    "refresh_then_export",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={
        "report": Param("0123456789ab", type="string", description="its 12 characters or its URL"),
        "day": Param("2026-01-31", type="string", description="a parameter of the report"),
    },
) as dag:
    refresh = RunReportOperator(
        task_id="refresh",
        report="{{ params.report }}",
        parameters={"day": "{{ params.day }}"},
        poll_interval=5,
        timeout="2h",
        deferrable=True,
        retries=1,
        retry_delay=timedelta(minutes=5),
    )
    export = ExportResultsOperator(
        task_id="export",
        report="{{ params.report }}",
        report_run="{{ ti.xcom_pull(task_ids='refresh')['report_run'] }}",
        retries=2,
    )
    refresh >> export
# [END refresh_then_export]
