"""What an operator returns, or raises with the result left behind, once its changes are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from airflow_provider_mode.governance.apply.outcome import Outcome
from airflow_provider_mode.governance.durations import counted
from airflow_provider_mode.hooks.failures import ChangesIncomplete, incomplete, is_permanent
from airflow_provider_mode.operators._grounds import Limits, Planned
from airflow_provider_mode.operators._job import Job

WAITING = "waiting"


def finished(job: Job, outcome: Any, result: dict[str, Any]) -> dict[str, Any]:
    """The result, or after pushing it the error that says what is left undone and where the journal is."""
    if outcome.fatal is None and not outcome.failed and not outcome.left:
        return result
    job.push_result(result)
    where = f"The journal is {result['journal']}."
    if outcome.fatal is not None:
        permanent = is_permanent(outcome.fatal)
        raise incomplete(f"{ended(outcome.fatal)} {where}", permanent=permanent) from outcome.fatal
    if outcome.failed:
        report, error = next(iter(outcome.failed.items()))
        failed = counted(len(outcome.failed), "report")
        sentence = f"{failed} failed, the first of them {report}: {ended(error)} {where}"
        raise incomplete(sentence, permanent=outcome.permanent and not outcome.left)
    raise ChangesIncomplete(f"stopped with {outcome.left} reports left; a retry goes on. {where}")


def ended(sentence: object) -> str:
    """A sentence with its full stop."""
    text = str(sentence)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def result_of(
    job: Job, limits: Limits, planned: Planned, outcome: Outcome, *, journal: str | None
) -> dict[str, Any]:
    """The result that the contract of both operators fixes."""
    skipped = dict(outcome.skipped) | ({WAITING: planned.waiting} if planned.waiting else {})
    requests, seconds = job.spend()
    return replace(outcome, skipped=skipped).result(
        plan=planned.plan,
        digest=planned.digest,
        journal=journal,
        examined=planned.examined,
        planned=planned.planned,
        dry_run=limits.dry_run,
        requests=requests,
        seconds=seconds,
    )


def say(job: Job, outcome: Outcome, result: Mapping[str, Any]) -> None:
    """What was done, in one line; its numbers are whole where the result's lists are cut."""
    job.operator.log.info(
        "examined %s reports, planned %s; archived %s, deleted %s schedules, skipped %s, failed %s; "
        "%s requests in %s s; journal %s",
        result["examined"],
        result["planned"],
        len(outcome.archived),
        len(outcome.schedules_deleted),
        dict(result["skipped"]) or "none",
        len(outcome.failed),
        result["requests"],
        result["seconds"],
        result["journal"],
    )
