"""A sandbox of reports that are stale, a plan for them, and ways to apply it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from airflow_provider_mode.client import ModeClient, ModeConfig
from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.governance.apply.apply import apply
from airflow_provider_mode.governance.apply.outcome import Outcome
from airflow_provider_mode.governance.apply.units import Unit, units_to_archive
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.journals import journals_in
from airflow_provider_mode.governance.journal.lines import Entry, Header
from airflow_provider_mode.governance.plan.make_plan import make_plan
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.restore.restore import RestoreOutcome, restore
from airflow_provider_mode.sandbox import Options, Sandbox
from airflow_provider_mode.sandbox.model import Report

POLICY: dict[str, Any] = {"max_views": 3, "not_edited_for": "90d", "exempt_subscribed": False}
DAILY = {"freq": "daily", "hour": 3, "minute": 30, "time_zone": "UTC"}
WEEKLY = {"freq": "weekly", "hour": 7, "minute": 0, "day_of_week": 1, "time_zone": "Paris"}


class Time:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        """The seconds so far."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let some pass."""
        self.now += seconds


class World:
    """A workspace, its clock standing still, and a folder for plans and journals."""

    def __init__(self, root: Path, **options: Any) -> None:
        self.root = root
        chosen: dict[str, Any] = {"reports": 0, "collections": 1, "limit": "off", "frozen": True}
        self.sandbox = Sandbox(Options(**(chosen | options)))
        self.time = Time()
        self.home = ""

    def __enter__(self) -> Self:
        self.sandbox.start()
        self.home = self.sandbox.add_collection("Weekly numbers").token
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.stop()

    def now(self) -> datetime:
        """The workspace's present."""
        return self.sandbox.now

    def client(self, **config: Any) -> ModeClient:
        """A client of the workspace, whose waits take no time."""
        values = {"retry_for": 20.0, "concurrency": 1, "rate_limit": None} | config
        return ModeClient(
            ModeConfig(
                workspace=self.sandbox.workspace,
                login=self.sandbox.login,
                password=self.sandbox.password,
                host=self.sandbox.url,
                **values,
            ),
            clock=self.time.clock,
            sleep=self.time.sleep,
        )

    def stale(self, *crons: Mapping[str, Any], subscribers: Sequence[str] = (), **fields: Any) -> Report:
        """A report that nobody uses, with a schedule for each `cron`."""
        then = self.now() - timedelta(days=400)
        values = {"created_at": then, "edited_at": then, "view_count": 1, "collection": self.home} | fields
        report = self.sandbox.add_report(**values)
        for number, cron in enumerate(crons):
            self.sandbox.add_schedule(
                report,
                cron=cron,
                name=f"Schedule {number}",
                parameters={"region": "eu"},
                timeout=1800,
                subscribers=list(subscribers),
            )
        return report

    def plan(self, policy: Mapping[str, Any] | None = None, **how: Any) -> Plan:
        """The plan that a policy makes of the workspace now."""
        return make_plan(self.client(), StalePolicy.from_value(policy or POLICY), now=self.now(), **how)

    def units(self, policy: Mapping[str, Any] | None = None) -> list[Unit]:
        """What archiving by a fresh plan means."""
        return units_to_archive([self.plan(policy)])

    def header(self, **more: Any) -> Header:
        """The header of a journal of this workspace."""
        return Header(workspace=self.sandbox.workspace, host=self.sandbox.url, **more)

    def journal(self, folder: Any = None, **how: Any) -> Journal:
        """The journal of a task."""
        return Journal(
            self.root / "task" if folder is None else folder,
            self.header(),
            **({"clock": self.now, "sleep": self.time.sleep} | how),
        )

    def entries(self, root: Any = None) -> list[Entry]:
        """All attempts that journals in the folder tell of."""
        return journals_in(self.root if root is None else root, self.header()).entries

    def apply(self, units: Sequence[Unit], *, folder: Any = None, client: Any = None, **how: Any) -> Outcome:
        """Apply in the task's folder, unfinished journals first."""
        entries = self.entries(how.pop("root", None))
        journal = self.journal(folder)
        full: dict[str, Any] = {"clock": self.now, "entries": entries, "sleep": self.time.sleep} | how
        try:
            return apply(units, client or self.client(), journal, **full)
        finally:
            journal.close()

    def restore(self, *, entries: Any = None, client: Any = None, **how: Any) -> RestoreOutcome:
        """Restore from the task's journal into another's."""
        found = self.entries(self.root / "task") if entries is None else entries
        journal = self.journal(self.root / "back")
        try:
            return restore(found, client or self.client(), journal, sleep=self.time.sleep, **how)
        finally:
            journal.close()

    def asked(self) -> list[str]:
        """The requests since they were last forgotten, as `VERB path`."""
        return [f"{each.method} {each.target}" for each in self.sandbox.requests]

    def shape(self) -> dict[str, Any]:
        """What matters of the workspace: which reports are archived, and which schedules they have."""
        return {
            token: (report.archived, sorted(map(plain, report.schedules.values())))
            for token, report in self.sandbox.state.reports.items()
        }

    def changes(self, kind: str) -> list[str]:
        """What was changed by requests, in order: the schedule, or else the report."""
        return [
            change.schedule or change.report or ""
            for change in self.sandbox.state.changes
            if change.kind == kind and change.by != "sandbox"
        ]


def plain(schedule: Any) -> str:
    """A schedule without its name and its 12 characters."""
    return f"{schedule.cron} {sorted(schedule.parameters.items())} {schedule.timeout}"


def counter(at: int) -> Callable[[], bool]:
    """A stop that says so from the `at`-th time on that it is asked."""
    asked: Iterator[int] = itertools.count(1)
    return lambda: next(asked) >= at
