"""Bringing one report back: unarchive it, and create the schedules that are missing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_mode.client.errors import AuthenticationError, ModeError, NotFound
from airflow_provider_mode.client.models import Schedule
from airflow_provider_mode.governance.apply.writes import Writes
from airflow_provider_mode.governance.errors import GovernanceError
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.lines import CREATE_SCHEDULE, UNARCHIVE_REPORT
from airflow_provider_mode.governance.journal.lines import GONE as NOT_THERE
from airflow_provider_mode.governance.locks import ReportLocks
from airflow_provider_mode.governance.restore.definitions import like, missing
from airflow_provider_mode.governance.restore.wishes import Wish


@dataclass(slots=True)
class Brought:
    """What came of one report's restoration."""

    wish: Wish
    unarchived: bool = False
    created: list[str] = field(default_factory=list)
    gone: bool = False
    failures: list[str] = field(default_factory=list)
    permanent: bool = True
    fatal: ModeError | GovernanceError | None = None
    left: bool = False

    def fail(self, error: ModeError) -> None:
        """Note a failure; the other reports are not concerned."""
        self.failures.append(str(error))
        self.permanent = self.permanent and not error.retryable


class Restorer:
    """Restores reports, several at once, until `stop()` says so or something fails that concerns them all."""

    def __init__(
        self, client: Writes, journal: Journal, locks: ReportLocks, *, stop: Callable[[], bool]
    ) -> None:
        self._client = client
        self._journal = journal
        self._locks = locks
        self._asked_to_stop = stop
        self._broken = threading.Event()

    def stopped(self) -> bool:
        """Whether no further change may begin."""
        return self._broken.is_set() or self._asked_to_stop()

    def __call__(self, wish: Wish) -> Brought:
        """All that can be done for one report; whatever fails is in the result."""
        brought = Brought(wish)
        try:
            with self._locks.hold(wish.report):
                self._restore(wish, brought)
        except NotFound:
            brought.gone = True
        except (AuthenticationError, GovernanceError) as error:
            self._broken.set()
            brought.fatal, brought.left = error, True
        except ModeError as error:
            brought.fail(error)
        return brought

    def _restore(self, wish: Wish, brought: Brought) -> None:
        if self._goes_on(brought) and wish.archived and self._client.report(wish.report).archived:
            self._unarchive(wish.report, brought)
        if not wish.schedules or not self._goes_on(brought):
            return
        there = list(self._client.schedules(wish.report))
        for definition in missing(wish.schedules, there):
            if self._goes_on(brought):
                there += self._create(wish.report, definition, there, brought)

    def _goes_on(self, brought: Brought) -> bool:
        """Whether the next change may begin: a task is stopped between two changes."""
        brought.left = brought.left or self.stopped()
        return not brought.left and not brought.failures

    def _unarchive(self, report: str, brought: Brought) -> None:
        n = self._journal.before(UNARCHIVE_REPORT, report)
        try:
            self._client.unarchive(report)
        except NotFound:
            self._journal.after(n, ok=False, error=NOT_THERE)
            raise
        except ModeError as error:
            if not error.maybe_done:
                self._journal.after(n, ok=False, error=str(error))
                raise
            live = not self._client.report(report).archived
            self._journal.after(n, ok=live, error=None if live else str(error), looked=not live)
            if not live:
                raise
        else:
            self._journal.after(n, ok=True)
        brought.unarchived = True

    def _create(
        self, report: str, definition: Mapping[str, Any], there: list[Schedule], brought: Brought
    ) -> list[Schedule]:
        """Create one schedule; a creation whose reply was lost is looked for, and never sent again."""
        n = self._journal.before(
            CREATE_SCHEDULE, report, definition=definition, had=len(like(definition, there))
        )
        try:
            made = [self._client.create_schedule(report, definition)]
        except NotFound:
            self._journal.after(n, ok=False, error=NOT_THERE)
            raise
        except ModeError as error:
            made = self._found(report, definition, there) if error.maybe_done else []
            if not made:
                self._journal.after(n, ok=False, error=str(error), looked=error.maybe_done)
                raise
        self._journal.after(n, ok=True, schedule=made[0].token)
        brought.created.append(made[0].token)
        return made

    def _found(self, report: str, definition: Mapping[str, Any], there: list[Schedule]) -> list[Schedule]:
        """The schedule that a creation made although its reply was lost: alike, and not there before."""
        known = {schedule.token for schedule in there}
        fresh = [each for each in self._client.schedules(report) if each.token not in known]
        return [each for each in fresh if like(definition, [each])][:1]
