"""What governance wants of a client of Mode, and of a source of evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from airflow_provider_mode.client.config import ModeConfig
from airflow_provider_mode.client.errors import ModeError
from airflow_provider_mode.client.models import Collection, Report, Run, Schedule
from airflow_provider_mode.client.people import Credential, Member, User
from airflow_provider_mode.governance.evidence.evidence import Evidence
from airflow_provider_mode.governance.evidence.scope import Scope


class Reads(Protocol):
    """The client's reads that an inventory and a plan are made of."""

    @property
    def config(self) -> ModeConfig:
        """The workspace, its host, and how many requests may be in flight at once."""

    def verify(self) -> Credential:
        """The workspace and scope of the key."""

    def collections(self) -> Iterator[Collection]:
        """Every collection that the key sees."""

    def walk(
        self,
        collections: Sequence[Collection],
        *,
        datasets: bool = False,
        watch: Callable[[int], object] = ...,
    ) -> Iterator[tuple[Collection, Report | ModeError]]:
        """The reports of many collections; one ModeError in place of what could not be read.

        `watch` hears after each page how many collections are done.
        """

    def schedules(self, report: str, count: int | None = None) -> Iterator[Schedule]:
        """A report's schedules; a `count` that is known ends the list without one more request."""

    def runs(self, report: str) -> Iterator[Run]:
        """A report's runs, newest first."""

    def user(self, username: str) -> User:
        """One person."""

    def members(self) -> Iterator[Member]:
        """Everyone in the workspace."""

    def dataset_reports(self, dataset: str) -> Iterator[Report]:
        """The reports that import a dataset."""

    def report_url(self, report: str) -> str:
        """Where people open the report."""

    def report_token(self, value: str) -> str:
        """A report's 12 characters out of its URL; one of another host or workspace is refused."""


class Source(Protocol):
    """A kind of evidence: REST, the Discovery API, a query."""

    name: str
    never: Mapping[str, str]
    """Fields of Evidence that it can never tell, each with what to add so that it can."""

    def rows(self, scope: Scope, *, as_of: datetime, tally: Counter[str]) -> Iterator[Evidence]:
        """Every report in scope, each once, counting collections into `tally`.

        A row that REST has not confirmed has `archived` UNASKED. An inventory that could not be completed
        ends in IncompleteInventory, unless the scope says to skip.
        """

    def confirm(self, rows: Iterable[Evidence]) -> Iterator[Evidence]:
        """Rows that would be stale, as REST has them: archived, type, collection, public, views."""


class History(Protocol):
    """A memory of view counts: it tells when a report was last viewed, where Mode does not."""

    def seen(self, evidence: Evidence) -> Evidence:
        """The row with `last_viewed_at` as far as the memory reaches, UNSURE while it is young or lost."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work has come: `total` is None until it is known."""

    stage: str
    done: int
    total: int | None


Watch = Callable[[Progress], None]
