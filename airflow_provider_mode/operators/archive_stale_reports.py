"""Archive the reports that a policy calls stale, or that a plan holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.common.compat.sdk import Context

from airflow_provider_mode.operators._base import ChangingOperator


class ArchiveStaleReportsOperator(ChangingOperator):
    """
    Archives reports: those that ``policy`` calls stale now, or those of a ``plan`` that somebody approved.

    Each report is read and judged again right before its change; what came back to life is skipped, with the
    reason. Each schedule is written to the journal before it is deleted. Returns ``{plan, digest, journal,
    examined, planned, archived, schedules_deleted, skipped, failed, dry_run, requests, seconds}``.

    :param delete_schedules: delete a report's schedules before archiving it, each definition saved first
    """

    template_fields: Sequence[str] = (*ChangingOperator.template_fields, "delete_schedules")

    def __init__(self, *, max_changes: int | str, delete_schedules: bool | str = True, **kwargs: Any) -> None:
        super().__init__(max_changes=max_changes, **kwargs)
        self.delete_schedules = delete_schedules

    def execute(self, context: Context) -> dict[str, Any]:
        """Plan or read the plan, check the limit, change what may change, and say what was done."""
        from airflow_provider_mode.operators._changing import archive_reports  # noqa: PLC0415 - see _base

        return archive_reports(self, context)
