"""Wait until a report has run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_mode.links import ModeLink, ModeReportLink, ModeRunLink
from airflow_provider_mode.sensors._base import ModeSensor

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_mode.client import ModeClient
    from airflow_provider_mode.hooks.questions import Question


class ReportRunSensor(ModeSensor):
    """
    Succeeds when the run has succeeded; exactly one of the two parameters says which run.

    A failed or cancelled run fails the task, without retries, with the failing query's name, error code and
    message. It returns ``{report, report_run, state, url}``.

    :param report_run: the run's 12 characters or its URL
    :param after: any run that began at this moment or later, a ``datetime`` or ISO text with its zone; it
        fails when runs have ended and none of them well, while no other goes on
    """

    template_fields: Sequence[str] = (*ModeSensor.template_fields, "report_run", "after")
    operator_extra_links: Sequence[ModeLink] = (ModeReportLink(), ModeRunLink())

    def __init__(
        self,
        *,
        report: str,
        report_run: str | None = None,
        after: datetime | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(report=report, **kwargs)
        self.report_run = report_run
        self.after = after

    def question(self, client: ModeClient) -> Question:
        """Whether the report has run."""
        from airflow_provider_mode.hooks.asking import ran  # noqa: PLC0415 - see _base

        return ran(client, self.report, self.report_run, self.after)

    def trigger(self, **waiting: Any) -> BaseTrigger:
        """What waits in the triggerer."""
        from airflow_provider_mode.hooks.templates import moment, text  # noqa: PLC0415 - see _base
        from airflow_provider_mode.triggers.report_run import ModeReportRunTrigger  # noqa: PLC0415 - likewise

        after = moment(self.after, "after")
        return ModeReportRunTrigger(
            report_run=text(self.report_run, "report_run"),
            after=None if after is None else after.isoformat(),
            **waiting,
        )
