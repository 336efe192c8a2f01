"""One way to wait for all three modes: on a worker, rescheduled, or deferred to a triggerer."""

from __future__ import annotations

import asyncio
import importlib
import json
import threading
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from airflow.providers.common.compat.sdk import TaskDeferred

exceptions: Any = importlib.import_module("airflow.exceptions")
try:
    exceptions = importlib.import_module("airflow.sdk.exceptions")
except ImportError:  # Airflow 2.11
    AIRFLOW_2 = True
else:
    AIRFLOW_2 = False

MODES = ["poke", "reschedule", "deferred"]


class Instance(SimpleNamespace):
    """A task instance as far as waiting looks at it; `pushed` holds its XComs."""

    def __init__(self, **values: Any) -> None:
        known = {"dag_id": "wait", "run_id": "run", "task_id": "task", "map_index": -1, "try_number": 1}
        super().__init__(**(known | {"max_tries": 0, "pushed": {}, "began": None, "stats_tags": {}} | values))

    def xcom_push(self, key: str, value: Any) -> None:
        """Keep what is pushed."""
        json.dumps(value)
        self.pushed[key] = value

    def get_first_reschedule_date(self, context: Any) -> datetime | None:
        """When the sensor first looked, which Airflow 3 remembers."""
        assert context["ti"] is self
        found: datetime | None = self.began
        return found


def let_reschedule() -> None:
    """Airflow 2.11 looks into its database when a sensor is rescheduled: make one."""
    if AIRFLOW_2:
        migrate: Any = importlib.import_module("airflow.utils.db").initdb
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Airflow's own
            migrate()


def settings(mode: str) -> dict[str, Any]:
    """What makes a sensor wait in a mode."""
    how: dict[str, dict[str, Any]] = {
        "poke": {"mode": "poke"},
        "reschedule": {"mode": "reschedule"},
        "deferred": {"deferrable": True},
    }
    return {"poke_interval": 0.1, "timeout": 20, "deferrable": False} | how[mode]


def waited(
    task: Any, context: dict[str, Any] | None = None, *, meanwhile: Callable[[], Any] | None = None
) -> Any:
    """What a task returns or raises, however it waits; `meanwhile` happens soon after it began."""
    context = {"ti": Instance()} if context is None else context
    timer = threading.Timer(0.25, meanwhile or (lambda: None))
    timer.start()
    try:
        return _executed(task, context)
    finally:
        timer.join()


def _executed(task: Any, context: dict[str, Any]) -> Any:
    start, instance = time.monotonic(), context["ti"]
    while True:
        try:
            return task.execute(context)
        except exceptions.AirflowRescheduleException:
            instance.began = instance.began or datetime.now(UTC)
            time.sleep(0.1)
            if AIRFLOW_2 and time.monotonic() - start > task.timeout:
                task.timeout = 0  # 2.11 reads the first start from its database, which is empty here
        except TaskDeferred as deferred:
            return resumed(task, context, deferred, fired(deferred.trigger))


def fired(trigger: Any) -> Any:
    """The event of a trigger, made again in a triggerer's loop out of what travels there."""
    path, parameters = trigger.serialize()
    module, _, name = path.rpartition(".")
    again = getattr(importlib.import_module(module), name)(**json.loads(json.dumps(parameters)))

    async def first() -> Any:
        async for event in again.run():
            return event.payload
        return None

    return json.loads(json.dumps(asyncio.run(first())))


def resumed(task: Any, context: dict[str, Any], deferred: TaskDeferred, event: Any) -> Any:
    """What a task makes of an event after it was deferred."""
    return task.resume_execution(deferred.method_name, (deferred.kwargs or {}) | {"event": event}, context)
