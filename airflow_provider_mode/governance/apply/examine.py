"""Looking at one report right before it is changed: whether the plan still holds, and its schedules."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import takewhile
from typing import Any

from airflow_provider_mode.client.models import Collection, Report, Run, Schedule
from airflow_provider_mode.governance.apply import recheck
from airflow_provider_mode.governance.apply.done import Done
from airflow_provider_mode.governance.apply.memory import Memory
from airflow_provider_mode.governance.apply.past import Past
from airflow_provider_mode.governance.apply.recheck import Spared
from airflow_provider_mode.governance.apply.units import Unit
from airflow_provider_mode.governance.apply.writes import Writes
from airflow_provider_mode.governance.evidence.asking import definition_of
from airflow_provider_mode.governance.evidence.evidence import Evidence
from airflow_provider_mode.governance.evidence.views import ViewGuard
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.lines import ARCHIVE_REPORT, DELETE_SCHEDULE

Definitions = Mapping[str, Mapping[str, Any]]
_NONE: Definitions = {}


class Examiner:
    """Reads a report again and says what may be changed of it."""

    def __init__(
        self, client: Writes, journal: Journal, *, past: Past, memory: Memory, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._journal = journal
        self._past = past
        self._memory = memory
        self._clock = clock
        self._views = ViewGuard()
        self._places: dict[str, Collection] | None = None
        self._threads = threading.Lock()

    def is_finished(self, unit: Unit) -> bool:
        """Whether earlier attempts did all of it, so that nothing needs to be read."""
        if unit.archives:
            return self._past.has_archived(unit.report)
        return unit.schedules.keys() <= self._past.deleted(unit.report)

    def look(self, unit: Unit, done: Done) -> tuple[Definitions, Spared | None]:
        """The schedules to delete, each with what creates it again, or why the report is left alone.

        What an earlier attempt turns out to have done is added to `done`.
        """
        report = self._client.report(unit.report)
        if unit.policy is None:
            return self._schedules(unit, report, unit.evidence, done)
        place = self._place(report) if recheck.moved(unit.evidence, report) else None
        fresh = recheck.refreshed(unit.evidence, report, place, self._clock())
        self._views.saw(more=recheck.has_more_views(unit.evidence, fresh))
        spared = self._judge(unit, fresh)
        if spared is recheck.ARCHIVED and unit.archives and self._claim(ARCHIVE_REPORT, unit.report):
            done.archived, spared = True, recheck.OURS
        return (_NONE, spared) if spared else self._schedules(unit, report, fresh, done)

    def has_others(self, unit: Unit) -> bool:
        """Whether the report has a schedule that the plan does not hold: one that is gone may be replaced."""
        return any(each.token not in unit.schedules for each in self._client.schedules(unit.report))

    def claims_schedule(self, report: str, schedule: str) -> bool:
        """Whether a schedule that is not there any more was deleted by an attempt of ours, thought failed."""
        return self._claim(DELETE_SCHEDULE, report, schedule)

    def _claim(self, kind: str, report: str, schedule: str | None = None) -> bool:
        tried = self._past.doubtful(kind, report, schedule)
        if tried is not None:
            self._journal.settle(tried, ok=True)
        return tried is not None

    def _judge(self, unit: Unit, fresh: Evidence) -> Spared | None:
        """The second judgement; the runs are read only if there was one and only a person's counts."""
        policy, planned, now = unit.policy, unit.evidence, fresh.as_of
        if policy is None:
            return None
        spared = recheck.why_spared(planned, fresh, policy, now)
        if spared is None and self._memory.keeps(unit.report, policy.longest, now):
            return recheck.RESTORED
        if spared is None and recheck.asks_runs(planned, fresh, policy):
            by_hand = self._ran_by_hand(unit.report, recheck.runs_since(planned))
            return recheck.why_spared(planned, fresh, policy, now, ran_by_hand=by_hand)
        return spared

    def _ran_by_hand(self, report: str, since: datetime | None) -> bool:
        """Whether a person started a run since then; the list begins with the newest."""

        def is_new(run: Run) -> bool:
            return since is None or run.created_at is None or run.created_at > since

        return any(run.schedule is None for run in takewhile(is_new, self._client.runs(report)))

    def _place(self, report: Report) -> Collection | None:
        """The collection that a report was moved to; all are listed once, for the first such report."""
        with self._threads:
            if self._places is None:
                self._places = {place.token: place for place in self._client.collections()}
        return self._places.get(report.collection or "")

    def _schedules(
        self, unit: Unit, report: Report, fresh: Evidence, done: Done
    ) -> tuple[Definitions, Spared | None]:
        """The schedules to delete; their list is read again only if the count is absent or another."""
        count, planned = report.schedules_count, unit.count
        if not unit.deletes:
            more = count is not None and planned is not None and count > planned
            return _NONE, recheck.NEW_SCHEDULE if more else None
        ours = self._past.deleted(unit.report) & unit.schedules.keys()
        held = {schedule: each for schedule, each in unit.schedules.items() if schedule not in ours}
        if count is not None and count > len(held):
            return _NONE, recheck.NEW_SCHEDULE
        if count is None or planned is None or count != planned - len(ours):
            listed = {each.token: each for each in self._client.schedules(unit.report, count)}
            if spared := self._judge_schedules(unit, fresh, listed):
                return _NONE, spared
            done.deleted += [
                schedule
                for schedule in held.keys() - listed.keys()
                if self.claims_schedule(unit.report, schedule)
            ]
            held = {
                schedule: _better(definition_of(listed[schedule]), held[schedule])
                for schedule in held
                if schedule in listed
            }
        whole = all("cron" in definition for definition in held.values())
        return held, None if whole else recheck.UNKNOWN_DEFINITION

    def _judge_schedules(self, unit: Unit, fresh: Evidence, listed: Mapping[str, Schedule]) -> Spared | None:
        """What the list of schedules says against the change."""
        if listed.keys() - unit.schedules.keys():
            return recheck.NEW_SCHEDULE
        people = sum(schedule.subscriber_count or 0 for schedule in listed.values())
        known = fresh.but(schedules_count=len(listed))
        return self._judge(unit, known.but(subscribers=people) if people else known)


def _better(read: Mapping[str, Any], planned: Mapping[str, Any]) -> Mapping[str, Any]:
    """The newer definition, unless it is only half known."""
    return read if "cron" in read else planned
