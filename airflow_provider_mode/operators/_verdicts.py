"""The verdicts of a new plan in the task's log, each with its evidence and how old that is."""

from __future__ import annotations

from typing import Any

from airflow_provider_mode.governance.durations import counted
from airflow_provider_mode.governance.plan.plan import Plan, moment_text
from airflow_provider_mode.governance.render.facts import kept_of, rows_of

MOST = 200
"""So many reports are named; the plan has them all."""
_HEAPS = ("stale", "fresh", "exempt", "unknown")


def log_verdicts(log: Any, plan: Plan) -> None:
    """A line for each report that would change, one for each reason to keep others, and the totals."""
    rows = rows_of(plan)
    for row in rows[:MOST]:
        log.info(
            "stale: %s, %r: %s. Evidence: %s", row.report, row.name, row.reason, row.evidence(plan.created_at)
        )
    if len(rows) > MOST:
        log.info("stale: %d more, all of them in the plan", len(rows) - MOST)
    for kept in kept_of(plan):
        log.info("kept: %s: %s", counted(len(kept.reports), "report"), kept.says)
    heaps = ", ".join(f"{plan.counts[heap]} {heap}" for heap in _HEAPS)
    log.info(
        "%s judged by evidence from %s as of %s: %s",
        counted(plan.counts["reports"] - plan.counts["archived_already"], "report"),
        plan.source,
        moment_text(plan.created_at),
        heaps,
    )
