"""The inventory over REST: every report in scope, or an error that says what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from airflow_provider_mode.client.errors import ModeError, NotFound, PermissionDenied
from airflow_provider_mode.client.models import Collection, Report
from airflow_provider_mode.governance.errors import EmptyWorkspace, IncompleteInventory
from airflow_provider_mode.governance.evidence.evidence import Evidence, from_report
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.ports import History, Progress, Reads, Watch

_WITHOUT_HISTORY = {
    "last_viewed_at": "Mode's REST API does not tell when a report was last viewed: "
    'add history="<folder>", or use source="discovery" or a query'
}
_MAY_BE_GONE = (NotFound, PermissionDenied)
"""What a collection answers that was deleted while its reports were read; Mode is seen to use both."""


class RestSource:
    """Evidence from the REST API alone; with a `history`, also when the view count was last seen to grow."""

    name = "rest"

    def __init__(self, client: Reads, *, history: History | None = None, watch: Watch | None = None) -> None:
        self._client = client
        self._history = history
        self._watch = watch or (lambda _: None)
        self.never: Mapping[str, str] = {} if history else _WITHOUT_HISTORY

    def rows(self, scope: Scope, *, as_of: datetime, tally: Counter[str]) -> Iterator[Evidence]:
        """Every report in scope, each once, whatever the order in which collections answer."""
        _, collections = choose(self._client, scope, tally)
        failed: dict[Collection, ModeError] = {}
        seen: set[str] = set()
        for datasets in (False, True) if scope.datasets else (False,):
            watch = self._watching("datasets'" if datasets else "reports'", len(collections))
            for collection, found in self._client.walk(collections, datasets=datasets, watch=watch):
                if isinstance(found, ModeError):
                    failed.setdefault(collection, found)
                elif found.token not in seen:
                    seen.add(found.token)
                    yield self._evidence(found, collection, as_of)
        self._account_for(failed, scope, tally)

    def confirm(self, rows: Iterable[Evidence]) -> Iterator[Evidence]:
        """The rows as they are: they come from REST."""
        return iter(rows)

    def _evidence(self, report: Report, collection: Collection, as_of: datetime) -> Evidence:
        url = self._client.report_url(report.token)
        evidence = from_report(report, collection, url=url, as_of=as_of)
        return self._history.seen(evidence) if self._history else evidence

    def _account_for(self, failed: dict[Collection, ModeError], scope: Scope, tally: Counter[str]) -> None:
        """A collection that was deleted meanwhile is no loss; any other that failed is."""
        live: set[str] = set()
        if any(isinstance(error, _MAY_BE_GONE) for error in failed.values()):
            live = {c.token for c in self._client.collections() if c.state != "soft_deleted"}
        gone = [c for c, error in failed.items() if isinstance(error, NotFound) and c.token not in live]
        tally["collections"] -= len(gone)
        for collection in gone:
            del failed[collection]
        tally["unreadable_collections"] = len(failed)
        if failed and not scope.skip_unreadable:
            permanent = any(c.token in live for c, error in failed.items() if not error.retryable)
            raise IncompleteInventory(
                sorted(f"collection {c.name!r} ({c.token}): {error}" for c, error in failed.items()),
                permanent=permanent,
            )

    def _watching(self, whose: str, collections: int) -> Callable[[int], None]:
        """What hears of each page: a list that is long, or one of many, is not read in silence."""
        return lambda done: self._watch(Progress(f"{whose} lists read to their end", done, collections))


def choose(client: Reads, scope: Scope, tally: Counter[str]) -> tuple[list[Collection], list[Collection]]:
    """All collections that the key sees, and those in scope, which are counted."""
    visible = list(client.collections())
    if not visible:
        raise EmptyWorkspace(
            f"the key sees no collection in workspace {client.config.workspace!r}, so it sees no "
            "report: use a workspace key, or one whose member can see collections"
        )
    chosen, personal = scope.choose(visible)
    tally["collections"] = len(chosen)
    tally["personal_collections"] = len(personal)
    return visible, chosen
