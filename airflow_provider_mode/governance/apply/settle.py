"""Finishing what other processes left unfinished: a change without a second line is looked for in Mode."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from airflow_provider_mode.client.errors import AuthenticationError, ModeError, NotFound
from airflow_provider_mode.client.models import Schedule
from airflow_provider_mode.governance.apply.writes import Writes
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.lines import (
    ARCHIVE_REPORT,
    CREATE_SCHEDULE,
    DELETE_SCHEDULE,
    GONE,
    UNARCHIVE_REPORT,
    Entry,
)
from airflow_provider_mode.governance.locks import is_attended
from airflow_provider_mode.governance.restore.definitions import body_of, like
from airflow_provider_mode.governance.storage import local_path

NOT_MADE = "not made: found so by a later attempt"
OTHERS = "not made: a later attempt made it"
_KINDS = {ARCHIVE_REPORT, CREATE_SCHEDULE, DELETE_SCHEDULE, UNARCHIVE_REPORT}
_log = logging.getLogger(__name__)


def settle(entries: Iterable[Entry], client: Writes, journal: Journal) -> int:
    """Write the second lines that are missing in journals of this workspace; returns how many were.

    What a live process is at is left to it. One read that fails leaves its line to the next attempt.
    """
    entries = list(entries)
    made = {entry.key: entry.at for entry in entries if entry.done}
    looks = Looks(client)
    settled = 0
    for entry in entries:
        if not entry.open or entry.kind not in _KINDS:
            continue
        final = _is_final(entry, journal)
        if final is None:
            continue
        if entry.kind != CREATE_SCHEDULE and _is_later(made.get(entry.key), entry.at):
            journal.settle(entry, ok=False, error=OTHERS, looked=False)
            settled += 1
        else:
            settled += _settle(entry, looks, journal, final=final)
    return settled


def _is_later(made: datetime | None, tried: datetime | None) -> bool:
    """Whether another attempt made the same change afterwards."""
    return made is not None and (tried is None or made >= tried)


def _is_final(entry: Entry, journal: Journal) -> bool | None:
    """Whether what is not made yet will not be made any more; None where a live process is at it."""
    local = local_path(entry.source.path)
    if local is None:
        return True
    if local == journal.path:
        return journal.alone
    return None if is_attended(local.parent) else True


def _settle(entry: Entry, looks: Looks, journal: Journal, *, final: bool) -> bool:
    """Look for one change, and write down what is found."""
    try:
        made, schedule = looks.find(entry)
    except NotFound:
        journal.settle(entry, ok=False, error=GONE, looked=False)
        return True
    except AuthenticationError:
        raise
    except ModeError as error:
        _log.warning("Could not find out how %s of %s ended: %r", entry.kind, entry.report, str(error))
        return False
    if made:
        journal.settle(entry, ok=True, schedule=schedule)
    elif final:
        journal.settle(entry, ok=False, error=NOT_MADE)
    return made or final


class Looks:
    """Looks whether a change is there; the list of a report's schedules is read once."""

    def __init__(self, client: Writes) -> None:
        self._client = client
        self._schedules: dict[str, list[Schedule]] = {}

    def find(self, entry: Entry) -> tuple[bool, str | None]:
        """Whether the change was made, and which schedule came of it; NotFound where the report is gone."""
        if entry.kind == ARCHIVE_REPORT:
            return self._client.report(entry.report).archived, None
        if entry.kind == UNARCHIVE_REPORT:
            return not self._client.report(entry.report).archived, None
        if entry.report not in self._schedules:
            self._schedules[entry.report] = list(self._client.schedules(entry.report))
        there = self._schedules[entry.report]
        if entry.kind == DELETE_SCHEDULE:
            return all(schedule.token != entry.schedule for schedule in there), None
        body = body_of(entry.before.definition or {})
        found = like(body, there) if body else []
        return len(found) > (entry.before.had or 0), found[-1] if found else None
