"""What a plan says to its reader, worked out once for both renderings: rows, owners, kept reports, totals.

Everything comes from the plan. Its evidence is read as JSON: an absent key was not known, null means never.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from airflow_provider_mode.governance.plan.plan import ARCHIVE_REPORT, DELETE_SCHEDULE, Action, Plan
from airflow_provider_mode.governance.render import words

_FAR = timedelta(days=36500)
CRITERIA = {
    "not_viewed_for": ("last_viewed_at", "last viewed"),
    "not_run_for": ("last_run_at", "last run"),
    "not_run_by_hand_for": ("last_run_by_hand_at", "last run by hand"),
    "not_edited_for": ("edited_at", "last edited"),
}
"""Which evidence a criterion looks at, and its name; the first one given draws the picture."""
_SOURCES = {"rest": "REST", "sql": "SQL", "discovery": "Discovery"}


@dataclass(frozen=True, slots=True)
class When:
    """A moment of a report's life; without one it never happened, or is not known.

    `watched` is since when it has certainly not happened, where no more is known: views, by a history.
    """

    at: datetime | None
    known: bool
    watched: datetime | None = None

    @classmethod
    def read(cls, evidence: Mapping[str, Any], field: str) -> When:
        """The evidence's field: absent is unknown, null is never."""
        at = words.moment(evidence.get(field))
        known = field in evidence and (at is not None or evidence[field] is None)
        watched = None if known or field != "last_viewed_at" else _watched(evidence)
        return cls(at, known, watched)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One schedule that goes: its frequency in words, runs and hours a year where known."""

    says: str
    runs: int | None
    hours: float | None
    subscribers: int
    restorable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One report of the plan and all that is to happen to it."""

    report: str
    name: str
    url: str | None
    place: str
    owner: str | None
    left: bool
    archive: bool
    rhythms: tuple[Rhythm, ...]
    reason: str
    last_use: When
    viewed: When
    by_hand: When
    views: int | None
    schedules: int | None
    as_of: datetime | None
    source: str
    watched: datetime | None

    def evidence(self, now: datetime) -> str:
        """Where and when the evidence was read, and since when views are watched."""
        if self.as_of is None:
            return "read at an unknown time"
        source = _SOURCES.get(self.source, self.source)
        read = f"{source}, {self.as_of.date().isoformat()} ({words.age(self.as_of, now)})"
        if self.watched is None:
            return read
        return (
            f"{read}, views watched since {self.watched.date().isoformat()} ({words.age(self.watched, now)})"
        )

    @property
    def runs(self) -> int:
        """Runs a year of the schedules that go, as far as known."""
        return sum(rhythm.runs or 0 for rhythm in self.rhythms)


@dataclass(frozen=True, slots=True)
class Savings:
    """What the schedules cost in a year: hours only of those whose runtime is known."""

    schedules: int
    runs: int
    hours: float
    timed: int


@dataclass(frozen=True, slots=True)
class OwnerShare:
    """One person's part of the plan; None is nobody known."""

    owner: str | None
    left: bool
    reports: int
    schedules: int
    runs: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One reason to keep reports, and the reports."""

    reason: str
    says: str
    unknown: bool
    reports: tuple[str, ...]


def criterion_of(policy: Mapping[str, Any]) -> str | None:
    """The first criterion of time that the policy gives."""
    return next((name for name in CRITERIA if policy.get(name)), None)


def rows_of(plan: Plan) -> list[Row]:
    """One row a report, those first whose schedules run most, then those longest unused."""
    field = CRITERIA.get(criterion_of(plan.policy) or "", ("last_run_at", ""))[0]
    left = plan.summary.get("left")
    gone = frozenset(map(str, left)) if isinstance(left, list) else frozenset()
    rows = (_row(group, field, gone) for _, group in plan.by_report())
    return sorted(rows, key=_most_first)


def _most_first(row: Row) -> tuple[int, float, str]:
    at = row.last_use.at or row.last_use.watched
    return (-row.runs, at.timestamp() if at else 0.0, row.report)


def _row(group: Sequence[Action], field: str, gone: frozenset[str]) -> Row:
    first = next((action for action in group if action.kind == ARCHIVE_REPORT), group[0])
    evidence = first.evidence
    place = evidence.get("collection_name") or first.collection
    return Row(
        report=words.clean(first.report, 64),
        name=words.clean(first.name or "") or "(no name)",
        url=words.safe_url(first.url),
        place=words.clean(place, 120) if place else "",
        owner=words.clean(first.owner, 120) if first.owner else None,
        left=first.owner in gone,
        archive=first.kind == ARCHIVE_REPORT,
        rhythms=tuple(_rhythm(action) for action in group if action.kind == DELETE_SCHEDULE),
        reason=words.clean(first.reason, 600),
        last_use=When.read(evidence, field),
        viewed=When.read(evidence, "last_viewed_at"),
        by_hand=When.read(evidence, "last_run_by_hand_at"),
        views=_count(evidence.get("view_count")),
        schedules=_count(evidence.get("schedules_count")),
        as_of=words.moment(evidence.get("as_of")),
        source=words.clean(evidence.get("source", ""), 40),
        watched=_watched(evidence),
    )


def _watched(evidence: Mapping[str, Any]) -> datetime | None:
    """Since when a history has watched the report's views."""
    return words.moment(evidence.get("watched_since"))


def _rhythm(action: Action) -> Rhythm:
    definition = action.definition or {}
    runs, seconds = words.runs_a_year(definition), action.evidence.get("expected_runtime")
    known = isinstance(seconds, int | float) and 0 <= seconds < _FAR.total_seconds()
    hours = runs * seconds / 3600 if known and runs is not None and seconds is not None else None
    as_read = definition.get("as_read")
    subscribers = _count(as_read.get("subscriber_count")) if isinstance(as_read, Mapping) else None
    restorable = bool(definition.get("cron"))
    return Rhythm(words.frequency(definition), runs, hours, subscribers or 0, restorable)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def savings_of(rows: Iterable[Row]) -> Savings:
    """What all the schedules of the rows cost in a year."""
    rhythms = [rhythm for row in rows for rhythm in row.rhythms]
    hours = [rhythm.hours for rhythm in rhythms if rhythm.hours is not None]
    return Savings(len(rhythms), sum(rhythm.runs or 0 for rhythm in rhythms), sum(hours), len(hours))


def owners_of(rows: Iterable[Row]) -> list[OwnerShare]:
    """Owners with most reports first; people who left come after the others, nobody known last."""
    reports: Counter[tuple[str | None, bool]] = Counter()
    schedules: Counter[tuple[str | None, bool]] = Counter()
    runs: Counter[tuple[str | None, bool]] = Counter()
    for row in rows:
        who = (row.owner, row.left)
        reports[who] += 1
        schedules[who] += len(row.rhythms)
        runs[who] += row.runs
    shares = [OwnerShare(*who, reports[who], schedules[who], runs[who]) for who in reports]
    return sorted(shares, key=lambda it: (it.owner is None, it.left, -it.reports, it.owner or ""))


def kept_of(plan: Plan) -> list[Kept]:
    """The reasons to keep reports, exemptions before what is not known, the most frequent first."""
    kept = [
        Kept(reason, words.kept_words(reason), reason.startswith(words.UNKNOWN), tuple(reports))
        for reason, reports in plan.kept.items()
    ]
    return sorted(kept, key=lambda it: (it.unknown, -len(it.reports), it.reason))


def base_url(plan: Plan) -> str | None:
    """Where the workspace's reports live, as the actions' own URLs tell; None without one."""
    for action in plan.actions:
        url = words.safe_url(action.url)
        if url and url.endswith(f"/reports/{action.report}"):
            return url.removesuffix(action.report)
    return None
