"""Two tasks that share one policy object but not its rendering, templates everywhere, and a mapped task."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_mode.operators import ArchiveStaleReportsOperator

POLICY = {"not_run_for": "{{ task.doc_md }}", "not_edited_for": "180d", "exempt_names": ["{{ params.keep }}"]}

with DAG(
    "shared_policy",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={
        "dry_run": Param(default=True, type="boolean"),
        "keep": Param("Keep*", type="string"),
        "limit": Param(7, type="integer"),
        "collections": Param([], type="array"),
    },
) as dag:
    first = ArchiveStaleReportsOperator(
        task_id="years",
        doc_md="3650d",
        policy=POLICY,
        max_changes="{{ params.limit }}",
        dry_run="{{ params.dry_run }}",
        delete_schedules="{{ not params.dry_run }}",
    )
    second = ArchiveStaleReportsOperator(
        task_id="months",
        doc_md="180d",
        policy=POLICY,
        max_changes="{{ params.limit }}",
        dry_run="{{ params.dry_run }}",
    )
    mapped = ArchiveStaleReportsOperator.partial(
        task_id="each",
        doc_md="180d",
        policy=POLICY,
        max_changes="100%",
        dry_run="{{ params.dry_run }}",
    ).expand(collections=[["{{ params.collections[0] }}"], ["{{ params.collections[1] }}"]])
    first >> second >> mapped
