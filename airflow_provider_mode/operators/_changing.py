"""The work of the operators that change things: plan or read plans, check the limit, apply, and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_mode.governance.apply.apply import apply
from airflow_provider_mode.governance.apply.outcome import Outcome
from airflow_provider_mode.governance.apply.units import (
    units_of_reports,
    units_to_archive,
    units_to_unschedule,
)
from airflow_provider_mode.governance.errors import LimitExceeded, SettingError
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.journals import journals_in
from airflow_provider_mode.governance.plan.limits import check_limit
from airflow_provider_mode.governance.plan.plan import ARCHIVE_REPORT, DELETE_SCHEDULE
from airflow_provider_mode.hooks import templates
from airflow_provider_mode.hooks.failures import failing_fast
from airflow_provider_mode.operators._folder import uri_of
from airflow_provider_mode.operators._grounds import Limits, Planned, from_plans, total_of
from airflow_provider_mode.operators._job import Job
from airflow_provider_mode.operators._results import finished, result_of, say


def archive_reports(operator: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """The work of ``ArchiveStaleReportsOperator``."""
    with failing_fast():
        limits = Limits.parse(operator)
        deletes = templates.flag(operator.delete_schedules, "delete_schedules")
        kinds = (DELETE_SCHEDULE, ARCHIVE_REPORT) if deletes else (ARCHIVE_REPORT,)
        only_one_of(operator, "policy", "plan")
        with Job.start(operator, context) as job:
            found = from_plans(
                job, limits, kinds, lambda plans: units_to_archive(plans, delete_schedules=deletes)
            )
            total = total_of(found.plans, lambda plan: plan.counts["unarchived"])
            planned = found.planned("reports", len(found.units), total)
            return carry_out(job, limits, planned)


def delete_schedules(operator: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """The work of ``DeleteSchedulesOperator``."""
    with failing_fast():
        limits = Limits.parse(operator)
        reports = templates.texts(operator.reports, "reports")
        only_one_of(operator, "policy", "plan", "reports")
        if reports is not None:
            _check_named(operator, limits, reports)
            with Job.start(operator, context) as job:
                return carry_out(job, limits, _named(job, reports))
        with Job.start(operator, context) as job:
            found = from_plans(job, limits, (DELETE_SCHEDULE,), units_to_unschedule)
            total = total_of(found.plans, lambda plan: plan.counts.get("schedules"))
            planned = found.planned("schedules", sum(len(unit.schedules) for unit in found.units), total)
            return carry_out(job, limits, planned)


def only_one_of(operator: Any, *names: str) -> None:
    """Refuse none and several of the parameters that say what to change."""
    given = [name for name in names if not templates.absent(getattr(operator, name))]
    if len(given) != 1:
        said = f"{' and '.join(given)} are given" if given else "none is given"
        raise SettingError(names[0], f"exactly one of {', '.join(names)} says what to change, and {said}")
    idle = ("digest",) if given != ["plan"] else ()
    for name in (*idle, *(("collections", "history") if given != ["policy"] else ())):
        if not templates.absent(getattr(operator, name)):
            raise SettingError(name, f"has nothing to say where {given[0]} says what to change")


def carry_out(job: Job, limits: Limits, planned: Planned) -> dict[str, Any]:
    """Check the limit, apply what is planned unless it is a dry run, and return or raise what came of it."""
    _check_limit(job, limits, planned)
    if limits.dry_run:
        return result_of(job, limits, planned, Outcome(), journal=None)
    journal = Journal(job.folder, job.header(limits.header), clock=lambda: job.now)
    try:
        outcome = apply(
            planned.units,
            job.client,
            journal,
            clock=lambda: job.now,
            entries=journals_in(job.root, journal.header).entries,
            memory=planned.memory,
            stop=job.stopping,
            watch=job.watch,
        )
    finally:
        journal.close()
    result = result_of(job, limits, planned, outcome, journal=uri_of(journal.path))
    say(job, outcome, result)
    return finished(job, outcome, result)


def _check_named(operator: Any, limits: Limits, reports: Sequence[str]) -> None:
    if limits.max_changes.percent is not None:
        raise SettingError("max_changes", f"must be a number with reports=, not {operator.max_changes!r}")
    if limits.min_age is not None:
        raise SettingError("min_age", "cannot be judged with reports=, which stand in no plan")
    if not reports:
        raise SettingError("reports", "must not be empty")


def _named(job: Job, reports: Sequence[str]) -> Planned:
    """Every schedule of the reports that are named; all must exist."""
    units = units_of_reports(job.client, [job.client.report_token(report) for report in reports], job.now)
    planned = sum(len(unit.schedules) for unit in units)
    return Planned(units=units, things="schedules", planned=planned, total=planned, examined=len(units))


def _check_limit(job: Job, limits: Limits, planned: Planned) -> None:
    """Fail before the first change where more is planned than allowed; a dry run only says so."""
    try:
        allowed = limits.max_changes.allowed(planned.total)
        check_limit(planned.planned, allowed, planned.total, planned.things)
    except LimitExceeded as error:
        if not limits.dry_run:
            raise
        job.operator.log.warning("%s", error)
