"""The workspace: everything it holds, how to find it, and who sees what."""

import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_mode.sandbox.clock import Clock
from airflow_provider_mode.sandbox.exchange import forbidden, not_found
from airflow_provider_mode.sandbox.model import (
    Change,
    Chart,
    Collection,
    DataSource,
    Definition,
    Group,
    Member,
    Query,
    Report,
    Run,
    Schedule,
    Signature,
    token_from,
)
from airflow_provider_mode.sandbox.switches import Switches

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the workspace's key, a member's key, a Discovery signature, or nobody."""

    scope: str
    login: str = ""
    username: str = ""

    @property
    def everything(self) -> bool:
        """Whether it acts as an admin."""
        return self.scope in {"workspace", "discovery"}


class Workspace:
    """The state of one workspace; guard every use from another thread with `lock`."""

    def __init__(self, name: str, clock: Clock, switches: Switches, seed: int = 1) -> None:
        self.name, self.clock, self.switches = name, clock, switches
        self.lock = threading.RLock()
        self.rng = random.Random(seed)  # noqa: S311 - repeatable, and nothing secret comes of it
        self._last_id = 1000
        self.token, self.id = self.new_token(), self.new_id()
        self.created_at = clock.now() - timedelta(days=2200)
        self.members: dict[str, Member] = {}
        self.collections: dict[str, Collection] = {}
        self.reports: dict[str, Report] = {}
        self.schedules: dict[str, Schedule] = {}
        self.queries: dict[str, tuple[Report, Query]] = {}
        self.data_sources: dict[str, DataSource] = {}
        self.definitions: dict[str, Definition] = {}
        self.groups: dict[str, Group] = {}
        self.signatures: dict[str, Signature] = {}
        self.changes: list[Change] = []
        self.running: list[tuple[Report, Run]] = []
        self.next_due = NEVER
        self.shifted: set[str] = set()
        self.rows_kept = 5000  # as JSON, some 15 MB
        self.row_cache: dict[str, tuple[tuple[Any, ...], bytes]] = {}

    @property
    def now(self) -> datetime:
        """The workspace's present."""
        return self.clock.now()

    @property
    def admin(self) -> Member:
        """The member who made the workspace's key."""
        return next(member for member in self.members.values() if member.admin)

    def new_token(self) -> str:
        """A fresh token."""
        return f"{self.rng.getrandbits(48):012x}"

    def new_id(self) -> int:
        """A fresh numeric id."""
        self._last_id += 1
        return self._last_id

    def log(
        self, by: str, kind: str, report: str | None = None, schedule: str | None = None, **detail: Any
    ) -> None:
        """Write down a change."""
        self.changes.append(Change(len(self.changes) + 1, self.now, by, kind, report, schedule, detail))

    # Finding

    def report(self, token: str) -> Report:
        """A report or dataset by token (Refusal 404)."""
        if token not in self.reports:
            raise not_found("report")
        return self.reports[token]

    def collection(self, token: str) -> Collection:
        """A collection by token, a deleted one too (Refusal 404)."""
        if token not in self.collections:
            raise not_found("space")
        return self.collections[token]

    def schedule(self, report: Report, token: str) -> Schedule:
        """A schedule of a report (Refusal 404)."""
        if token not in report.schedules:
            raise not_found("report schedule")
        return report.schedules[token]

    def chart(self, query: Query, token: str) -> Chart:
        """A chart of a query (Refusal 404)."""
        for chart in query.charts:
            if chart.token == token:
                return chart
        raise not_found("chart")

    def member_named(self, username: str) -> Member | None:
        """A present member by username."""
        found = self.members.get(username)
        return None if found is None or found.left else found

    def present_members(self) -> list[Member]:
        """Those who have not left."""
        return [member for member in self.members.values() if not member.left]

    def rows(self, collection: Collection, *, datasets: bool) -> list[Report]:
        """The reports, or the datasets, of a collection in the order of its list."""
        found = (self.reports[token] for token in collection.reports)
        return [report for report in found if report.is_dataset == datasets]

    def home(self, username: str) -> Collection:
        """A member's personal collection, made when first needed."""
        for collection in self.collections.values():
            if collection.personal and collection.creator == username and collection.state == "active":
                return collection
        made = Collection(
            self.new_token(), self.new_id(), "Personal", "private", creator=username, access="none"
        )
        self.collections[made.token] = made
        return made

    def importers(self, dataset: Report) -> Iterator[Report]:
        """The reports that import a dataset."""
        return (report for report in self.reports.values() if dataset.token in report.imports)

    # Seeing

    def sees(self, caller: Caller, collection: Collection) -> bool:
        """Whether a caller sees a collection."""
        if caller.everything:
            return True
        if collection.personal:
            return collection.creator == caller.username
        member = self.members[caller.username].token
        grants: Iterable[str] = (grant.accessor_token for grant in collection.grants.values())
        return not collection.restricted or member in grants

    def seen(self, caller: Caller, report: Report) -> Report:
        """The same report, if the caller sees it (Refusal 403)."""
        if not self.sees(caller, self.collections[report.collection]):
            raise forbidden("You do not have permission to view this report")
        return report

    def own(self, caller: Caller, report: Report) -> Report:
        """The same report, if the caller may change it (Refusal 403)."""
        self.seen(caller, report)
        if caller.everything or self.switches["member_archive"] == "visible":
            return report
        if report.creator != caller.username:
            raise forbidden("You do not have permission to change this report")
        return report

    def membership_token(self, member: Member) -> str:
        """The token of a member's membership."""
        return token_from("membership", member.token)
