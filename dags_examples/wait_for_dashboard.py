"""Wait without a worker until a dashboard has been refreshed today and people have looked at it."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, Param, task

from airflow_provider_mode.sensors import ReportRunSensor, ReportViewedSensor


# [START wait_for_dashboard]
@task
def say(run: dict[str, str]) -> str:
    """Where the refreshed dashboard is."""
    return run["url"]


with DAG(
    "wait_for_dashboard",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={
        "report": Param("0123456789ab", type="string", description="its 12 characters or its URL"),
        "after": Param("2026-01-31T06:00:00Z", type="string", description="the moment that today begins"),
        "min_views": Param(1, type="integer", description="how often it has to have been viewed in all"),
    },
) as dag:
    refreshed = ReportRunSensor(
        task_id="refreshed",
        report="{{ params.report }}",
        after="{{ params.after }}",
        poke_interval=60,
        timeout=6 * 3600,
        deferrable=True,
    )
    seen = ReportViewedSensor(
        task_id="seen",
        report="{{ params.report }}",
        min_views="{{ params.min_views }}",
        poke_interval=300,
        timeout=12 * 3600,
        soft_fail=True,
        deferrable=True,
    )
    say(refreshed.output) >> seen
# [END wait_for_dashboard]
