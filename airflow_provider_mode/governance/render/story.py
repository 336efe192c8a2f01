"""The sentences of a plan as plain text: the verdict, what will happen, who can stop it, the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from airflow_provider_mode.governance.durations import counted, say_duration
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.render import words
from airflow_provider_mode.governance.render.facts import (
    Kept,
    OwnerShare,
    Row,
    Savings,
    kept_of,
    owners_of,
    rows_of,
    savings_of,
)

_DEEDS = {
    "not_viewed_for": "been viewed",
    "not_run_for": "been run",
    "not_run_by_hand_for": "been run by hand",
    "not_edited_for": "been edited",
}
_PATTERNS = {
    "exempt_reports": "reports {}",
    "exempt_collections": "collections {}",
    "exempt_names": "names like {}",
    "exempt_owners": "owners {}",
    "exempt_descriptions": "descriptions like {}",
}
_FLAGS = {
    "exempt_public": "public reports",
    "exempt_personal": "personal collections (not even read)",
    "exempt_scheduled": "reports with a schedule",
    "exempt_subscribed": "reports that people read by mail",
}
_MANY = 8
_WHOLE = frozenset(("workspace", "organization"))  # Mode's words for a key that sees the whole workspace


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the four figures: what it counts, and the part of the table that it shows."""

    value: int
    label: str
    note: str
    show: str


@dataclass(frozen=True)
class Story:
    """A plan with all that is worked out of it, once for every part that tells of it."""

    plan: Plan

    @cached_property
    def rows(self) -> list[Row]:
        """One row a report."""
        return rows_of(self.plan)

    @cached_property
    def savings(self) -> Savings:
        """What the schedules cost in a year."""
        return savings_of(self.rows)

    @cached_property
    def owners(self) -> list[OwnerShare]:
        """Each owner's part."""
        return owners_of(self.rows)

    @cached_property
    def kept(self) -> list[Kept]:
        """The kept reports by reason."""
        return kept_of(self.plan)

    @property
    def workspace(self) -> str:
        """The workspace's name, fit to be shown."""
        return words.clean(self.plan.workspace, 80)

    @cached_property
    def archived(self) -> int:
        """How many reports the plan archives."""
        return sum(row.archive for row in self.rows)

    @property
    def judged(self) -> int:
        """How many reports were looked at, without those that are known to be archived."""
        counts = self.plan.counts
        return max(counts.get("reports", 0) - counts.get("archived_already", 0), len(self.rows))

    def verdict(self) -> str:
        """The one sentence: how many reports, by which rule, and what their schedules cost."""
        stale = len(self.rows)
        if not stale:
            return f"None of the {words.plural(self.judged, 'report')} in {self.workspace} is to be changed."
        of = f"{stale:,} of {words.plural(self.judged, 'report')} in {self.workspace}"
        return f"{of} {rule(self.plan.policy, stale)}{self._cost()}."

    def _cost(self) -> str:
        schedules, runs = self.savings.schedules, self.savings.runs
        if not schedules:
            return ""
        times = f"{schedules:,} of their schedules run" if len(self.rows) > 1 else "its schedules run"
        hours = f", {self.hours()}" if self.savings.timed else ""
        return f"; {times} {runs:,} times a year{hours}"

    def hours(self) -> str:
        """The warehouse time of a year, said to be a lower bound where runtimes are missing."""
        bound = "about" if self.savings.timed == self.savings.schedules else "at least"
        hours = self.savings.hours
        return f"{bound} {words.number(hours)} warehouse {'hour' if round(hours) == 1 else 'hours'}"

    def deeds(self) -> str:
        """What applying the plan does, and what Mode can and cannot undo."""
        done = []
        if self.archived:
            done.append(
                f"archives {words.plural(self.archived, 'report')} (hidden, not lost: they can be unarchived)"
            )
        if self.savings.schedules:
            done.append(
                f"deletes {words.plural(self.savings.schedules, 'schedule')}"
                " (Mode cannot undo that; each definition is saved first and can be recreated)"
            )
        return f"Applying this plan {words.series(done)}." if done else "There is nothing to apply."

    def objection(self) -> str:
        """How a person saves a report from the plan."""
        ways = ["opening or editing it in Mode"]
        if marks := _globs(self.plan.policy, "exempt_descriptions"):
            ways.append(f"putting {_some([_core(mark) for mark in marks], 'or')} into its description")
        return (
            f"Anyone can keep a report by {words.series(ways, 'or')} before the plan is applied: "
            "each report is read and judged again just before it is changed."
        )

    def validity(self) -> str:
        """Until when the plan holds."""
        made, ends = self.plan.created_at, self.plan.expires_at
        held = say_duration(max(ends - made, timedelta(0)))
        return f"The plan was made {words.minute(made)} and holds for {held}, until {words.minute(ends)}."

    def warnings(self) -> list[str]:
        """What the reader must know before believing the numbers."""
        said = []
        scope, counts = self.plan.key_scope, self.plan.counts
        if scope is not None and scope.lower() not in _WHOLE:
            said.append(
                f"The plan was made with a {words.clean(scope, 40)} key:"
                " it covers only what that person sees in Mode."
            )
        if unreadable := counts.get("unreadable_collections", 0):
            said.append(f"{words.plural(unreadable, 'collection')} could not be read and is not judged here.")
        if lost := sum(not rhythm.restorable for row in self.rows for rhythm in row.rhythms):
            said.append(
                f"{words.plural(lost, 'schedule')} could not be read well enough to be recreated later."
            )
        if readers := sum(rhythm.subscribers for row in self.rows for rhythm in row.rhythms):
            said.append(f"{words.plural(readers, 'subscriber')} would no longer get these reports by mail.")
        return said

    def figures(self) -> list[Figure]:
        """The four figures."""
        runs = f"{self.savings.runs:,} runs a year" if self.savings.schedules else "none to delete"
        share = f"{words.percent(self.archived, self.judged)} of {words.plural(self.judged, 'report')}"
        return [
            Figure(self.archived, "to archive", share, "archive"),
            Figure(self.savings.schedules, "schedules to delete", runs, "schedules"),
            self._kept_figure(unknown=False),
            self._kept_figure(unknown=True),
        ]

    def _kept_figure(self, *, unknown: bool) -> Figure:
        groups = [kept for kept in self.kept if kept.unknown is unknown]
        total = sum(len(kept.reports) for kept in groups)
        note = f"most often: {groups[0].says} ({len(groups[0].reports):,})" if groups else "none"
        label, show = (
            ("kept, as not enough is known", "unknown") if unknown else ("kept by exemption", "kept")
        )
        return Figure(total, label, note, show)


def rule(policy: Mapping[str, Any], number: int) -> str:
    """The criteria as a predicate: "have not been viewed for 180 days, nor edited for 90 days"."""
    have = "has" if number == 1 else "have"
    deeds = [(deed, words.length(policy[name])) for name, deed in _DEEDS.items() if policy.get(name)]
    said = [
        f"{have} not {deed} for {span}" if first else f"nor {deed.removeprefix('been ')} for {span}"
        for first, (deed, span) in zip((True, *(False,) * len(deeds)), deeds, strict=False)
    ]
    views = policy.get("max_views")
    if views is not None:
        and_ = "and " if said else ""
        said.append(f"{and_}{have} been viewed at most {counted(views, 'time') if views else '0 times'}")
    return ", ".join(said) or ("meets the policy" if number == 1 else "meet the policy")


def policy_words(policy: Mapping[str, Any]) -> list[str]:
    """The policy as sentences."""
    older = policy.get("older_than")
    young = f", and is at least {words.length(older)} old" if older else ""
    said = [f"A report is stale when it {rule(policy, 1)}{young}."]
    kept = [
        text.format(_some(_globs(policy, name))) for name, text in _PATTERNS.items() if _globs(policy, name)
    ]
    kept += [text for name, text in _FLAGS.items() if policy.get(name) is True]
    if kept:
        said.append(f"Kept whatever their use: {'; '.join(kept)}.")
    if policy.get("include_datasets") is True:
        said.append("Datasets are judged too; one that a live report imports is kept.")
    else:
        said.append("Datasets are left alone.")
    if policy.get("unknown") == "stale":
        said.append("What Mode leaves out of an answer counts as stale; what could not be read never does.")
    else:
        said.append("What is not known keeps the report.")
    return said


def _globs(policy: Mapping[str, Any], name: str) -> list[str]:
    texts = policy.get(name)
    return [words.clean(text, 60) for text in texts] if isinstance(texts, list | tuple) else []


def _core(glob: str) -> str:
    """A glob without its outer stars, for people who know no globs."""
    return glob.strip("*") or glob


def _some(texts: Sequence[str], last: str = "and") -> str:
    """Patterns for a sentence, the first few by name."""
    shown = [f"\u201c{text}\u201d" for text in texts[:_MANY]]
    more = [f"{len(texts) - _MANY} more"] if len(texts) > _MANY else []
    return words.series([*shown, *more], last)
