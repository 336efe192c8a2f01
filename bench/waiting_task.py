"""A task that begins and ends in the triggerer."""

from __future__ import annotations

from typing import Any

from airflow.triggers.base import StartTriggerArgs

from airflow_provider_mode.sensors import ReportRunSensor


class WaitInTriggerer(ReportRunSensor):
    """Begins in the triggerer too."""

    start_from_trigger = True

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls="bench.ending_trigger.EndingTrigger",
            trigger_kwargs={
                "report": self.report,
                "report_run": self.report_run,
                "poll_interval": float(self.poke_interval),
            },
            next_method="execute_complete",
        )
