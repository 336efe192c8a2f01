"""The inventory out of two bulk lists of the Discovery API, joined by the report's token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from airflow_provider_mode.client.discovery_models import DiscoveryMember, DiscoveryReport, ReportStat
from airflow_provider_mode.client.models import Collection
from airflow_provider_mode.client.parse import Model
from airflow_provider_mode.governance.errors import EmptyWorkspace
from airflow_provider_mode.governance.evidence.confirming import Batch, Confirming, ReadsReports
from airflow_provider_mode.governance.evidence.evidence import (
    ABSENT,
    UNASKED,
    UNSURE,
    Evidence,
    Owner,
    Unknown,
    When,
)
from airflow_provider_mode.governance.evidence.people import People
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.ports import Progress, Watch

_EVERY = 1000


class BulkLists(Protocol):
    """Discovery's lists, as far as an inventory needs them."""

    def reports(self, *, personal: bool = True) -> Iterator[DiscoveryReport]:
        """Every report."""

    def report_stats(self, *, personal: bool = True) -> Iterator[ReportStat]:
        """How every report is used."""

    def spaces(self) -> Iterator[Collection]:
        """Every collection."""

    def members(self) -> Iterator[DiscoveryMember]:
        """Everyone in the workspace."""


class DiscoveryReads(ReadsReports, Protocol):
    """A client that has Discovery as well."""

    @property
    def discovery(self) -> BulkLists:
        """Its lists."""


class Use(NamedTuple):
    """What the second list adds to a report of the first."""

    views: int | Unknown
    schedules: int | Unknown
    all_by_hand: bool  # people ran it of late, and no schedule did


_NOT_LISTED = Use(UNASKED, UNASKED, all_by_hand=False)


class DiscoverySource:
    """Evidence from the Discovery API; REST has to confirm what would be stale."""

    name = "discovery"

    def __init__(self, client: DiscoveryReads, *, watch: Watch | None = None) -> None:
        self._client = client
        self._watch = watch or (lambda _: None)
        self._places: dict[str, Collection] = {}
        self._in_scope: set[str] = set()
        self._sizes: Counter[str] = Counter()
        self._tally: Counter[str] = Counter()
        self._scope = Scope()
        self.never: Mapping[str, str] = {}

    def rows(self, scope: Scope, *, as_of: datetime, tally: Counter[str]) -> Iterator[Evidence]:
        """Every report in scope, archived or not, which Discovery does not tell."""
        self._scope, self._tally = scope, tally
        self._choose(scope, tally)
        people = People(self._client.discovery.members)
        use = {
            stat.token: _use(stat) for stat in self._client.discovery.report_stats(personal=scope.personal)
        }
        for number, report in enumerate(self._client.discovery.reports(personal=scope.personal), start=1):
            if number % _EVERY == 0:
                self._watch(Progress("reports listed", number, None))
            place = report.collection or ""
            if place in self._in_scope or (place not in self._places and scope.collections is None):
                self._sizes[place] += 1
                row = self._evidence(report, use.pop(report.token, _NOT_LISTED), as_of)
                yield people.named(row) if scope.usernames else row

    def confirm(self, rows: Iterable[Evidence]) -> Iterator[Evidence]:
        """The rows as REST has them, collection by collection in the cheaper of two ways."""
        groups: dict[str, list[Evidence]] = {}
        for row in rows:
            groups.setdefault(row.collection or "", []).append(row)
        asking = Confirming(
            self._client,
            self._places,
            self._scope,
            watch=self._watch,
            tally=self._tally,
            thorough=self._scope.datasets,
        )
        return asking.rows(self._batch(place, group) for place, group in groups.items())

    def _batch(self, place: str, group: list[Evidence]) -> Batch:
        """A collection that Discovery does not list cannot be listed; its reports are read one by one."""
        if place not in self._in_scope:
            return Batch(group, (), len(group))
        return Batch.of(group, [self._places[place]], self._sizes[place])

    def _choose(self, scope: Scope, tally: Counter[str]) -> None:
        spaces = list(self._client.discovery.spaces())
        if not spaces:
            raise EmptyWorkspace(
                f"Discovery shows no collection of workspace {self._client.config.workspace!r}, so it shows "
                "no report: its signature needs the rights of an admin"
            )
        chosen, personal = scope.choose(spaces)
        self._places = {space.token: space for space in spaces}
        self._in_scope = {space.token for space in chosen}
        self._sizes.clear()
        tally["collections"] = len(chosen)
        tally["personal_collections"] = len(personal)

    def _evidence(self, report: DiscoveryReport, use: Use, as_of: datetime) -> Evidence:
        place = self._places.get(report.collection or "")
        last_run_at = _told(report, "last_run_at")
        return Evidence(
            report=report.token,
            url=self._client.report_url(report.token),
            as_of=as_of,
            source=self.name,
            name=_told(report, "name"),
            collection=report.collection,
            collection_name=_told(place, "name") if place else UNASKED,
            personal=place.personal if place and place.known("space_type") else UNASKED,
            archived=UNASKED,
            public=UNASKED,
            description=_told(report, "description"),
            created_at=_told(report, "created_at"),
            edited_at=_told(report, "edited_at"),
            last_run_at=last_run_at,
            last_successfully_run_at=_told(report, "last_successfully_run_at"),
            last_viewed_at=_last_view(report),
            last_run_by_hand_at=_by_hand(last_run_at, use),
            view_count=use.views,
            schedules_count=use.schedules,
            subscribers=0 if use.schedules == 0 else UNASKED,
            owner=Owner(email=report.creator_email) if report.creator_email else UNASKED,
        )


def _told(row: Model, field: str) -> Any:
    """The field's value; what Discovery does not tell legibly, REST is yet to be asked for."""
    return getattr(row, field) if row.known(field) else UNASKED


def _last_view(report: DiscoveryReport) -> When:
    """What only Discovery tells: absent and malformed are told apart, as they are for REST."""
    if report.known("last_viewed_at"):
        return report.last_viewed_at
    return UNSURE if "last_viewed_at" in report.raw else ABSENT


def _use(stat: ReportStat) -> Use:
    """A null count is 0, as in REST."""
    views, schedules = _told(stat, "view_count"), _told(stat, "schedules_count")
    all_by_hand = bool(stat.recent_manual_run_creators) and stat.scheduled_run_creators == ()
    return Use(0 if views is None else views, 0 if schedules is None else schedules, all_by_hand=all_by_hand)


def _by_hand(last_run_at: When, use: Use) -> When:
    """When it was last run by hand, where Discovery says so.

    It says who ran a report *of late*, not when, and not since when. So an empty list proves nothing, and
    the runs have to be asked for; yet where people are listed and no schedule is, the last run was theirs.
    """
    if last_run_at is None or (use.all_by_hand and isinstance(last_run_at, datetime)):
        return last_run_at
    return UNASKED
