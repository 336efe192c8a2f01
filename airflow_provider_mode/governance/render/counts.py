"""The numbers of the two pictures: reports by month of last use, and collections by their stale share.

Where the plan's `summary` is empty, the pictures show only the reports that it would change.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow_provider_mode.governance.render import words
from airflow_provider_mode.governance.render.facts import CRITERIA, criterion_of
from airflow_provider_mode.governance.render.story import Story

MONTHS = 36
"""The picture reaches back so far; what is older stands together in one bar."""

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Bar:
    """So many reports, and how many of them the plan would change."""

    label: str
    reports: int
    stale: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Bars by month, oldest first; `line` is the rule's place among them, in months from the first."""

    says: str
    whole: bool
    earlier: Bar
    months: tuple[Bar, ...]
    never: Bar
    unknown: Bar
    line: float | None
    line_says: str

    @property
    def before(self) -> tuple[Bar, ...]:
        """The bar left of the months, where there is something to show."""
        return (self.earlier,) if self.earlier.reports else ()

    @property
    def after(self) -> tuple[Bar, ...]:
        """The bars right of the months, where there is something to show."""
        return tuple(bar for bar in (self.never, self.unknown) if bar.reports)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """All that have something to show, in the order of the picture."""
        return (*self.before, *self.months, *self.after)


@dataclass(frozen=True, slots=True)
class Share:
    """One collection: how many of its reports the plan would change; `reports` is None where unknown."""

    name: str
    stale: int
    reports: int | None

    @property
    def part(self) -> float:
        """The stale share, 0 to 1."""
        return self.stale / self.reports if self.reports else 0.0


def timeline_of(story: Story) -> Timeline:
    """Reports by month of last use, up to the month of the plan."""
    plan = story.plan
    name = criterion_of(plan.policy) or "not_run_for"
    given = _given(plan.summary.get("last_use"))
    counts = given or _counted(story)
    now = plan.created_at.astimezone(UTC)
    last = _index(_month(now))
    dated = {_index(key): pair for key, pair in counts.items() if _MONTH.fullmatch(key)}
    first = max(min(dated, default=last), last - MONTHS + 1)
    line, line_says = _line(plan.policy.get(name), now, first)
    return Timeline(
        says=CRITERIA[name][1],
        whole=given is not None,
        earlier=_sum(f"before {_label(first)}", (pair for month, pair in dated.items() if month < first)),
        months=tuple(_sum(_label(month), [dated.get(month, (0, 0))]) for month in range(first, last + 1)),
        never=_sum("never", [counts.get("never", (0, 0))]),
        unknown=_sum("not known", [counts.get("unknown", (0, 0))]),
        line=line,
        line_says=line_says,
    )


def _given(last_use: object) -> dict[str, tuple[int, int]] | None:
    """The plan's own counts of all reports, as (reports, stale) by month, "never" and "unknown"."""
    if not isinstance(last_use, Mapping) or not isinstance(last_use.get("months"), Mapping):
        return None
    keyed = {**last_use["months"], "never": last_use.get("never"), "unknown": last_use.get("unknown")}
    return {key: _pair(held) for key, held in keyed.items() if isinstance(held, Mapping)}


def _pair(held: Mapping[str, Any]) -> tuple[int, int]:
    reports, stale = (held.get(key) for key in ("reports", "stale"))
    counts = [number if isinstance(number, int) and number > 0 else 0 for number in (reports, stale)]
    return max(counts), counts[1]


def _counted(story: Story) -> dict[str, tuple[int, int]]:
    """The same from the plan's own rows, all of them stale."""
    found: Counter[str] = Counter()
    for row in story.rows:
        use = row.last_use
        found[_month(use.at) if use.at else "never" if use.known else "unknown"] += 1
    return {key: (number, number) for key, number in found.items()}


def _sum(label: str, pairs: Iterable[tuple[int, int]]) -> Bar:
    held = list(pairs)
    return Bar(label, sum(pair[0] for pair in held), sum(pair[1] for pair in held))


def _line(limit: object, now: datetime, first: int) -> tuple[float | None, str]:
    """Where the rule cuts: what was last used before is old enough."""
    span = words.span_of(limit)
    if span is None:
        return None, ""
    try:
        cut = now - span
    except OverflowError:
        return None, ""
    days = calendar.monthrange(cut.year, cut.month)[1]
    place = _index(_month(cut)) - first + (cut.day - 1) / days
    return max(place, 0.0), f"{words.length(limit)}, {cut.date().isoformat()}"


def _month(at: datetime) -> str:
    return f"{at.year:04d}-{at.month:02d}"


def _index(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _label(index: int) -> str:
    return f"{calendar.month_abbr[index % 12 + 1]} {index // 12}"


def shares_of(story: Story) -> list[Share]:
    """Collections with something stale, the largest share (else the largest number) first."""
    stale = Counter(row.place or "no collection" for row in story.rows)
    given = story.plan.summary.get("collections")
    rows = [row for row in given if isinstance(row, Mapping)] if isinstance(given, list) else []
    shares = [_share(row) for row in rows] or [Share(name, number, None) for name, number in stale.items()]
    shares = [share for share in shares if share.stale]
    return sorted(shares, key=lambda share: (-share.part, -share.stale, share.name))


def _share(row: Mapping[str, Any]) -> Share:
    reports, stale = _pair(row)
    return Share(
        words.clean(row.get("name") or row.get("collection") or "no collection", 120), stale, reports
    )
