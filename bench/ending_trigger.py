"""Triggers that end their tasks in the triggerer: so what is measured is the triggerer, and no worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSuccessEvent, TriggerEvent

from airflow_provider_mode.triggers import ModeReportRunTrigger


class EndingTrigger(ModeReportRunTrigger):
    """Ends its task as the run has ended."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire what ends a task without a worker."""
        async for event in super().run():
            ended: Any = TaskSuccessEvent if event.payload["status"] == "done" else TaskFailedEvent
            yield ended()


class SleepingTrigger(BaseTrigger):
    """Does nothing for a while, and ends its task well: what a triggerer does by itself."""

    def __init__(self, seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own has no types
        self.seconds = seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and its parameter."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"seconds": self.seconds}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Sleep, and fire."""
        await asyncio.sleep(self.seconds)
        ended: Any = TaskSuccessEvent
        yield ended()
