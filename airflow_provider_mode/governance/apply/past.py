"""What earlier attempts of the same task have done, by their journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from airflow_provider_mode.governance.journal.lines import ARCHIVE_REPORT, DELETE_SCHEDULE, Entry


class Past:
    """The attempts of a journal, by what they did to what."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: dict[tuple[str, str, str | None], list[Entry]] = defaultdict(list)
        self._deleted: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            self._entries[entry.key].append(entry)
            if entry.kind == DELETE_SCHEDULE and entry.done and entry.schedule:
                self._deleted[entry.report].add(entry.schedule)

    def has_archived(self, report: str) -> bool:
        """Whether the report was archived by us."""
        return any(entry.done for entry in self._entries.get((ARCHIVE_REPORT, report, None), ()))

    def deleted(self, report: str) -> set[str]:
        """The report's schedules that were deleted by us."""
        return set(self._deleted.get(report, ()))

    def doubtful(self, kind: str, report: str, schedule: str | None = None) -> Entry | None:
        """An attempt that may have been made, though no line says so: if the change is there, it was ours."""
        tried = self._entries.get((kind, report, schedule), [])
        return next((entry for entry in tried if entry.doubtful), None)
