"""Bring back what a sweep has archived and deleted, all of it or the reports that are named."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_mode.operators import RestoreOperator

# [START restore_from_journal]
with DAG(
    "restore_from_journal",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={
        "journal": Param("file:///journals", type="string", description="a journal, or a folder of journals"),
        "reports": Param(None, type=["array", "null"], description="only these; all if left empty"),
    },
) as dag:
    RestoreOperator(
        task_id="restore", journal="{{ params.journal }}", reports="{{ params.reports | tojson }}", retries=2
    )
# [END restore_from_journal]
