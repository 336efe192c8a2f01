"""What journals say was taken away, report by report: what a restore should bring back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.governance.journal.lines import (
    ARCHIVE_REPORT,
    CREATE_SCHEDULE,
    DELETE_SCHEDULE,
    UNARCHIVE_REPORT,
    Entry,
)
from airflow_provider_mode.governance.restore.definitions import alike, body_of

_NAMED = 10
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Wish:
    """One report: whether we archived it, and the definitions of the schedules that we deleted."""

    report: str
    archived: bool = False
    schedules: list[Mapping[str, Any]] = field(default_factory=list)
    unknown: int = 0  # schedules whose times were never known
    subscriptions: int = 0  # lost with their schedules

    def take(self, entry: Entry) -> None:
        """Add what one attempt did, in the order in which attempts were made."""
        if entry.kind in {ARCHIVE_REPORT, UNARCHIVE_REPORT}:
            self.archived = entry.kind == ARCHIVE_REPORT
            return
        body = body_of(entry.before.definition or {})
        if entry.kind == CREATE_SCHEDULE and body is not None:
            match = next((each for each in self.schedules if alike(each, body)), None)
            if match is not None:
                self.schedules.remove(match)
        elif entry.kind == DELETE_SCHEDULE:
            self.subscriptions += len(entry.before.subscriptions or ())
            self.unknown += body is None
            if body is not None:
                self.schedules.append(body)


def wishes(entries: Iterable[Entry], reports: Sequence[str] | None = None) -> list[Wish]:
    """What to bring back, of all reports or of those named; a named one that no journal knows is an error.

    A change that may have been made although no line says so counts: the server tells what is missing.
    """
    found: dict[str, Wish] = {}
    seen: set[tuple[str, str, str]] = set()
    for entry in sorted(entries, key=_order):
        if not (entry.done or (entry.doubtful and not _brings_back(entry))):
            continue
        if entry.kind == DELETE_SCHEDULE and entry.schedule is not None:
            if (entry.kind, entry.report, entry.schedule) in seen:
                continue
            seen.add((entry.kind, entry.report, entry.schedule))
        found.setdefault(entry.report, Wish(entry.report)).take(entry)
    _refuse_strangers(reports or (), found)
    return [wish for report, wish in found.items() if reports is None or report in reports]


def _brings_back(entry: Entry) -> bool:
    return entry.kind in {CREATE_SCHEDULE, UNARCHIVE_REPORT}


def _order(entry: Entry) -> tuple[datetime, bool]:
    """By time; what happened at the very same moment was first taken away, then brought back."""
    return entry.at or _LONG_AGO, _brings_back(entry)


def _refuse_strangers(reports: Sequence[str], found: Collection[str]) -> None:
    strangers = [report for report in dict.fromkeys(reports) if report not in found]
    if strangers:
        more = f" and {len(strangers) - _NAMED} more" if len(strangers) > _NAMED else ""
        raise SettingError(
            "reports",
            f"no journal tells of {', '.join(strangers[:_NAMED])}{more}: nothing was restored",
        )
