"""REST's word on rows that another source brought: archived or not, type, collection, public, views.

Asked only for rows that would be stale, by whichever is cheaper: one read each, or a listing of collections.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from airflow_provider_mode.client.bulk import bounded_map
from airflow_provider_mode.client.errors import (
    AuthenticationError,
    ConnectionFailed,
    ModeError,
    NotFound,
    RateLimited,
)
from airflow_provider_mode.client.models import Collection, Report
from airflow_provider_mode.governance.durations import counted
from airflow_provider_mode.governance.evidence.evidence import (
    ABSENT,
    UNSURE,
    Evidence,
    Owner,
    Unknown,
    When,
    from_report,
)
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.ports import Progress, Reads, Watch

ROWS_A_PAGE = 30
GONE = "not_in_mode"
"""What counts the reports that Mode does not know."""
_NAMED = 20
_log = logging.getLogger(__name__)
_FATAL = (AuthenticationError, ConnectionFailed, RateLimited)
_TOLD_BY_BOTH = (
    "name",
    "description",
    "created_at",
    "edited_at",
    "last_run_at",
    "last_successfully_run_at",
    "view_count",
    "schedules_count",
)


class ReadsReports(Reads, Protocol):
    """A client that can also read one report."""

    def report(self, report: str) -> Report:
        """One report, archived or not."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows and the collections that hold them; a listing of those takes `pages` requests."""

    rows: Sequence[Evidence]
    collections: Sequence[Collection]
    pages: int

    @classmethod
    def of(cls, rows: Sequence[Evidence], collections: Sequence[Collection], reports: int) -> Batch:
        """The rows of collections that hold so many reports together."""
        return cls(rows, collections, -(-reports // ROWS_A_PAGE) + len(collections))

    @property
    def listed(self) -> bool:
        """Whether a listing is cheaper than a read a row."""
        return self.pages < len(self.rows)


class Confirming:
    """Asks REST about rows; what it cannot tell stays unsure, and keeps the report."""

    def __init__(
        self,
        client: ReadsReports,
        places: Mapping[str, Collection],
        scope: Scope,
        *,
        watch: Watch,
        tally: Counter[str],
        thorough: bool,
    ) -> None:
        self._client = client
        self._places = places
        self._scope = scope
        chosen, personal = scope.choose(places.values())
        self._in_scope = {collection.token for collection in (*chosen, *personal)}
        self._watch = watch
        self._tally = tally
        self._thorough = thorough  # read what no list holds, as long as that costs no more than a read a row
        self._gone: list[str] = []

    def rows(self, batches: Iterable[Batch]) -> Iterator[Evidence]:
        """Every row of the batches once, in no certain order, no longer UNASKED."""
        batches = list(batches)
        single = [row for batch in batches if not batch.listed for row in batch.rows]
        missing = yield from self._by_listing([batch for batch in batches if batch.listed])
        yield from self._by_reading([*single, *missing])
        self._tally[GONE] += len(self._gone)
        warn_of(self._gone, "report", "that Mode does not know (any more), skipped")

    def _by_listing(self, batches: Sequence[Batch]) -> Generator[Evidence, None, list[Evidence]]:
        """The rows that the collections' lists hold; returns those to read one by one.

        What the lists lack was deleted or moved meanwhile, is a dataset, or is in a collection that was not
        listed. A thorough search reads it, as long as that costs no more than a read a row would have;
        otherwise it stays unsure. Lists that turn out longer than a read a row are given up: a query that
        names few reports does not tell how many there are.
        """
        wanted = {row.report: row for batch in batches for row in batch.rows}
        collections = [collection for batch in batches for collection in batch.collections]
        reads, listed = len(wanted), 0
        most = (reads - len(collections)) * ROWS_A_PAGE if self._thorough else math.inf
        doubt = "listing"
        for collection, found in self._client.walk(collections):
            listed += 1
            if isinstance(found, ModeError):
                _log.warning("Could not list collection %r: %r", collection.name, str(found))
                doubt = "archived"
            elif found.token in wanted:
                yield self._confirmed(wanted.pop(found.token), found, collection)
            if not wanted or listed > most:
                break
        missing = list(wanted.values())
        pages = -(-listed // ROWS_A_PAGE) + len(collections)
        spare = (len(missing) if listed > most else max(reads - pages, 0)) if self._thorough else 0
        yield from (unsure(row, doubt) for row in missing[spare:])
        return missing[:spare]

    def _by_reading(self, rows: Sequence[Evidence]) -> Iterator[Evidence]:
        workers = self._client.config.concurrency
        for done, (row, found) in enumerate(bounded_map(self._read, rows, workers=workers), start=1):
            self._watch(Progress("candidates", done, len(rows)))
            if isinstance(found, Report):
                yield self._confirmed(row, found, self._places.get(found.collection or ""))
            elif isinstance(found, NotFound):
                self._gone.append(row.report)
                yield unsure(row, "report")
            else:
                yield unsure(row, "archived")

    def _read(self, row: Evidence) -> Report | ModeError:
        try:
            return self._client.report(row.report)
        except _FATAL:
            raise
        except ModeError as error:
            if not isinstance(error, NotFound):
                _log.warning("Could not read report %s, so it stays unsure: %r", row.report, str(error))
            return error

    def _confirmed(self, row: Evidence, report: Report, collection: Collection | None) -> Evidence:
        """The row as REST has it; one that is outside the scope by now is none of this plan's business."""
        if collection is None or collection.token not in self._in_scope:
            return unsure(row, "scope")
        return merged(row, from_report(report, collection, url=row.url, as_of=row.as_of))


def merged(row: Evidence, rest: Evidence) -> Evidence:
    """REST's evidence, with what only the other source tells: last view, owner, last run by hand."""
    known = {
        field: getattr(row, field)
        for field in _TOLD_BY_BOTH
        if getattr(rest, field) is ABSENT and not isinstance(getattr(row, field), Unknown)
    }
    known["source"] = row.source
    known["last_viewed_at"] = row.last_viewed_at
    if isinstance(row.owner, Owner):
        username = row.owner.username or rest.owner_hint
        known["owner"] = dataclasses.replace(row.owner, username=username)
    if not isinstance(row.last_run_by_hand_at, Unknown) and not _ran_since(row.last_run_at, rest.last_run_at):
        known["last_run_by_hand_at"] = row.last_run_by_hand_at
    return rest.but(**known)


def _ran_since(told: When, rest: When) -> bool:
    """Whether REST knows of a run that the other source did not: it may have been by hand."""
    if rest is UNSURE:
        return True
    return isinstance(rest, datetime) and not (isinstance(told, datetime) and told >= rest)


def unsure(row: Evidence, doubt: str) -> Evidence:
    """A row that REST did not confirm, and which is therefore kept; `doubt` says what is not known."""
    return row.but(archived=UNSURE, doubt=doubt)


def warn_of(reports: Iterable[str], things: str, what: str) -> None:
    """Name some of those that something is wrong with, where there are any."""
    named = sorted(reports)
    if named:
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        _log.warning("%s %s: %s%s", counted(len(named), things), what, ", ".join(named[:_NAMED]), more)
