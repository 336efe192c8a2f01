"""Changing one report: save and delete its schedules, archive it.

This module alone destroys. Each change stands between two lines of the journal, and without the first of them
nothing is changed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from airflow_provider_mode.client.errors import AuthenticationError, ModeError, NotFound
from airflow_provider_mode.client.models import Report
from airflow_provider_mode.governance.apply.done import Done
from airflow_provider_mode.governance.apply.examine import Examiner
from airflow_provider_mode.governance.apply.recheck import GONE, NEW_SCHEDULE, OURS
from airflow_provider_mode.governance.apply.saving import subscriptions_of
from airflow_provider_mode.governance.apply.units import Unit
from airflow_provider_mode.governance.apply.writes import Writes
from airflow_provider_mode.governance.errors import GovernanceError
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.lines import ARCHIVE_REPORT, DELETE_SCHEDULE
from airflow_provider_mode.governance.journal.lines import GONE as NOT_THERE
from airflow_provider_mode.governance.locks import ReportLocks


class Changer:
    """Changes reports, several at once, until `stop()` says so or something fails that concerns them all."""

    def __init__(
        self,
        client: Writes,
        journal: Journal,
        examiner: Examiner,
        locks: ReportLocks,
        *,
        stop: Callable[[], bool],
    ) -> None:
        self._client = client
        self._journal = journal
        self._examiner = examiner
        self._locks = locks
        self._asked_to_stop = stop
        self._broken = threading.Event()

    def stopped(self) -> bool:
        """Whether no further change may begin."""
        return self._broken.is_set() or self._asked_to_stop()

    def __call__(self, unit: Unit) -> Done:
        """All that is to be done to one report; whatever fails is in the result."""
        done = Done(unit.report)
        if self._examiner.is_finished(unit):
            return done
        try:
            with self._locks.hold(unit.report):
                if self._goes_on(done):
                    self._change(unit, done)
        except NotFound:
            done.spared = GONE
        except (AuthenticationError, GovernanceError) as error:
            self._broken.set()
            done.fatal, done.left = error, True
        except ModeError as error:
            done.fail(error)
        return done

    def _change(self, unit: Unit, done: Done) -> None:
        schedules, spared = self._examiner.look(unit, done)
        if spared is not None:
            done.spared = None if spared is OURS else spared
            return
        for schedule, definition in schedules.items():
            if self._goes_on(done):
                self._delete(unit.report, schedule, definition, done)
        if unit.archives:
            if done.gone and self._examiner.has_others(unit):
                done.spared = NEW_SCHEDULE
            elif not done.failures and self._goes_on(done):
                self._archive(unit, done)
        elif done.gone:
            done.spared = GONE

    def _goes_on(self, done: Done) -> bool:
        """Whether the next change may begin: a task is stopped between two changes."""
        done.left = done.left or self.stopped()
        return not done.left

    def _delete(self, report: str, schedule: str, definition: Mapping[str, Any], done: Done) -> None:
        """Save a schedule, delete it, and say how that ended; a failure does not stop the others."""
        try:
            saved = subscriptions_of(self._client, report, schedule, definition)
        except AuthenticationError:
            raise
        except ModeError as error:
            done.fail(error)
            return
        n = self._journal.before(
            DELETE_SCHEDULE, report, schedule=schedule, definition=definition, subscriptions=saved
        )
        try:
            self._client.delete_schedule(report, schedule)
        except NotFound:
            ours = self._examiner.claims_schedule(report, schedule)
            self._journal.after(n, ok=ours, error=None if ours else NOT_THERE)
            (done.deleted if ours else done.gone).append(schedule)
        except ModeError as error:
            if not self._ended_well(n, error, lambda: self._has_no(report, schedule)):
                self._note(error, done)
                return
            done.deleted.append(schedule)
        else:
            self._journal.after(n, ok=True)
            done.deleted.append(schedule)

    def _archive(self, unit: Unit, done: Done) -> None:
        """Archive the report and say how that ended."""
        n = self._journal.before(ARCHIVE_REPORT, unit.report)
        try:
            reply = self._client.archive(unit.report)
        except NotFound:
            self._journal.after(n, ok=False, error=NOT_THERE)
            raise
        except ModeError as error:
            if not self._ended_well(n, error, lambda: self._client.report(unit.report).archived):
                self._note(error, done)
                return
        else:
            remark = _remark(unit, reply)
            self._journal.after(n, ok=True, error=remark)
            if remark:
                done.failures.append(remark)
        done.archived = True

    def _ended_well(self, n: int, error: ModeError, look: Callable[[], bool]) -> bool:
        """Whether the change was made although the answer was an error; where nobody can tell, no line says.

        A line that is missing is looked into by the next attempt, first of all.
        """
        if not error.maybe_done:
            self._journal.after(n, ok=False, error=str(error))
            return False
        try:
            made = look()
        except NotFound:
            made = False
        except ModeError:
            return False
        self._journal.after(n, ok=made, error=None if made else str(error), looked=not made)
        return made

    def _has_no(self, report: str, schedule: str) -> bool:
        return all(each.token != schedule for each in self._client.schedules(report))

    def _note(self, error: ModeError, done: Done) -> None:
        """A failure of this report alone, or of all."""
        if isinstance(error, AuthenticationError):
            raise error
        done.fail(error)


def _remark(unit: Unit, reply: Report) -> str | None:
    """What is not right although the report is archived: a schedule that came between."""
    count = reply.schedules_count
    if not unit.deletes or not count:
        return None
    return f"archived, but it has {count} schedule(s) still: made while the others were being deleted"
