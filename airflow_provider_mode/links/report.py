"""A button to the report."""

from __future__ import annotations

from airflow_provider_mode.links._base import ModeLink


class ModeReportLink(ModeLink):
    """Leads to the report that a task reads, waits for or changes."""

    kind = "report"
    name = "Mode report"
