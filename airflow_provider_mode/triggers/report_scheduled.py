"""Fires when a report has a schedule, or has none."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from airflow_provider_mode.triggers._base import ModeTrigger

if TYPE_CHECKING:
    from airflow_provider_mode.client import ModeClient
    from airflow_provider_mode.hooks.questions import Question


class ModeReportScheduledTrigger(ModeTrigger):
    """
    Waits until the report has a schedule, or with ``scheduled=False`` until it has none.

    :param scheduled: which of the two
    """

    def __init__(self, *, scheduled: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scheduled = scheduled

    def parameters(self) -> dict[str, Any]:
        """All that makes this trigger again."""
        return super().parameters() | {"scheduled": self.scheduled}

    def question(self, client: ModeClient, asking: ModuleType) -> Question:
        """Whether it is so."""
        found: Question = asking.scheduled(client, self.report, self.scheduled)
        return found
