"""The inventory out of a query's rows: Mode's Discovery Database, or any other table that knows of use."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow_provider_mode.client.models import Collection
from airflow_provider_mode.governance.durations import counted, say_duration, say_moment
from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.governance.evidence.confirming import (
    GONE,
    Batch,
    Confirming,
    ReadsReports,
    merged,
    unsure,
    warn_of,
)
from airflow_provider_mode.governance.evidence.evidence import ABSENT, UNASKED, Evidence, Owner
from airflow_provider_mode.governance.evidence.inventory import RestSource, choose
from airflow_provider_mode.governance.evidence.people import People
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.evidence.sql_rows import Rows, columns_of, parsed
from airflow_provider_mode.governance.ports import Watch

NAMELESS, TWICE = "rows_without_report", "reports_with_two_rows"
_OLD = timedelta(days=7)
"""Mode refreshes its database once a day at least; an older copy lacks the views since then."""
_AHEAD = timedelta(minutes=10)
"""Two clocks may differ by so much; a moment further ahead was read in the wrong time zone."""
_log = logging.getLogger(__name__)
_NEVER = {
    "last_viewed_at": "the query has no column last_viewed_at, and REST cannot tell when a report was last "
    "viewed: add the column"
}


class SqlSource:
    """
    Evidence from a query, whose rows are read once; REST has to confirm what would be stale.

    The query's last view is believed. Whatever else a row says, REST says better once the report is a
    candidate; until then it spares the requests. A report with two rows is kept: which one is right?
    """

    name = "sql"

    def __init__(self, client: ReadsReports, rows: Rows, *, watch: Watch | None = None) -> None:
        self._client = client
        self._rows = rows
        self._watch = watch or (lambda _: None)
        self._seen: set[str] = set()
        self._twice: set[str] = set()
        self._newest: datetime | None = None
        self._old: datetime | None = None  # of when an old copy of the database is, as far as its rows show
        self._places: dict[str, Collection] = {}
        self._chosen: list[Collection] = []
        self._tally: Counter[str] = Counter()
        self._scope = Scope()
        self.never: Mapping[str, str] = {} if "last_viewed_at" in columns_of(rows) else _NEVER

    def rows(self, scope: Scope, *, as_of: datetime, tally: Counter[str]) -> Iterator[Evidence]:
        """Every report with a row; in a bounded scope, those that REST lists there."""
        self._scope, self._tally = scope, tally
        tally.update({GONE: 0, NAMELESS: 0, TWICE: 0})
        rest = self._listed(as_of)
        for row in parsed(self._rows):
            self._date(row.known)
            if row.report is None:
                tally[NAMELESS] += 1
            elif row.report in self._seen:
                self._twice.add(row.report)
            elif rest is None or row.report in rest:
                self._seen.add(row.report)
                evidence = self._evidence(row.report, row.known, as_of)
                yield evidence if rest is None else merged(evidence, rest[row.report])
        tally[TWICE] = len(self._twice)
        if tally[NAMELESS] and not self._seen and rest is None:
            raise SettingError(
                "source",
                f"the query's column 'report' has to hold the reports' 12 characters, and in none of its "
                f"{counted(tally[NAMELESS], 'row')} it does",
            )
        self._say(as_of)

    def confirm(self, rows: Iterable[Evidence]) -> Iterator[Evidence]:
        """The rows as REST has them, all in the cheaper of two ways."""
        people = People(self._client.members)
        for row in self._confirmed(rows):
            dated = row if self._old is None else row.but(as_of=self._old)
            yield people.named(dated) if self._scope.usernames and dated.archived is False else dated

    def _confirmed(self, rows: Iterable[Evidence]) -> Iterator[Evidence]:
        asking = []
        for row in rows:
            if row.report in self._twice:
                yield unsure(row, "row")
            elif row.archived is UNASKED:
                asking.append(row)
            else:
                yield row
        if asking:
            confirming = Confirming(
                self._client, self._places, self._scope, watch=self._watch, tally=self._tally, thorough=True
            )
            yield from confirming.rows([Batch.of(asking, self._chosen, len(self._seen))])

    def _listed(self, as_of: datetime) -> dict[str, Evidence] | None:
        """What REST lists in a bounded scope; None in one that is not, of which only the collections are."""
        if self._scope.collections is None:
            visible, self._chosen = choose(self._client, self._scope, self._tally)
            self._places = {collection.token: collection for collection in visible}
            return None
        source = RestSource(self._client, watch=self._watch)
        return {row.report: row for row in source.rows(self._scope, as_of=as_of, tally=self._tally)}

    def _evidence(self, report: str, known: dict[str, Any], as_of: datetime) -> Evidence:
        """A row's evidence; whatever it does not say of what REST knows, REST is yet to be asked for."""
        email = known.get("owner_email")
        return Evidence(
            report=report,
            url=self._client.report_url(report),
            as_of=as_of,
            source=self.name,
            name=UNASKED,
            collection_name=UNASKED,
            personal=UNASKED,
            archived=UNASKED,
            public=UNASKED,
            description=UNASKED,
            created_at=UNASKED,
            edited_at=UNASKED,
            last_successfully_run_at=UNASKED,
            last_run_at=known.get("last_run_at", UNASKED),
            last_viewed_at=known.get("last_viewed_at", ABSENT),
            view_count=_count(known, "view_count"),
            schedules_count=_count(known, "schedules_count"),
            owner=Owner(email=email) if email else UNASKED,
        )

    def _date(self, known: Mapping[str, Any]) -> None:
        """Remember the newest moment of use, which shows how old the query's table is."""
        moment = known.get("last_run_at" if self.never else "last_viewed_at")
        if moment is not None and (self._newest is None or moment > self._newest):
            self._newest = moment

    def _say(self, as_of: datetime) -> None:
        if self._tally[NAMELESS]:
            named = counted(self._tally[NAMELESS], "row")
            _log.warning("%s of the query: no report's 12 characters there, passed over", named)
        warn_of(self._twice, "report", "with more than one row in the query, and kept for that")
        if not self._seen:
            _log.warning("The query gave no rows of reports in scope: nothing is known of any")
        if self._newest is None:
            return
        age, day = as_of - self._newest, say_moment(self._newest)
        if age > _OLD:
            self._old = self._newest
            _log.warning(
                "The newest use in the query's rows is of %s, %s ago: what was used since then looks unused",
                day,
                say_duration(age),
            )
        elif age < -_AHEAD:
            _log.warning(
                "The newest use in the query's rows is of %s, in the future: is its zone right?", day
            )
        else:
            _log.info("The newest use in the query's rows is of %s", day)


def _count(known: Mapping[str, Any], column: str) -> Any:
    """A null count is 0, as in REST."""
    return (known[column] or 0) if column in known else UNASKED
