"""Every report of an inventory in one heap: archived, fresh, exempt, unknown, or perhaps stale."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from airflow_provider_mode.governance.evidence.evidence import UNASKED, Evidence
from airflow_provider_mode.governance.plan.plan import KINDS, Action
from airflow_provider_mode.governance.plan.summary import Summary
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.governance.policy.verdict import Verdict

COUNTS = (
    "collections",
    "personal_collections",
    "unreadable_collections",
    "reports",
    "archived_already",
    "datasets",
    "unarchived",
    "fresh",
    "exempt",
    "unknown",
    "stale",
)
"""What a plan counts, besides actions by kind, what its source counts of its own, and `schedules` where
every report told its number."""


class Sorting:
    """Judges rows as they stream by, counts them all, and remembers only those kept for a reason."""

    def __init__(self, policy: StalePolicy, *, now: datetime, restored: Collection[str] = ()) -> None:
        self.now = now
        self.tally: Counter[str] = Counter()
        self._policy = policy
        self._restored = frozenset(restored)
        self._kept: dict[str, list[str]] = {}
        self._unmatched = set(policy.exempt_reports)
        self._schedules: int | None = 0
        self._unconfirmed: set[str] = set()
        self._summary = Summary(policy)

    def judge(self, row: Evidence) -> Verdict:
        """The policy's word on one row."""
        return self._policy.judge(row, self.now)

    def may_be_stale(self, row: Evidence) -> bool:
        """Count a row of the inventory, and say whether it has to be looked at again."""
        self._unmatched -= {row.report, row.url}
        self.tally["datasets"] += row.is_dataset
        if row.is_dataset and not self._policy.include_datasets:
            return False
        self.tally["reports"] += 1
        if row.archived is not UNASKED:
            self._count_unarchived(row)
            return self._sort(row) is not None
        self._schedules = None
        if self._sort(row) is None:
            return False
        self._unconfirmed.add(row.report)
        return True

    def _count_unarchived(self, row: Evidence) -> None:
        """Only what REST has told of: a percentage must never be one of reports that are not there."""
        if row.archived is not True and row.doubt is None:
            self.tally["unarchived"] += 1
            self._count_schedules(row)

    def _count_schedules(self, row: Evidence) -> None:
        """All schedules in scope, as long as every report tells its number."""
        if self._schedules is not None:
            number = row.schedules_count
            self._schedules = self._schedules + number if isinstance(number, int) else None

    def still_stale(self, rows: Iterable[Evidence]) -> Iterator[tuple[Evidence, Verdict]]:
        """The rows that are stale as far as is known, each with its verdict; others go to their heaps."""
        for row in rows:
            if row.report in self._unconfirmed and row.archived is not UNASKED:
                self._unconfirmed.discard(row.report)
                self._count_unarchived(row)
            verdict = self._sort(row)
            if verdict is not None:
                yield row, verdict

    def is_answered(self, row: Evidence, verdict: Verdict) -> bool:
        """Whether a row is stale by all that there is to ask; a question never answered keeps it."""
        return verdict.kind == "stale" or self.keep(row, "unknown", f"unknown_{min(verdict.needs)}")

    def _sort(self, row: Evidence) -> Verdict | None:
        """The verdict on a row that may be stale; None where it went to a heap."""
        if row.archived is True:
            self.tally["archived_already"] += 1
            return None
        verdict = self.judge(row)
        if verdict.kind == "fresh":
            self._put(row, "fresh")
        elif verdict.kind in {"exempt", "unknown"}:
            self.keep(row, verdict.kind, verdict.reason)
        elif row.report in self._restored and row.archived is not UNASKED:  # it may still be archived
            self.keep(row, "exempt", "restored")
        else:
            return verdict
        return None

    def keep(self, row: Evidence, kind: str, reason: str) -> bool:
        """Count a row as kept for this reason; always false."""
        self._kept.setdefault(reason, []).append(row.report)
        self._summary.name(row)
        return self._put(row, kind)

    def settle(self, rows: Iterable[Evidence]) -> None:
        """Count the rows that are stale in the end."""
        for row in rows:
            self._put(row, "stale")

    def _put(self, row: Evidence, heap: str) -> bool:
        self.tally[heap] += 1
        self._summary.count(row, stale=heap == "stale")
        return False

    def summary(self) -> dict[str, Any]:
        """What the plan tells of all reports."""
        return self._summary.to_json()

    def kept(self) -> dict[str, list[str]]:
        """The reports that are kept, by reason, sorted."""
        return {reason: sorted(reports) for reason, reports in sorted(self._kept.items())}

    def counts(self, actions: Iterable[Action]) -> dict[str, int]:
        """All counts of a plan."""
        counts = dict.fromkeys((*COUNTS, *KINDS), 0) | dict(self.tally)
        counts |= Counter(action.kind for action in actions)
        return counts if self._schedules is None else counts | {"schedules": self._schedules}

    def warn_unmatched(self, log: logging.Logger) -> None:
        """Say which entries of `exempt_reports` matched nothing: a mistyped one protects nobody."""
        for entry in sorted(self._unmatched):
            log.warning("exempt_reports: no report in scope matches %r", entry)
