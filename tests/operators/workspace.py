"""A few reports whose fate each test decides, and a way to run operators on it as Airflow would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airflow_provider_mode.sandbox import Sandbox

DAILY = {"freq": "daily", "hour": "8", "minute": "30", "time_zone": "UTC"}
POLICY: dict[str, Any] = {"not_run_for": "180d", "not_edited_for": "180d", "max_views": 5}
Said = Callable[[], str]


class Instance(SimpleNamespace):
    """A task instance as far as an operator looks at it: where it is, and what it was given to push."""

    def xcom_push(self, key: str, value: Any) -> None:
        """Keep what an operator pushes."""
        self.pushed = {**getattr(self, "pushed", {}), key: value}


class Mode:
    """The sandbox as a data team knows it, with shortcuts for what tests do again and again."""

    def __init__(self, sandbox: Sandbox, output: Path, connect: Callable[..., None]) -> None:
        self.sandbox = sandbox
        self.output = output
        self.uri = f"file://{output}"
        self.connect = connect

    def stale(self, name: str = "Old numbers", **values: Any) -> str:
        """A new report that `POLICY` calls stale, by its 12 characters."""
        long_ago = self.sandbox.now - timedelta(days=400)
        old = {"created_at": long_ago, "edited_at": long_ago, "updated_at": long_ago, "view_count": 2}
        return self.sandbox.add_report(name=name, **(old | values)).token

    def schedule(self, report: str, **values: Any) -> str:
        """A new schedule of a report, which has not fired yet."""
        return self.sandbox.add_schedule(report, cron=DAILY, **values).token

    def archived(self) -> set[str]:
        """Every archived report, by the sandbox's own state."""
        return {token for token, report in self.sandbox.state.reports.items() if report.archived}

    def schedules(self) -> set[str]:
        """Every schedule, by the sandbox's own state."""
        return set(self.sandbox.state.schedules)

    def instance(self, run_id: str = "run", map_index: int = -1) -> Instance:
        """A task instance; two of the same run are two tries of it."""
        return Instance(dag_id="tidy", run_id=run_id, task_id="task", map_index=map_index, pushed={})

    def run(self, operator: type, instance: Instance | None = None, /, **parameters: Any) -> dict[str, Any]:
        """Execute an operator outside or inside a task instance."""
        task: Any = operator(task_id="task", **({"output_uri": self.uri} | parameters))
        context = {} if instance is None else {"ti": instance}
        result: dict[str, Any] = task.execute(context)
        return result
