"""Carrying a plan out: unfinished journals first, then report by report, a few at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from airflow_provider_mode.client.bulk import bounded_map
from airflow_provider_mode.client.errors import AuthenticationError
from airflow_provider_mode.governance.apply.change import Changer
from airflow_provider_mode.governance.apply.examine import Examiner
from airflow_provider_mode.governance.apply.memory import Memory
from airflow_provider_mode.governance.apply.outcome import Outcome
from airflow_provider_mode.governance.apply.past import Past
from airflow_provider_mode.governance.apply.settle import settle
from airflow_provider_mode.governance.apply.units import Unit
from airflow_provider_mode.governance.apply.writes import Writes
from airflow_provider_mode.governance.errors import GovernanceError
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.lines import Entry
from airflow_provider_mode.governance.locks import ReportLocks
from airflow_provider_mode.governance.ports import Progress, Watch

_NO_MEMORY = Memory()


def apply(
    units: Sequence[Unit],
    client: Writes,
    journal: Journal,
    *,
    clock: Callable[[], datetime],
    entries: Sequence[Entry] = (),
    memory: Memory = _NO_MEMORY,
    stop: Callable[[], bool] = lambda: False,
    watch: Watch = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Change what the units say, as far as it still holds; the outcome covers earlier attempts too.

    `entries` are all attempts that journals in the folder tell of: those left unfinished are seen to first.
    Nothing is raised for a report that fails, nor for what concerns them all: both are in the outcome.
    """
    try:
        settle(entries, client, journal)
        past = Past(journal.entries())
    except (AuthenticationError, GovernanceError) as error:
        return Outcome.of((), journal, fatal=error, left=len(units))
    examiner = Examiner(client, journal, past=past, memory=memory, clock=clock)
    locks = ReportLocks(client.config.host, client.config.workspace, sleep=sleep, stop=stop)
    changer = Changer(client, journal, examiner, locks, stop=stop)
    found = []
    results = bounded_map(changer, units, workers=client.config.concurrency, stop=changer.stopped)
    for number, (_, done) in enumerate(results, start=1):
        found.append(done)
        watch(Progress("reports changed or skipped", number, len(units)))
    return Outcome.of(found, journal, left=len(units) - len(found))
