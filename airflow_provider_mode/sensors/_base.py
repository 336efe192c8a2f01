"""
What all sensors are: one question about one report, looked at on a worker or in the triggerer.

What a look does is imported when it is done: a DAG file is parsed far more often, and should not pay for it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowSkipException,
    BaseSensorOperator,
    Context,
    PokeReturnValue,
    conf,
)

from airflow_provider_mode.hooks.form import DEFAULT_CONN_ID
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.links import ModeLink, ModeReportLink

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

    from airflow_provider_mode.client import ModeClient
    from airflow_provider_mode.hooks.questions import Question

RESCHEDULED_PATIENCE = 30.0  # seconds that one of many looks may spend retrying
SHORTEST = 0.1  # seconds between two looks in the triggerer, which must not spin


class ModeSensor(BaseSensorOperator):
    """
    A sensor on one report.

    Trouble that may pass is waited out; what can never come true fails the task at once, without retries.

    :param report: the report's 12 characters or its URL
    :param mode_conn_id: the connection to Mode
    :param deferrable: wait in the triggerer and hold no worker; by default as ``[operators]
        default_deferrable`` says
    """

    template_fields: Sequence[str] = ("report",)
    operator_extra_links: Sequence[ModeLink] = (ModeReportLink(),)
    ui_color = "#e3f4ee"

    def __init__(
        self,
        *,
        report: str,
        mode_conn_id: str = DEFAULT_CONN_ID,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.report = report
        self.mode_conn_id = mode_conn_id
        self.deferrable = deferrable
        self._end: float | None = None

    def question(self, client: ModeClient) -> Question:
        """What is waited for, out of the rendered parameters."""
        raise NotImplementedError

    def trigger(self, **waiting: Any) -> BaseTrigger:
        """What waits in the triggerer; `waiting` says with which connection, how often and until when."""
        raise NotImplementedError

    def poke(self, context: Context) -> PokeReturnValue:
        """Whether it is so now, and what is known then."""
        from airflow_provider_mode.sensors._look import look  # noqa: PLC0415 - only a task pays for it

        done, value = look(self, ModeHook(self.mode_conn_id), context)
        return PokeReturnValue(is_done=done, xcom_value=value)

    def execute(self, context: Context) -> Any:
        """Wait on the worker; or look once, and leave the rest to the triggerer."""
        self._end = time.time() + self.timeout
        if not self.deferrable:
            if context.get("ti") is None:
                self.mode = "poke"  # outside of Airflow nobody would call again
            return super().execute(context)
        found = self._skipping(self.poke, context)
        if found.is_done:
            return found.xcom_value
        trigger = self.trigger(
            report=self.report,
            mode_conn_id=self.mode_conn_id,
            poll_interval=max(float(self.poke_interval), SHORTEST),
            end_time=self._end,
        )
        # The trigger ends by itself, with a last look; Airflow's own limit is for one that never does.
        spare = timedelta(seconds=self.timeout + 2 * self.poke_interval + 120)
        self.defer(trigger=trigger, method_name="execute_complete", timeout=spare)
        return None

    def time_left(self, context: Context) -> float:
        """
        Seconds until this sensor gives up, as far as it is known.

        When a rescheduled one first looked is told by Airflow 3 alone; and as another look costs it nothing,
        none of them has to retry for long.
        """
        end = time.time() + self.timeout if self._end is None else self._end
        if self.deferrable or self.mode != "reschedule":
            return end - time.time()
        told = getattr(context.get("ti"), "get_first_reschedule_date", None)
        began = None if told is None else told(context)
        if began is not None:
            end = began.timestamp() + self.timeout
        return min(end - time.time(), RESCHEDULED_PATIENCE)

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """What the triggerer found, or the error that it stands for."""
        from airflow_provider_mode.sensors._look import concluded  # noqa: PLC0415 - see poke

        return self._skipping(concluded, self, context, event)

    def _skipping(self, work: Any, *given: Any) -> Any:
        """Some work; where its failure shall not be one, the task is skipped as on a worker."""
        try:
            return work(*given)
        except AirflowFailException as error:
            if self.soft_fail or getattr(self, "never_fail", False):
                raise AirflowSkipException(f"Skipping: {error}") from error
            raise
