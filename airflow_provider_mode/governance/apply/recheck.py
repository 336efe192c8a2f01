"""The second judgement, right before a change: what of the plan still holds; pure.

What a fresh read of the report tells outweighs the plan's evidence; what it cannot tell stands as planned.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from airflow_provider_mode.client.models import Collection, Report
from airflow_provider_mode.governance.evidence.evidence import (
    ABSENT,
    UNASKED,
    UNSURE,
    Evidence,
    Unknown,
    When,
    from_report,
)
from airflow_provider_mode.governance.policy.policy import StalePolicy


@dataclass(frozen=True, slots=True)
class Spared:
    """Why a report is left alone: a short key to count by, and a sentence."""

    reason: str
    sentence: str


GONE = Spared("gone", "it is gone")
ARCHIVED = Spared("archived", "it is archived already")
RESTORED = Spared("restored", "someone brought it back after we had archived it")
NEW_SCHEDULE = Spared("new_schedule", "it has a schedule that the plan does not hold")
UNKNOWN_DEFINITION = Spared("unknown_definition", "a schedule of it could not be created again")
OURS = Spared("done", "an earlier attempt of ours has done it")


def refreshed(planned: Evidence, report: Report, collection: Collection | None, now: datetime) -> Evidence:
    """The plan's evidence with all that a fresh read knows better.

    `collection` is needed only for a report that was moved: in its old place the plan knows its name.
    """
    fresh = from_report(report, collection, url=planned.url, as_of=now)
    stands = {
        field.name: getattr(planned, field.name)
        for field in dataclasses.fields(Evidence)
        if getattr(fresh, field.name) in {ABSENT, UNASKED}
    }
    if not moved(planned, report):
        stands |= {name: getattr(planned, name) for name in ("collection", "collection_name", "personal")}
    return fresh.but(**stands, source=planned.source)


def moved(planned: Evidence, report: Report) -> bool:
    """Whether the report is in another collection than the plan has it in."""
    return report.collection is not None and report.collection != planned.collection


def ran_since(planned: Evidence, fresh: Evidence) -> bool:
    """Whether the report was run, by whomever, since the plan."""
    return _later(fresh.last_run_at, planned.last_run_at, planned.as_of)


def runs_since(planned: Evidence) -> datetime | None:
    """The moment after which a run is one that the plan did not know; None: any run is."""
    last = planned.last_run_at
    return planned.as_of if isinstance(last, Unknown) else last


def asks_runs(planned: Evidence, fresh: Evidence, policy: StalePolicy) -> bool:
    """Whether the runs since the plan have to be read: only they say whether a person started one."""
    return policy.not_run_by_hand_for is not None and ran_since(planned, fresh)


def why_spared(
    planned: Evidence, fresh: Evidence, policy: StalePolicy, now: datetime, *, ran_by_hand: bool = False
) -> Spared | None:
    """Why the report is not what the plan says any more, or None where it still is.

    `ran_by_hand` is what the runs told where `asks_runs` asked for them.
    """
    used = ARCHIVED if fresh.archived is True else _used(planned, fresh)
    if used is None and policy.not_run_for is not None and ran_since(planned, fresh):
        used = Spared("run", "it was run since the plan")
    if used is None and ran_by_hand:
        used = Spared("run_by_hand", "it was run by hand since the plan")
    return used or _judged(_with_last_run_by_hand(planned, fresh), policy, now)


def _judged(fresh: Evidence, policy: StalePolicy, now: datetime) -> Spared | None:
    """The policy's own word, by which a report is still stale or not."""
    verdict = policy.judge(fresh, now)
    if verdict.kind == "stale":
        return None
    reason = f"unknown_{min(verdict.needs)}" if verdict.kind == "needs" else verdict.reason
    return Spared(reason, verdict.sentence)


def _used(planned: Evidence, fresh: Evidence) -> Spared | None:
    """Signs of use that hold whatever the policy asks; an unreadable one keeps the report."""
    for field, what in (("edited_at", "when it was last edited"), ("view_count", "how often it was viewed")):
        if getattr(fresh, field) is UNSURE and getattr(planned, field) is not UNSURE:
            return Spared(f"unknown_{field}", f"Mode's answer does not tell {what}")
    if _later(fresh.edited_at, planned.edited_at, planned.as_of):
        return Spared("edited", "it was edited since the plan")
    if has_more_views(planned, fresh):
        return Spared(
            "viewed", f"it was viewed since the plan: {planned.view_count} then, {fresh.view_count} now"
        )
    return None


def has_more_views(planned: Evidence, fresh: Evidence) -> bool:
    """Whether the running count of views has grown."""
    then, now = planned.view_count, fresh.view_count
    return isinstance(then, int) and isinstance(now, int) and now > then


def _later(now: When, then: When, as_of: datetime) -> bool:
    """Whether a moment lies after the one that the plan knew, or where it knew none, after its evidence."""
    if not isinstance(now, datetime) or then is None:
        return isinstance(now, datetime)
    return now > (as_of if isinstance(then, Unknown) else then)


def _with_last_run_by_hand(planned: Evidence, fresh: Evidence) -> Evidence:
    """Nobody ran it by hand since, and before, the last run by hand was the last run at the latest."""
    if fresh.last_run_by_hand_at is UNASKED:
        return fresh.but(last_run_by_hand_at=planned.last_run_at)
    return fresh
