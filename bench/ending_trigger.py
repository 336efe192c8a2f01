"""A trigger that ends its task in the triggerer: so what is measured is the triggerer, and no worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import TaskFailedEvent, TaskSuccessEvent, TriggerEvent

from airflow_provider_mode.triggers import ModeReportRunTrigger


class EndingTrigger(ModeReportRunTrigger):
    """Ends its task as the run has ended."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire what ends a task without a worker."""
        async for event in super().run():
            ended: Any = TaskSuccessEvent if event.payload["status"] == "done" else TaskFailedEvent
            yield ended()
