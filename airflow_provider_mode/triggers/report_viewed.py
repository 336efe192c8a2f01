"""Fires when a report has been viewed often enough, or since a moment."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from airflow_provider_mode.triggers._base import ModeTrigger

if TYPE_CHECKING:
    from airflow_provider_mode.client import ModeClient
    from airflow_provider_mode.hooks.questions import Question


class ModeReportViewedTrigger(ModeTrigger):
    """
    Waits until the report has been viewed; exactly one of the parameters says what that means.

    :param min_views: so many times in all
    :param since: since this moment, in ISO form with its zone; needs the Discovery API
    """

    def __init__(self, *, min_views: int | None = None, since: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_views = min_views
        self.since = since

    def parameters(self) -> dict[str, Any]:
        """All that makes this trigger again."""
        return super().parameters() | {"min_views": self.min_views, "since": self.since}

    def question(self, client: ModeClient, asking: ModuleType) -> Question:
        """Whether it is so."""
        found: Question = asking.viewed(client, self.report, self.min_views, self.since)
        return found
