"""Bringing back what journals say was archived and deleted, as far as Mode allows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_mode.client.bulk import bounded_map
from airflow_provider_mode.client.errors import AuthenticationError, ModeError
from airflow_provider_mode.governance.apply.outcome import distinct, shortened
from airflow_provider_mode.governance.apply.settle import settle
from airflow_provider_mode.governance.apply.writes import Writes
from airflow_provider_mode.governance.errors import GovernanceError, StorageError
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.lines import CREATE_SCHEDULE, UNARCHIVE_REPORT, Entry
from airflow_provider_mode.governance.locks import ReportLocks
from airflow_provider_mode.governance.ports import Progress, Watch
from airflow_provider_mode.governance.restore.bring_back import Brought, Restorer
from airflow_provider_mode.governance.restore.wishes import Wish, wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOutcome:
    """What was brought back, over all attempts of the task, and what cannot be, by reason."""

    unarchived: tuple[str, ...] = ()
    schedules_created: tuple[str, ...] = ()
    impossible: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    permanent: bool = True
    fatal: ModeError | GovernanceError | None = None
    left: int = 0

    def result(self, **facts: Any) -> dict[str, Any]:
        """The result for an XCom, with what the caller knows (the journal), shortened to fit."""
        return shortened(
            {
                "unarchived": list(self.unarchived),
                "schedules_created": list(self.schedules_created),
                "impossible": dict(self.impossible),
                "failed": dict(self.failed),
                **facts,
            }
        )


def restore(
    entries: Iterable[Entry],
    client: Writes,
    journal: Journal,
    *,
    reports: Sequence[str] | None = None,
    stop: Callable[[], bool] = lambda: False,
    watch: Watch = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
) -> RestoreOutcome:
    """Bring back all reports that `entries` tell of, or those named; what is there already is left alone.

    SettingError names reports that no entry tells of, before anything is changed.
    """
    wanted = wishes(entries, reports)
    try:
        settle(journal.entries(), client, journal)
    except (AuthenticationError, GovernanceError) as error:
        return _outcome((), wanted, journal, fatal=error, left=len(wanted))
    locks = ReportLocks(client.config.host, client.config.workspace, sleep=sleep, stop=stop)
    restorer = Restorer(client, journal, locks, stop=stop)
    found = []
    results = bounded_map(restorer, wanted, workers=client.config.concurrency, stop=restorer.stopped)
    for number, (_, brought) in enumerate(results, start=1):
        found.append(brought)
        watch(Progress("reports brought back", number, len(wanted)))
    return _outcome(found, wanted, journal, left=len(wanted) - len(found))


def _outcome(
    found: Sequence[Brought],
    wanted: Sequence[Wish],
    journal: Journal,
    *,
    fatal: ModeError | GovernanceError | None = None,
    left: int,
) -> RestoreOutcome:
    made: list[Entry] = []
    try:
        made = [entry for entry in journal.entries() if entry.done]
    except StorageError as error:
        fatal = fatal or error
    ends = [brought.fatal for brought in found if brought.fatal is not None]
    return RestoreOutcome(
        unarchived=distinct(
            [entry.report for entry in made if entry.kind == UNARCHIVE_REPORT],
            [brought.wish.report for brought in found if brought.unarchived],
        ),
        schedules_created=distinct(
            [entry.schedule for entry in made if entry.kind == CREATE_SCHEDULE],
            [schedule for brought in found for schedule in brought.created],
        ),
        impossible=_impossible(found, wanted),
        failed=dict(sorted((done.wish.report, "; ".join(done.failures)) for done in found if done.failures)),
        permanent=all(brought.permanent for brought in found),
        fatal=fatal or next(iter(ends), None),
        left=left + sum(brought.left for brought in found),
    )


def _impossible(found: Iterable[Brought], wanted: Iterable[Wish]) -> dict[str, int]:
    """What nothing brings back: reports deleted since, who was subscribed, by what schedules were named."""
    counts: Counter[str] = Counter()
    counts["gone"] = sum(brought.gone for brought in found)
    for wish in wanted:
        counts["subscriptions"] += wish.subscriptions
        counts["unknown_definition"] += wish.unknown
        counts["schedule_identity"] += len(wish.schedules)
    return {reason: number for reason, number in sorted(counts.items()) if number}
