"""Plan a clean-up, ask a person, and archive exactly what was approved; without an answer, nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.common.compat.sdk import DAG, AirflowOptionalProviderFeatureException

from airflow_provider_mode.operators import ArchiveStaleReportsOperator, PlanCleanupOperator

try:
    from airflow.providers.standard.operators.hitl import ApprovalOperator
except (ImportError, AirflowOptionalProviderFeatureException):
    ApprovalOperator = None  # before Airflow 3.1 nobody can be asked here: the plan is only tried

# [START plan_approve_apply]
PLAN = "ti.xcom_pull(task_ids='plan')"

with DAG(
    "plan_approve_apply",
    schedule="@monthly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
) as dag:
    plan = PlanCleanupOperator(
        task_id="plan",
        policy={"not_run_for": "180d", "not_edited_for": "180d", "max_views": 5},
        expires_after="7d",
    )
    answer, nobody_is_asked = None, ApprovalOperator is None
    if ApprovalOperator is not None:
        approve = ApprovalOperator(
            task_id="approve",
            subject=f"Archive {{{{ {PLAN}['actions']['archive_report'] }}}} Mode reports?",
            body=f"{{{{ {PLAN}['markdown'] }}}}",  # its digest is in it
            defaults="Reject",
            response_timeout=timedelta(days=5),
        )
        plan >> approve
        answer = approve.output
    ArchiveStaleReportsOperator(
        task_id="apply",
        plan=plan.output["plan"],
        digest=plan.output["digest"],
        approval=answer,
        dry_run=nobody_is_asked,
        max_changes="15%",
        retries=2,
    )
# [END plan_approve_apply]
