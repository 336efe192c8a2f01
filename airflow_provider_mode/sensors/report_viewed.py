"""Wait until a report has been viewed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_mode.sensors._base import ModeSensor

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_mode.client import ModeClient
    from airflow_provider_mode.hooks.questions import Question


class ReportViewedSensor(ModeSensor):
    """
    Succeeds when the report has been viewed; exactly one of the two parameters says what that means.

    It returns ``{report, view_count}`` or ``{report, last_viewed_at}``.

    :param min_views: so many times in all, by Mode's running count
    :param since: since this moment, a ``datetime`` or ISO text with its zone; needs the Discovery API
    """

    template_fields: Sequence[str] = (*ModeSensor.template_fields, "min_views", "since")

    def __init__(
        self,
        *,
        report: str,
        min_views: int | str | None = None,
        since: datetime | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(report=report, **kwargs)
        self.min_views = min_views
        self.since = since

    def question(self, client: ModeClient) -> Question:
        """Whether the report has been viewed."""
        from airflow_provider_mode.hooks.asking import viewed  # noqa: PLC0415 - see _base

        return viewed(client, self.report, self.min_views, self.since)

    def trigger(self, **waiting: Any) -> BaseTrigger:
        """What waits in the triggerer."""
        from airflow_provider_mode.hooks.templates import moment, whole  # noqa: PLC0415 - see _base
        from airflow_provider_mode.triggers.report_viewed import (  # noqa: PLC0415 - likewise
            ModeReportViewedTrigger,
        )

        since = moment(self.since, "since")
        return ModeReportViewedTrigger(
            min_views=whole(self.min_views, "min_views"),
            since=None if since is None else since.isoformat(),
            **waiting,
        )
