"""A button to a plan of what a clean-up would change."""

from __future__ import annotations

from airflow_provider_mode.links._base import ModeLink


class ModePlanLink(ModeLink):
    """Leads to the page of the plan that a task made or applies, in S3's or Google's console; to no file."""

    kind = "plan"
    name = "Mode plan"
