"""Wait until a report has a schedule, or has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_mode.sensors._base import ModeSensor

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_mode.client import ModeClient
    from airflow_provider_mode.hooks.questions import Question


class ReportScheduledSensor(ModeSensor):
    """
    Succeeds when the report has a schedule, or with ``scheduled=False`` when it has none.

    It returns the schedules. The report's ``schedules_count`` is believed where Mode gives it; where not, its
    schedules are listed. A report that does not exist fails the task at once.

    :param scheduled: whether to wait for a schedule, or for there to be none
    """

    template_fields: Sequence[str] = (*ModeSensor.template_fields, "scheduled")

    def __init__(self, *, report: str, scheduled: bool | str = True, **kwargs: Any) -> None:
        super().__init__(report=report, **kwargs)
        self.scheduled = scheduled

    def question(self, client: ModeClient) -> Question:
        """Whether the report is as wished."""
        from airflow_provider_mode.hooks.asking import scheduled  # noqa: PLC0415 - see _base

        return scheduled(client, self.report, self.scheduled)

    def trigger(self, **waiting: Any) -> BaseTrigger:
        """What waits in the triggerer."""
        from airflow_provider_mode.hooks.templates import flag  # noqa: PLC0415 - see _base
        from airflow_provider_mode.triggers.report_scheduled import (  # noqa: PLC0415 - likewise
            ModeReportScheduledTrigger,
        )

        return ModeReportScheduledTrigger(scheduled=flag(self.scheduled, "scheduled"), **waiting)
