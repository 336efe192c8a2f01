"""What the sensor does at each look; imported when it looks, so that a DAG file does not pay for it."""

from __future__ import annotations

from typing import Any

from airflow_provider_mode.client import Schedule
from airflow_provider_mode.hooks.failures import failing_fast
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.hooks.templates import flag


def look(hook: ModeHook, report: str, scheduled: bool | str) -> tuple[bool, list[dict[str, Any]]]:
    """Whether the report is as wished now, and its schedules."""
    with failing_fast():
        wished = flag(scheduled, "scheduled")
        client = hook.get_conn()
        found = client.report(client.report_token(report))
        schedules = list(client.schedules(found.token, found.schedules_count))
    hook.log.info(
        "report %s has %s schedules, waiting for %s", found.token, len(schedules), "one" if wished else "none"
    )
    return bool(schedules) is wished, [_shown(schedule) for schedule in schedules]


def _shown(schedule: Schedule) -> dict[str, Any]:
    """A schedule as an XCom: what it is called, when it fires, and all that is needed to make it again."""
    due = schedule.next_scheduled_run
    return {
        "schedule": schedule.token,
        "name": schedule.name,
        "frequency": schedule.frequency,
        "next_scheduled_run": due.isoformat() if due else None,
        "definition": schedule.definition,
    }
