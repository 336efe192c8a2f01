"""On what grounds an operator changes things: the plans, their reports that are due, the limit on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from airflow_provider_mode.governance.apply.memory import Memory, long_planned, plans_in, remember
from airflow_provider_mode.governance.apply.units import Unit
from airflow_provider_mode.governance.journal.journals import journals_in
from airflow_provider_mode.governance.plan.limits import MaxChanges, parse_max_changes
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.hooks import templates
from airflow_provider_mode.operators._approval import approved_by
from airflow_provider_mode.operators._job import Job
from airflow_provider_mode.operators._planning import Request, plan_for, read_plans


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What bounds the changes, parsed before anything is asked of Mode."""

    max_changes: MaxChanges
    min_age: timedelta | None
    dry_run: bool
    header: Mapping[str, Any]

    @classmethod
    def parse(cls, operator: Any) -> Limits:
        """The operator's rendered parameters; what does not parse is an error that names the parameter."""
        return cls(
            max_changes=parse_max_changes(operator.max_changes),
            min_age=templates.duration(operator.min_age, "min_age"),
            dry_run=templates.flag(operator.is_dry_run, "dry_run"),
            header=approved_by(operator.approval),
        )


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What is to be done, and on what grounds."""

    units: Sequence[Unit]
    things: str
    planned: int
    total: int | None
    examined: int
    plan: Any = None
    digest: Any = None
    memory: Memory = field(default_factory=Memory)
    waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class FromPlans:
    """Plans, what they mean, and what earlier plans and journals have to say to it."""

    plans: Sequence[Plan]
    uris: Sequence[str]
    units: Sequence[Unit]
    memory: Memory
    waiting: int

    def planned(self, things: str, planned: int, total: int | None) -> Planned:
        """All that the rest of the work needs."""
        digests = [plan.digest for plan in self.plans]
        return Planned(
            units=self.units,
            things=things,
            planned=planned,
            total=total,
            examined=sum(plan.counts["reports"] for plan in self.plans),
            plan=self.uris[0] if len(self.uris) == 1 else list(self.uris),
            digest=digests[0] if len(digests) == 1 else digests,
            memory=self.memory,
            waiting=self.waiting,
        )


def from_plans(
    job: Job, limits: Limits, kinds: Sequence[str], units_of: Callable[[Sequence[Plan]], list[Unit]]
) -> FromPlans:
    """The plan that the policy makes, or the plans that are named, and which of their reports are due."""
    operator = job.operator
    if templates.absent(operator.plan):
        request = Request.parse(operator, kinds=kinds, dry_run=limits.dry_run)
        memory = memory_of(job, request.policy.longest)
        plan, uri = plan_for(job, request, memory.kept(request.policy.longest, job.now))
        plans, uris = [plan], [uri]
    else:
        uris = list(templates.required_texts(operator.plan, "plan"))
        plans = read_plans(job, uris, templates.texts(operator.digest, "digest"))
        memory = memory_of(job, max(StalePolicy.from_value(plan.policy).longest for plan in plans))
    units = units_of(plans)
    due = _due(job, limits, plans, units, memory)
    return FromPlans(plans=plans, uris=uris, units=due, memory=memory, waiting=len(units) - len(due))


def memory_of(job: Job, longest: timedelta) -> Memory:
    """What the journals and plans in the whole folder tell of reports that we archived and that came back."""
    entries = journals_in(job.root, job.header()).entries
    return remember(entries, lambda: plans_in(job.root, job.client.config.workspace), longest, job.now)


def _due(job: Job, limits: Limits, plans: Sequence[Plan], units: list[Unit], memory: Memory) -> list[Unit]:
    """The reports that stood in a plan long enough, where that is asked for."""
    if limits.min_age is None:
        return units
    known = [*plans, *plans_in(job.root, job.client.config.workspace)]
    stood = long_planned(known, job.now - limits.min_age, memory)
    return [unit for unit in units if unit.report in stood]


def total_of(plans: Sequence[Plan], count: Callable[[Plan], int | None]) -> int | None:
    """
    How many there are in the plans' scope together.

    Plans that share a report are of one scope, which must not count twice; others add up.
    """
    counts = [count(plan) for plan in plans]
    known = [number for number in counts if number is not None]
    if len(known) < len(counts):
        return None
    reports = [report for plan in plans for report in _reports(plan)]
    return sum(known) if len(set(reports)) == len(reports) else max(known)


def _reports(plan: Plan) -> set[str]:
    kept = {report for reports in plan.kept.values() for report in reports}
    return kept | {action.report for action in plan.actions}
