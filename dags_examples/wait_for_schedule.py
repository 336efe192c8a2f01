"""Wait until somebody has given a report a schedule, and say when it runs next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Param, task

from airflow_provider_mode.sensors import ReportScheduledSensor


# [START wait_for_schedule]
@task
def say_when(schedules: list[dict[str, Any]]) -> list[str]:
    """The next run of each schedule."""
    return [f"{schedule['name'] or 'unnamed'}: {schedule['next_scheduled_run']}" for schedule in schedules]


with DAG(
    "wait_for_schedule",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={"report": Param("0123456789ab", type="string", description="its 12 characters or its URL")},
) as dag:
    scheduled = ReportScheduledSensor(
        task_id="scheduled", report="{{ params.report }}", mode="reschedule", poke_interval=300
    )
    say_when(scheduled.output)
# [END wait_for_schedule]
