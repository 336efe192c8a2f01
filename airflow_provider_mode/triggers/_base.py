"""
What all triggers are: a question, asked until it is answered, can never be, or its time is over.

The client is imported off the loop when a trigger runs; a triggerer imports this module in the loop itself.
"""

from __future__ import annotations

import asyncio
import importlib
import weakref
from collections.abc import AsyncIterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.triggers import BaseEventTrigger
from airflow.triggers.base import TriggerEvent

from airflow_provider_mode.hooks.form import DEFAULT_CONN_ID

if TYPE_CHECKING:
    from airflow_provider_mode.client import ModeClient
    from airflow_provider_mode.hooks.questions import Question


class ModeTrigger(BaseEventTrigger):
    """
    Waits for something in Mode and fires once, with ``{status, value, sentence}``.

    ``status`` is ``done``, ``failed``, ``timeout`` or, for what another try cannot mend, ``error``.

    :param report: the report's 12 characters or its URL
    :param mode_conn_id: the connection to Mode
    :param poll_interval: seconds between two looks, longer where the rate limit asks for it
    :param end_time: when to give up, in seconds since 1970
    """

    def __init__(
        self,
        *,
        report: str,
        mode_conn_id: str = DEFAULT_CONN_ID,
        poll_interval: float = 60.0,
        end_time: float | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's own has no types
        self.report = report
        self.mode_conn_id = mode_conn_id
        self.poll_interval = poll_interval
        self.end_time = end_time

    def parameters(self) -> dict[str, Any]:
        """All that makes this trigger again, as plain values."""
        return {
            "report": self.report,
            "mode_conn_id": self.mode_conn_id,
            "poll_interval": self.poll_interval,
            "end_time": self.end_time,
        }

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and its parameters, for a triggerer to make it again."""
        kind = type(self)
        return f"{kind.__module__}.{kind.__qualname__}", self.parameters()

    def question(self, client: ModeClient, asking: ModuleType) -> Question:
        """What is waited for, made by ``hooks.asking``, which is not imported in the loop."""
        raise NotImplementedError

    def about(self) -> dict[str, Any]:
        """What an event says besides, however the waiting ends."""
        return {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire once, when it is known how the waiting ends."""
        waiting = await off_loop("_waiting")
        yield event(self.about() | await waiting.outcome(self))


def event(payload: dict[str, Any]) -> TriggerEvent:
    """What a trigger fires."""
    return TriggerEvent(payload)  # type: ignore[no-untyped-call]  # as above


_loaded: dict[str, Any] = {}
_loading: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = weakref.WeakKeyDictionary()


async def off_loop(name: str) -> Any:
    """
    A module of this package; it brings the client, and importing that takes too long for the loop.

    A triggerer that starts hundreds at once imports it once, in one thread.
    """
    if name not in _loaded:
        async with _loading.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            if name not in _loaded:
                _loaded[name] = await asyncio.to_thread(importlib.import_module, f"{__package__}.{name}")
    return _loaded[name]
