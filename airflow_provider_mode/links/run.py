"""A button to the run of a report."""

from __future__ import annotations

from airflow_provider_mode.links._base import ModeLink


class ModeRunLink(ModeLink):
    """Leads to the run that a task started, waits for or exports."""

    kind = "run"
    name = "Mode run"
