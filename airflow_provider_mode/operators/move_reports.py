"""Move reports to another collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.common.compat.sdk import Context

from airflow_provider_mode.links import ModeLink, ModeReportLink
from airflow_provider_mode.operators._base import ModeOperator


class MoveReportsOperator(ModeOperator):
    """
    Moves reports to a collection; where each was before is written to a journal first.

    An unknown report fails before any change; one that is there already, or gone when its turn comes, is
    skipped. Returns ``{collection, journal, planned, moved, skipped, failed, dry_run, requests, seconds}``.

    :param reports: the reports, by their 12 characters or URLs
    :param collection: where to, by its name or 12 characters
    :param max_changes: the most that may move, a number; more than that fails before the first change
    :param dry_run: only say what would move
    """

    template_fields: Sequence[str] = (
        *ModeOperator.template_fields,
        "reports",
        "collection",
        "max_changes",
        "is_dry_run",
    )
    operator_extra_links: Sequence[ModeLink] = (ModeReportLink(),)

    def __init__(
        self,
        *,
        reports: Sequence[str] | str,
        collection: str,
        max_changes: int | str,
        dry_run: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.reports = reports
        self.collection = collection
        self.max_changes = max_changes
        self.is_dry_run = dry_run  # BaseOperator has a method dry_run()

    def execute(self, context: Context) -> dict[str, Any]:
        """Look at every report, check the limit, move what is to be moved, and say what was done."""
        from airflow_provider_mode.operators._move_reports import move_reports  # noqa: PLC0415 - see _base

        return move_reports(self, context)

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """The reports as what was written."""
        from airflow_provider_mode.operators._lineage import facets  # noqa: PLC0415 - OpenLineage alone asks

        del task_instance
        return facets(self)
