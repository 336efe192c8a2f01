"""The unit of work: one report, with what is to be done to it and what the plan knew of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from airflow_provider_mode.client.bulk import bounded_map
from airflow_provider_mode.client.errors import NotFound
from airflow_provider_mode.client.models import Report, Schedule
from airflow_provider_mode.governance.apply.writes import Writes
from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.governance.evidence.asking import definition_of
from airflow_provider_mode.governance.evidence.evidence import Evidence, from_report
from airflow_provider_mode.governance.plan.plan import ARCHIVE_REPORT, DELETE_SCHEDULE, Action, Plan
from airflow_provider_mode.governance.policy.policy import StalePolicy

_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One report: `schedules` are all that the plan holds, each with its definition.

    Without a policy (reports named one by one) nothing is judged again.
    """

    report: str
    evidence: Evidence
    policy: StalePolicy | None
    schedules: Mapping[str, Mapping[str, Any]]
    archives: bool
    deletes: bool = True

    @property
    def count(self) -> int | None:
        """How many schedules the report had when the plan was made, by its own count."""
        count = self.evidence.schedules_count
        return count if isinstance(count, int) else None


def units_to_archive(plans: Iterable[Plan], *, delete_schedules: bool = True) -> list[Unit]:
    """What archiving means for the reports of some plans: of a report in several, the latest counts."""
    units = _latest(plans, lambda unit: unit.archives)
    return [replace(unit, deletes=delete_schedules) for unit in units]


def units_to_unschedule(plans: Iterable[Plan]) -> list[Unit]:
    """What deleting exactly the schedules in some plans means: of a report in several, the latest counts."""
    units = _latest(plans, lambda unit: bool(unit.schedules))
    return [replace(unit, archives=False) for unit in units]


def units_of_reports(client: Writes, reports: Sequence[str], now: datetime) -> list[Unit]:
    """Every schedule of reports named one by one, archived or not; one that does not exist is an error."""
    units: list[Unit] = []
    unknown: list[str] = []

    def look(report: str) -> tuple[Report, list[Schedule]] | None:
        try:
            found = client.report(report)
            return found, list(client.schedules(report, found.schedules_count))
        except NotFound:
            return None

    distinct = list(dict.fromkeys(reports))
    for report, seen in bounded_map(look, distinct, workers=client.config.concurrency):
        if seen is None:
            unknown.append(report)
        else:
            units.append(_named_unit(*seen, url=client.report_url(report), now=now))
    if unknown:
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        raise SettingError(
            "reports", f"Mode knows no report {', '.join(unknown[:_NAMED])}{more}: nothing was changed"
        )
    return units


def _named_unit(report: Report, schedules: Iterable[Schedule], *, url: str, now: datetime) -> Unit:
    return Unit(
        report=report.token,
        evidence=from_report(report, None, url=url, as_of=now),
        policy=None,
        schedules={schedule.token: definition_of(schedule) for schedule in schedules},
        archives=False,
    )


def _latest(plans: Iterable[Plan], wanted: Callable[[Unit], bool]) -> list[Unit]:
    units: dict[str, Unit] = {}
    for plan in sorted(plans, key=lambda plan: plan.created_at):
        units |= {unit.report: unit for unit in _planned(plan) if wanted(unit)}
    return list(units.values())


def _planned(plan: Plan) -> Iterator[Unit]:
    policy = StalePolicy.from_value(plan.policy)
    for report, actions in plan.by_report():
        yield Unit(
            report=report,
            evidence=Evidence.from_json(actions[0].evidence),
            policy=policy,
            schedules=dict(_definitions(actions)),
            archives=any(action.kind == ARCHIVE_REPORT for action in actions),
        )


def _definitions(actions: Iterable[Action]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for action in actions:
        if action.kind == DELETE_SCHEDULE and action.schedule is not None:
            yield action.schedule, action.definition or {}
