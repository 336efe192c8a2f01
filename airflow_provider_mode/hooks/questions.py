"""
What sensors and triggers wait for, asked in one way by both: a question, a look at Mode, an answer.

An answer is plain values all through, for it may travel from a triggerer to a worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from airflow_provider_mode.client import ModeClient, ModeError, NotFound, Run, Schedule
from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.hooks import runs
from airflow_provider_mode.hooks.looks import NEWEST, Look

WAITING, DONE, FAILED, TIMEOUT, ERROR = "waiting", "done", "failed", "timeout", "error"
ENDS = frozenset({DONE, FAILED, TIMEOUT, ERROR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What a look told: `waiting`, `done` with a value, or `failed` for good; `sentence` says why.

    Waiting itself may end with `timeout`, or with an `error` that another try cannot mend. `in_trouble` means
    that there is none yet because Mode cannot be asked.
    """

    status: str
    value: Any = None
    sentence: str = ""
    in_trouble: bool = False

    def to_json(self) -> dict[str, Any]:
        """The answer as a trigger's event."""
        return {"status": self.status, "value": self.value, "sentence": self.sentence}

    @classmethod
    def from_event(cls, event: Any) -> Answer:
        """The answer that an event holds; anything else did not come from our triggers (ValueError)."""
        status = event.get("status") if isinstance(event, dict) else None
        if status not in ENDS or (status == DONE and event.get("value") is None):
            raise ValueError(f"the trigger fired an event that is none of ours: {event!r}")
        sentence = str(event.get("sentence") or f"the trigger says {status!r} and nothing else")
        return cls(status=status, value=event.get("value"), sentence=sentence)


class Question(Protocol):
    """Something that comes true one day, or can never come true any more."""

    @property
    def subject(self) -> str:
        """What has to be read; questions of one subject share a look."""

    def answer(self, look: Look) -> Answer:
        """What a look tells."""


def ask(question: Question, look: Look) -> Answer:
    """
    The answer to a question; trouble that may pass is none yet.

    What can never come true for lack of a key, a report or a right is raised, and so is a wrong parameter.
    """
    try:
        return question.answer(look)
    except ModeError as error:
        if not error.retryable:
            raise
        return Answer(status=WAITING, sentence=str(error), in_trouble=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """Whether a report has a schedule, or has none."""

    report: str
    wished: bool = True

    @property
    def subject(self) -> str:
        """The report."""
        return self.report

    def answer(self, look: Look) -> Answer:
        """Done with the schedules."""
        found = look.schedules(self.report)
        sentence = f"report {self.report} has {len(found)} schedules"
        if bool(found) is self.wished:
            return Answer(status=DONE, value=[_shown(schedule) for schedule in found], sentence=sentence)
        return Answer(status=WAITING, sentence=sentence)


def _shown(schedule: Schedule) -> dict[str, Any]:
    """A schedule as an XCom: what it is called, when it fires, and all that is needed to make it again."""
    due = schedule.next_scheduled_run
    return {
        "schedule": schedule.token,
        "name": schedule.name,
        "frequency": schedule.frequency,
        "next_scheduled_run": due.isoformat() if due else None,
        "definition": schedule.definition,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewed:
    """Whether a report has been viewed so many times in all, by REST's running count."""

    report: str
    min_views: int

    @property
    def subject(self) -> str:
        """The report."""
        return self.report

    def answer(self, look: Look) -> Answer:
        """Done with the count; a count of null is 0, one that Mode never tells is a wrong question."""
        found = look.report(self.report)
        if "view_count" not in found.raw:
            raise SettingError("min_views", f"Mode does not tell how often report {self.report} was viewed")
        views = found.view_count or 0
        sentence = f"report {self.report} has {views} views, waiting for {self.min_views}"
        if views < self.min_views:
            return Answer(status=WAITING, sentence=sentence)
        value = {"report": self.report, "view_count": views}
        return Answer(status=DONE, value=value, sentence=sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewedSince:
    """Whether a report has been viewed since a moment, by Discovery, which lists all reports at once."""

    report: str
    since: datetime

    @property
    def subject(self) -> str:
        """Discovery's list, whichever the report."""
        return "discovery"

    def answer(self, look: Look) -> Answer:
        """Done with the last view; a report that Discovery does not list yet may be listed one day."""
        try:
            last = look.last_viewed_at(self.report)
        except NotFound as error:
            found = look.report(self.report)  # one that does not exist is an error here
            return Answer(status=WAITING, sentence=f"{error}, though there is {found.name!r:.80}")
        when = last.isoformat() if last else None
        sentence = f"report {self.report} was last viewed at {when}, waiting for {self.since.isoformat()}"
        if last is None or last < self.since:
            return Answer(status=WAITING, sentence=sentence)
        value = {"report": self.report, "last_viewed_at": when}
        return Answer(status=DONE, value=value, sentence=sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """Whether a run has ended, and how."""

    report: str
    run: str

    @property
    def subject(self) -> str:
        """The report."""
        return self.report

    def answer(self, look: Look) -> Answer:
        """Done with the run, or failed with the query's error."""
        return _told(look.client, self.report, look.run(self.report, self.run))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAfter:
    """
    Whether a report has run since a moment, begun then or later.

    Any success will do. As long as some run goes on there is hope; when all have failed there is none.
    """

    report: str
    after: datetime

    @property
    def subject(self) -> str:
        """The report."""
        return self.report

    def answer(self, look: Look) -> Answer:
        """Done with the newest success, or failed with the error of the newest run."""
        newest: Run | None = None
        for run in self._since(look.runs(self.report)):
            if run.succeeded:
                return _told(look.client, self.report, run)
            newest = run if newest is None or (newest.is_terminal and not run.is_terminal) else newest
        if newest is None:
            sentence = f"report {self.report} has not run since {self.after.isoformat()}"
            return Answer(status=WAITING, sentence=sentence)
        return _told(look.client, self.report, newest)

    def _since(self, newest_first: Iterator[Run]) -> Iterator[Run]:
        for run in newest_first:
            if run.created_at is None:
                continue
            if run.created_at < self.after:
                return
            yield run


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSuccess:
    """Whether any run has ended well that is not among those known, by their 12 characters."""

    report: str
    known: frozenset[str] | None = field(default=None)

    @property
    def subject(self) -> str:
        """The report."""
        return self.report

    def answer(self, look: Look) -> Answer:
        """
        Done with the new successes, oldest first, and all that is known from now on.

        The newest page is always read whole, since a long run may end after one that began later; what lies
        beyond is read only where the page holds nothing known, which means that it was filled since.
        """
        seen: list[Run] = []
        met = self.known is None
        for number, run in enumerate(look.runs(self.report), start=1):
            met = met or run.token in (self.known or ())
            if number > NEWEST and met:
                break
            if run.is_terminal:
                seen.append(run)
        known = [run.token for run in seen]
        fresh = [] if self.known is None else [run for run in seen if run.token not in self.known]
        found = [runs.result(look.client, self.report, run) for run in reversed(fresh) if run.succeeded]
        status = DONE if found or self.known is None else WAITING
        return Answer(status=status, value={"runs": found, "known": known[: 2 * NEWEST]})


def _told(client: ModeClient, report: str, run: Run) -> Answer:
    """What a run's state means; one that is not known may still change."""
    if run.succeeded:
        return Answer(
            status=DONE, value=runs.result(client, report, run), sentence=f"run {run.token} succeeded"
        )
    if run.is_terminal:
        value = runs.result(client, report, run)
        return Answer(status=FAILED, value=value, sentence=runs.why_failed(client, report, run))
    return Answer(status=WAITING, sentence=f"run {run.token} of report {report} is {run.state}")
