"""Hand on the results of a report as files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.common.compat.sdk import Context

from airflow_provider_mode.links import ModeLink, ModeReportLink, ModeRunLink
from airflow_provider_mode.operators._base import ModeOperator


class ExportResultsOperator(ModeOperator):
    """
    Streams the results of a run to files, never whole in memory; returns ``{files: [{uri, rows, bytes}]}``.

    Several queries give a file each. A file is there when it is whole, and not a part of it before. An
    archive that would become more than 1 GiB and over 200 times its size is refused before it is unpacked.

    :param report: the report's 12 characters or its URL
    :param report_run: the run's 12 characters or its URL; by default the last one that succeeded
    :param format: ``"csv"``, ``"json"``, or ``"pdf"``, which Mode renders first and which has no rows
    """

    template_fields: Sequence[str] = (*ModeOperator.template_fields, "report", "report_run", "format")
    operator_extra_links: Sequence[ModeLink] = (ModeReportLink(), ModeRunLink())

    def __init__(
        self,
        *,
        report: str,
        report_run: str | None = None,
        format: str = "csv",  # noqa: A002 - what users call it
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.report = report
        self.report_run = report_run
        self.format = format

    def execute(self, context: Context) -> dict[str, Any]:
        """Find the run, stream its results, and say where they are."""
        from airflow_provider_mode.operators._export_results import export_results  # noqa: PLC0415 - see _base

        return export_results(self, context)

    def on_kill(self) -> None:
        """Stop between two pieces; what is not whole does not look so."""
        self.log.warning("stopping the export")
        self.is_stopping = True

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """The report as what was read, the files as what was written."""
        from airflow_provider_mode.operators._lineage import facets  # noqa: PLC0415 - OpenLineage alone asks

        del task_instance
        return facets(self)
