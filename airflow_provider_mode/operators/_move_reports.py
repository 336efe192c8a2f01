"""The work of ``MoveReportsOperator``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_mode.client import AuthenticationError, Collection, ModeClient, ModeError, NotFound
from airflow_provider_mode.client import Report as ModeReport
from airflow_provider_mode.governance.apply.outcome import shortened
from airflow_provider_mode.governance.errors import LimitExceeded, SettingError
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.plan.limits import check_limit, parse_max_changes
from airflow_provider_mode.hooks import templates
from airflow_provider_mode.hooks.failures import failing_fast, incomplete
from airflow_provider_mode.hooks.showing import show
from airflow_provider_mode.operators._folder import uri_of
from airflow_provider_mode.operators._job import Job
from airflow_provider_mode.operators._touched import reports_changed

MOVE_REPORT = "move_report"
THERE, GONE = "there_already", "gone"


@dataclass(kw_only=True)
class Moves:
    """What is to be moved, and what came of it."""

    collection: str
    skipped: Counter[str] = field(default_factory=Counter)
    moved: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    permanent: bool = True
    left: int = 0


def move_reports(operator: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """Look, check the limit, move, and say what was done."""
    with failing_fast():
        named = templates.required_texts(operator.reports, "reports")
        dry_run = templates.flag(operator.is_dry_run, "dry_run")
        limit = parse_max_changes(operator.max_changes)
        if limit.percent is not None:
            raise SettingError("max_changes", f"must be a number with reports=, not {operator.max_changes!r}")
        job = Job.start(operator, context)
        moves = Moves(collection=_collection(job.client, operator.collection))
        planned = _planned(job, named, moves)
        _check(job, len(planned), limit.allowed(None), len(named), dry_run=dry_run)
        journal = None if dry_run else _moved(job, planned, moves)
        result = _result(job, moves, len(planned), journal, dry_run=dry_run)
        if moves.failed or moves.left:
            job.push_result(result)
            raise incomplete(_sentence(moves, journal), permanent=moves.permanent and not moves.left)
        reports_changed(operator, context, job.client, moves.moved, collection=moves.collection)
    return result


def _collection(client: ModeClient, given: Any) -> str:
    """The 12 characters of the collection that is meant, by them or by a name that no other has."""
    wanted = templates.text(given, "collection")
    there = [each for each in client.collections() if each.state != "soft_deleted"]
    found: list[Collection] = [each for each in there if each.token == wanted]
    found = found or [each for each in there if each.name == wanted]
    if len(found) != 1:
        many = f"{len(found)} collections are called so; name it by its 12 characters"
        raise SettingError("collection", f"{given!r:.80}: {many if found else 'there is no such collection'}")
    return found[0].token


def _planned(job: Job, named: Sequence[str], moves: Moves) -> list[ModeReport]:
    """The reports as they are now, but for those that are there already; an unknown one is an error."""
    client = job.client
    found = [client.report(each) for each in dict.fromkeys(map(client.report_token, named))]
    if len(found) == 1:
        show(job.operator, job.context, report=client.report_url(found[0]))
    planned = [report for report in found if report.collection != moves.collection]
    moves.skipped[THERE] += len(found) - len(planned)
    return planned


def _check(job: Job, planned: int, allowed: int, total: int, *, dry_run: bool) -> None:
    try:
        check_limit(planned, allowed, total)
    except LimitExceeded as error:
        if not dry_run:
            raise
        job.operator.log.warning("%s", error)


def _moved(job: Job, planned: Sequence[ModeReport], moves: Moves) -> Journal:
    """Move one report after the other, each with a line before and after it."""
    journal = Journal(job.folder, job.header(), clock=lambda: job.now)
    try:
        for number, report in enumerate(planned):
            if job.stopping():
                moves.left = len(planned) - number
                break
            _move(job.client, journal, report, moves)
    finally:
        journal.close()
    return journal


def _move(client: ModeClient, journal: Journal, report: ModeReport, moves: Moves) -> None:
    """Move one report; what fails is told at the end, but for a key that is refused."""
    way = {"from": report.collection, "to": moves.collection}
    n = journal.before(MOVE_REPORT, report.token, definition=way)
    try:
        client.move(report, collection=moves.collection)
    except ModeError as error:
        journal.after(n, ok=False, error=str(error))
        if isinstance(error, AuthenticationError):
            raise
        if isinstance(error, NotFound):
            moves.skipped[GONE] += 1
            return
        moves.failed[report.token] = str(error)
        moves.permanent = moves.permanent and not error.retryable
    else:
        journal.after(n, ok=True)
        moves.moved.append(report.token)


def _result(
    job: Job, moves: Moves, planned: int, journal: Journal | None, *, dry_run: bool
) -> dict[str, Any]:
    requests, seconds = job.spend()
    return shortened(
        {
            "collection": moves.collection,
            "journal": None if journal is None else uri_of(journal.path),
            "planned": planned,
            "moved": moves.moved,
            "skipped": {reason: number for reason, number in moves.skipped.items() if number},
            "failed": moves.failed,
            "dry_run": dry_run,
            "requests": requests,
            "seconds": seconds,
        }
    )


def _sentence(moves: Moves, journal: Journal | None) -> str:
    where = "" if journal is None else f" The journal is {uri_of(journal.path)}."
    if not moves.failed:
        return f"stopped with {moves.left} reports left; a retry goes on.{where}"
    report, error = next(iter(moves.failed.items()))
    return f"{len(moves.failed)} reports could not be moved, the first of them {report}: {error}{where}"
