"""Wait until a report has a schedule, or has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.common.compat.sdk import BaseSensorOperator, Context, PokeReturnValue

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
        from airflow_provider_mode.sensors._scheduled import look  # noqa: PLC0415 - only a task pays for it

        del context  # a report's schedules do not depend on the run that asks
        done, schedules = look(ModeHook(self.mode_conn_id), self.report, self.scheduled)
        return PokeReturnValue(is_done=done, xcom_value=schedules)
