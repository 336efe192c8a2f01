"""Wait until a report has a schedule, or has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.common.compat.sdk import BaseSensorOperator, Context, PokeReturnValue

from airflow_provider_mode.hooks import templates
from airflow_provider_mode.hooks.failures import failing_fast
from airflow_provider_mode.hooks.form import DEFAULT_CONN_ID
from airflow_provider_mode.hooks.mode import ModeHook


class ReportScheduledSensor(BaseSensorOperator):
    """
    Succeeds when the report has a schedule, or with ``scheduled=False`` when it has none.

    It returns the schedules. The report's ``schedules_count`` is believed where Mode gives it; where not, its
    schedules are listed. A report that does not exist fails the task at once.

    :param report: the report's 12 characters or its URL
    :param scheduled: whether to wait for a schedule, or for there to be none
    :param mode_conn_id: the connection to Mode
    """

    template_fields: Sequence[str] = ("report", "scheduled")
    ui_color = "#e3f4ee"

    def __init__(
        self,
        *,
        report: str,
        scheduled: bool | str = True,
        mode_conn_id: str = DEFAULT_CONN_ID,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.report = report
        self.scheduled = scheduled
        self.mode_conn_id = mode_conn_id

    def poke(self, context: Context) -> PokeReturnValue:
        """Whether the report is as wished now, with its schedules."""
        del context  # a report's schedules do not depend on the run that asks
        with failing_fast():
            wished = templates.flag(self.scheduled, "scheduled")
            client = ModeHook(self.mode_conn_id).get_conn()
            report = client.report(client.report_token(self.report))
            schedules = list(client.schedules(report.token, report.schedules_count))
        self.log.info(
            "%s has %s schedules; waiting for %s", report.token, len(schedules), "some" if wished else "none"
        )
        return PokeReturnValue(
            is_done=bool(schedules) is wished, xcom_value=[_shown(row) for row in schedules]
        )


def _shown(schedule: Any) -> dict[str, Any]:
    """A schedule as an XCom: what it is called, when it fires, and all that is needed to make it again."""
    due = schedule.next_scheduled_run
    return {
        "schedule": schedule.token,
        "name": schedule.name,
        "frequency": schedule.frequency,
        "next_scheduled_run": due.isoformat() if due else None,
        "definition": schedule.definition,
    }
