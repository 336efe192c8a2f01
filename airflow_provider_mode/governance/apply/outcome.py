"""What came of a task, over all its attempts, and the result that Airflow keeps of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_mode.client.errors import ModeError
from airflow_provider_mode.governance.apply.done import Done
from airflow_provider_mode.governance.errors import GovernanceError, StorageError
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.lines import ARCHIVE_REPORT, DELETE_SCHEDULE, Entry

MOST_LISTED = 1000
MOST_FAILED = 100
LONGEST_ERROR = 300
LARGEST = 44_000
"""Bytes of JSON, so that an XCom stays below 48 KB whatever a backend wraps around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was changed, spared and failed; `fatal` is what ended it early, `left` how many reports remain."""

    archived: tuple[str, ...] = ()
    schedules_deleted: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    permanent: bool = True
    fatal: ModeError | GovernanceError | None = None
    left: int = 0

    @classmethod
    def of(
        cls,
        found: Iterable[Done],
        journal: Journal,
        *,
        fatal: ModeError | GovernanceError | None = None,
        left: int,
    ) -> Outcome:
        """The outcome of this attempt and, by the journal, of those before it."""
        found = list(found)
        entries: list[Entry] = []
        try:
            entries = journal.entries()
        except StorageError as error:
            fatal = fatal or error
        made = [entry for entry in entries if entry.done]
        remarks = {
            entry.report: entry.error for entry in made if entry.error and entry.kind == ARCHIVE_REPORT
        }
        failed = {done.report: "; ".join(done.failures) for done in found if done.failures}
        ends = [done.fatal for done in found if done.fatal is not None]
        return cls(
            archived=distinct(
                [each.report for each in made if each.kind == ARCHIVE_REPORT],
                [done.report for done in found if done.archived],
            ),
            schedules_deleted=distinct(
                [each.schedule for each in made if each.kind == DELETE_SCHEDULE],
                [schedule for done in found for schedule in done.deleted],
            ),
            skipped=dict(sorted(Counter(done.spared.reason for done in found if done.spared).items())),
            failed=dict(sorted({**remarks, **failed}.items())),
            permanent=all(done.permanent for done in found),
            fatal=fatal or next(iter(ends), None),
            left=left + sum(done.left for done in found),
        )

    def result(self, **facts: Any) -> dict[str, Any]:
        """The result for an XCom, with what the caller knows (plan, digest, ...), shortened to fit."""
        return shortened(
            {
                **facts,
                "archived": list(self.archived),
                "schedules_deleted": list(self.schedules_deleted),
                "skipped": dict(self.skipped),
                "failed": dict(self.failed),
            }
        )


def distinct(*lists: Iterable[str | None]) -> tuple[str, ...]:
    """What stands in any of some lists, once and sorted."""
    return tuple(sorted({item for items in lists for item in items if item is not None}))


def shortened(result: Mapping[str, Any]) -> dict[str, Any]:
    """A result that fits into an XCom: long lists lose their ends, long errors their middles."""
    short = dict(result)
    for key, value in short.items():
        if isinstance(value, list):
            short[key] = value[:MOST_LISTED]
    failed: Mapping[str, str] = short.get("failed", {})
    short["failed"] = {
        report: _cut(error, LONGEST_ERROR) for report, error in list(failed.items())[:MOST_FAILED]
    }
    while len(json.dumps(short)) > LARGEST:
        key = max(short, key=lambda name: len(json.dumps(short[name])))
        held = short[key]
        kept = len(held) * 3 // 4
        short[key] = dict(list(held.items())[:kept]) if isinstance(held, dict) else held[:kept]
    return short


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length * 2 // 3]} … {text[-length // 3 + 3 :]}"
