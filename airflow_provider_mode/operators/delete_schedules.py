"""Delete schedules, each definition saved first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.common.compat.sdk import Context

from airflow_provider_mode.operators._base import ChangingOperator


class DeleteSchedulesOperator(ChangingOperator):
    """
    Deletes schedules: all of the reports that ``policy`` calls stale, those of a ``plan``, or of ``reports``.

    Reports stay as they are. Each schedule is written to the journal before it is deleted, with all that
    making it again needs. Returns the same as ``ArchiveStaleReportsOperator``, with ``archived`` empty.

    :param reports: reports, by their 12 characters or URLs, instead of a policy or a plan; an unknown one
        fails before any change, and ``max_changes`` must be a number
    """

    template_fields: Sequence[str] = (*ChangingOperator.template_fields, "reports")

    def __init__(
        self, *, max_changes: int | str, reports: Sequence[str] | str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(max_changes=max_changes, **kwargs)
        self.reports = reports

    def execute(self, context: Context) -> dict[str, Any]:
        """Plan or read the plan, check the limit, delete what may be deleted, and say what was done."""
        from airflow_provider_mode.operators._changing import delete_schedules  # noqa: PLC0415 - see _base

        return delete_schedules(self, context)
