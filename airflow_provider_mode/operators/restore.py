"""Undo what a journal tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.common.compat.sdk import Context

from airflow_provider_mode.operators._base import ModeOperator


class RestoreOperator(ModeOperator):
    """
    Unarchives the reports of a journal and makes its deleted schedules again, as often as they miss.

    Running it twice makes nothing twice. What cannot come back (a schedule's own 12 characters,
    subscriptions) is counted. Returns ``{unarchived, schedules_created, impossible, failed, journal}``.

    :param journal: the URI of a journal, of a folder of journals, or a list of them
    :param reports: only these reports, by their 12 characters or URLs; all by default
    """

    template_fields: Sequence[str] = (*ModeOperator.template_fields, "journal", "reports")

    def __init__(
        self, *, journal: str | Sequence[str], reports: Sequence[str] | str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.journal = journal
        self.reports = reports

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the journals, bring back what they took away, and say what was done."""
        from airflow_provider_mode.operators._restore import restore_reports  # noqa: PLC0415 - see _base

        return restore_reports(self, context)
