"""Fires when a report has run; for tasks that wait, and as an event source that starts DAGs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import TriggerEvent

from airflow_provider_mode.triggers._base import ModeTrigger, event, off_loop

if TYPE_CHECKING:
    from airflow_provider_mode.client import ModeClient
    from airflow_provider_mode.hooks.questions import Question


class ModeReportRunTrigger(ModeTrigger):
    """
    Waits for a run of a report: for ``report_run``, or for one that began ``after`` a moment.

    With neither of them it is an event source for Airflow 3's ``AssetWatcher``: it fires
    ``{report, report_run, state, url}`` for each run that has ended well since it began to watch, whoever or
    whatever started it. What it has fired for is kept in the asset's state store (Airflow 3.3), so that a
    restart misses nothing; a crash at the wrong moment may fire twice.

    :param report_run: the run's 12 characters
    :param after: a moment in ISO form with its zone
    :param cancel_on_kill: cancel ``report_run`` when a user ends the task that waits (Airflow 3.3)
    """

    def __init__(
        self,
        *,
        report_run: str | None = None,
        after: str | None = None,
        cancel_on_kill: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.report_run = report_run
        self.after = after
        self.cancel_on_kill = cancel_on_kill

    def parameters(self) -> dict[str, Any]:
        """All that makes this trigger again."""
        return super().parameters() | {
            "report_run": self.report_run,
            "after": self.after,
            "cancel_on_kill": self.cancel_on_kill,
        }

    def question(self, client: ModeClient, asking: ModuleType) -> Question:
        """Whether it has run."""
        found: Question = asking.ran(client, self.report, self.report_run, self.after)
        return found

    def about(self) -> dict[str, Any]:
        """Which run it was about."""
        return {"report_run": self.report_run}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire once for a task, or again and again as an event source."""
        if self.report_run is not None or self.after is not None:
            async for fired in super().run():
                yield fired
            return
        watching = await off_loop("_watching")
        async for run in watching.successes(self, getattr(self, "asset_state_store", None)):
            yield event(run)

    async def on_kill(self) -> None:
        """Cancel the run of a task that a user has ended, if Mode offers a way."""
        if not self.cancel_on_kill or self.report_run is None:
            return
        watching = await off_loop("_watching")
        self.log.warning("%s", await watching.cancelled(self, self.report_run))
