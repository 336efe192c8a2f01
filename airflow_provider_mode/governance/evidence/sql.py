"""The inventory out of a query's rows: Mode's Discovery Database, or any other table that knows of use."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from airflow_provider_mode.governance.durations import counted
from airflow_provider_mode.governance.evidence.confirming import (
    Batch,
    Confirming,
    ReadsReports,
    merged,
    unsure,
)
from airflow_provider_mode.governance.evidence.evidence import ABSENT, UNASKED, Evidence, Owner
from airflow_provider_mode.governance.evidence.inventory import RestSource
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.evidence.sql_rows import Rows, columns_of, parsed
from airflow_provider_mode.governance.ports import Watch

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
        self._scope = Scope()
        self.nameless = 0
        """Rows that name no report."""
        self.never: Mapping[str, str] = {} if "last_viewed_at" in columns_of(rows) else _NEVER

    def rows(self, scope: Scope, *, as_of: datetime, tally: Counter[str]) -> Iterator[Evidence]:
        """Every report with a row; in a bounded scope, those that REST lists there."""
        self._scope = scope
        rest: dict[str, Evidence] | None = None
        if scope.collections is not None:
            listed = RestSource(self._client, watch=self._watch).rows(scope, as_of=as_of, tally=tally)
            rest = {evidence.report: evidence for evidence in listed}
        for row in parsed(self._rows):
            if row.report is None:
                self.nameless += 1
            elif row.report in self._seen:
                self._twice.add(row.report)
            elif rest is None or row.report in rest:
                self._seen.add(row.report)
                evidence = self._evidence(row.report, row.known, as_of)
                yield evidence if rest is None else merged(evidence, rest[row.report])
        self._say()

    def confirm(self, rows: Iterable[Evidence]) -> Iterator[Evidence]:
        """The rows as REST has them, all in the cheaper of two ways."""
        asking = []
        for row in rows:
            if row.report in self._twice:
                yield unsure(row)
            elif row.archived is UNASKED:
                asking.append(row)
            else:
                yield row
        if not asking:
            return
        visible = list(self._client.collections())
        chosen, _ = self._scope.choose(visible)
        places = {collection.token: collection for collection in visible}
        confirming = Confirming(self._client, places, self._scope, watch=self._watch)
        yield from confirming.rows([Batch.of(asking, chosen, len(self._seen))])

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

    def _say(self) -> None:
        for number, what in (
            (self.nameless, "name no report, and were passed over"),
            (len(self._twice), "name a report for the second time; those reports are kept"),
        ):
            if number:
                _log.warning("%s of the query %s", counted(number, "row"), what)


def _count(known: Mapping[str, Any], column: str) -> Any:
    """A null count is 0, as in REST."""
    return (known[column] or 0) if column in known else UNASKED
