"""Mode's API as its users think of it: an endpoint is a verb, a path and a type."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from airflow_provider_mode.client import audit, exports, names
from airflow_provider_mode.client.core import Core
from airflow_provider_mode.client.discovery import Discovery
from airflow_provider_mode.client.errors import BadRequest, ModeError, NotFound
from airflow_provider_mode.client.hal import form, link, path_on
from airflow_provider_mode.client.listing import Listing, items, page
from airflow_provider_mode.client.models import Collection, QueryRun, Report, Run, Schedule
from airflow_provider_mode.client.people import (
    AuditLog,
    Credential,
    Group,
    Member,
    Permission,
    Subscription,
    SubscriptionMember,
    User,
)
from airflow_provider_mode.client.streams import Download
from airflow_provider_mode.client.walk import walk


class ModeClient(Core):
    """
    A client of one workspace with one key; safe to share between threads, and after a fork.

    Wherever a report, schedule, run or collection is asked for, its token or the item itself will do, and for
    a report also its URL.
    """

    # what the key is, and whom it sees

    def verify(self) -> Credential:
        """The workspace and scope of the key: what tells that a credential is good."""
        return self._one(Credential, "/api/verify")

    def user(self, username: str) -> User:
        """One person."""
        return self._one(User, f"/api/{names.segment(username)}")

    def members(self) -> Iterator[Member]:
        """Everyone in the workspace; a member's key gets the short list, which alone has e-mail addresses."""
        found = self._list("memberships", Member, "memberships")
        try:
            first = next(found, None)
        except NotFound:
            yield from self._list("memberships", Member, "memberships", "lite", whole=True)
            return
        if first is not None:
            yield first
            yield from found

    def groups(self) -> Iterator[Group]:
        """Every group."""
        return self._list("groups", Group, "groups")

    def permissions(self, collection: str | Collection) -> Iterator[Permission]:
        """Who may do what in a collection."""
        return self._list("space_entitlements", Permission, "spaces", collection, "permissions")

    def audit_logs(self, start: datetime, end: datetime, **filters: str) -> Iterator[AuditLog]:
        """The audit log between two times, filtered by `action`, `username`, `entity_type`, ... if given."""
        return audit.logs(self._session, self._path("audit_logs"), start, end, filters)

    @property
    def discovery(self) -> Discovery:
        """The bulk lists of the Discovery API, for workspaces whose plan has it."""
        return Discovery(self._session, self.config)

    # collections and reports

    def collections(self) -> Iterator[Collection]:
        """Every collection that the key sees, other people's personal ones included."""
        return self._list("spaces", Collection, "spaces", params={"filter": "all"})

    def reports(self, collection: str | Collection | None = None) -> Iterator[Report]:
        """The reports of a collection, or of the whole workspace; archived ones included, datasets not."""
        return self._all(collection, datasets=False)

    def datasets(self, collection: str | Collection | None = None) -> Iterator[Report]:
        """The datasets of a collection, or of the whole workspace."""
        return self._all(collection, datasets=True)

    def walk(
        self,
        collections: Sequence[Collection],
        *,
        datasets: bool = False,
        watch: Callable[[int], object] = lambda _: None,
    ) -> Iterator[tuple[Collection, Report | ModeError]]:
        """
        The reports of many collections, read at once; of one that could not be read whole, the error alone.

        What concerns all of them alike, such as a bad key or a host that is not there, is raised.
        """
        listings = [self._reports_of(collection, datasets=datasets) for collection in collections]
        session = self._session
        fetch, workers = partial(page, session), self.config.concurrency
        found = walk(fetch, listings, workers=workers, watch=watch)
        for index, ended in found:
            if isinstance(ended, ModeError):
                yield collections[index], ended
                continue
            for report in ended:
                if datasets or not report.is_dataset:
                    yield collections[index], report

    def report(self, report: str | Report) -> Report:
        """One report, archived or not."""
        return self._one(Report, self._path("reports", self._report(report)))

    def dataset_reports(self, dataset: str | Report) -> Iterator[Report]:
        """The reports that import a dataset, as thin rows."""
        return self._list("reports", Report, "datasets", self._report(dataset), "reports")

    def archive(self, report: str | Report) -> Report:
        """Hide a report from lists and search, reversibly; one that is archived already stays so."""
        return self._set_archived(report, "archive", archived=True)

    def unarchive(self, report: str | Report) -> Report:
        """Bring an archived report back; one that is live already stays so."""
        return self._set_archived(report, "unarchive", archived=False)

    def move(self, report: str | Report, *, collection: str | Collection) -> Report:
        """Move a report to another collection."""
        there = collection if isinstance(collection, str) else collection.token
        name = self._report(report)
        change = {"report": {"space_token": there}}
        return self._changed(Report, self._path("reports", name), change, token=name, collection=there)

    def delete_report(self, report: str | Report) -> None:
        """Delete a report and its queries for good; nothing brings it back."""
        self._ask("DELETE", self._path("reports", self._report(report)))

    def purge_results(self, before: date, *, until: date | None = None) -> None:
        """Delete stored results (not reports) that are older than a date, for good; Mode does it later."""
        span = {"time": _day(before)} | ({} if until is None else {"end_time": _day(until)})
        # Mode's docs put the date into the query, clients into the body: both are sent.
        self._ask("POST", self._path("reports", "purge"), span, **span)

    # schedules and who is sent what

    def schedules(self, report: str | Report, count: int | None = None) -> Iterator[Schedule]:
        """A report's schedules; a known `count` ends the list without one more request, 0 without any."""
        parts = ("reports", self._report(report), "schedules")
        return self._list("report_schedules", Schedule, *parts, enough=count)

    def create_schedule(self, report: str | Report, definition: Mapping[str, Any]) -> Schedule:
        """Create a schedule out of `Schedule.definition`, or whatever else Mode takes for one."""
        body = definition if "report_schedule" in definition else {"report_schedule": definition}
        path = self._path("reports", self._report(report), "schedules")
        return self._one(Schedule, path, "POST", dict(body))

    def delete_schedule(self, report: str | Report, schedule: str | Schedule) -> None:
        """Delete a schedule, and with it what is subscribed to it."""
        self._ask("DELETE", self._path("reports", self._report(report), "schedules", schedule))

    def subscriptions(
        self, report: str | Report, schedule: str | Schedule | None = None
    ) -> Iterator[Subscription]:
        """What a report, or one of its schedules, sends; one request."""
        within = ("schedules", schedule) if schedule is not None else ()
        parts = ("reports", self._report(report), *within, "subscriptions")
        return self._list("report_subscriptions", Subscription, *parts, whole=True)

    def subscription_members(
        self, report: str | Report, subscription: str | Subscription
    ) -> Iterator[SubscriptionMember]:
        """Who is sent a subscription, by e-mail and in Slack, as far as Mode tells; two requests."""
        base = self._path("reports", self._report(report), "subscriptions", subscription)
        raw = subscription.raw if isinstance(subscription, Subscription) else {}
        for kind in ("email", "slack"):
            path = path_on(self.config.host, link(raw, f"{kind}_subscription_memberships"))
            there = Listing(
                path=path or f"{base}/{kind}_memberships",
                key=f"{kind}_subscription_memberships",
                model=SubscriptionMember,
                whole=True,
            )
            try:
                for member in items(self._session, there):
                    yield SubscriptionMember(token=member.token, kind=kind, raw=member.raw)
            except NotFound:
                continue

    # runs, results

    def run(self, report: str | Report, parameters: Mapping[str, Any] | None = None) -> Run:
        """Start a run. It is never sent twice: when the reply is lost, the error's `maybe_done` is true."""
        body = {"parameters": dict(parameters or {})}
        return self._one(Run, self._path("reports", self._report(report), "runs"), "POST", body)

    def report_run(self, report: str | Report, run: str | Run) -> Run:
        """One run."""
        return self._one(Run, self._path("reports", self._report(report), "runs", run))

    def runs(self, report: str | Report) -> Iterator[Run]:
        """A report's runs, newest first; runs that begin meanwhile are not waited for."""
        parts = ("reports", self._report(report), "runs")
        return self._list("report_runs", Run, *parts, params={"per_page": 30}, settled=False)

    def last_run(self, report: str | Report) -> Run | None:
        """The newest run, if there is any."""
        return next(self.runs(report), None)

    def cancel_run(self, report: str | Report, run: str | Run) -> bool:
        """Cancel a run by the form that Mode offers with it; false where it offers none, or it has ended."""
        present = self.report_run(report, run)
        offered = None if present.is_terminal else form(present.raw, "cancel")
        path = path_on(self.config.host, offered[1]) if offered else None
        if offered is None or path is None:
            return False
        self._ask(offered[0], path)
        return True

    def query_runs(self, report: str | Report, run: str | Run) -> Iterator[QueryRun]:
        """The queries of a run; only here does Mode say why a run failed."""
        parts = ("reports", self._report(report), "runs", run, "query_runs")
        return self._list("query_runs", QueryRun, *parts, whole=True)

    def results(
        self,
        report: str | Report,
        run: str | Run,
        format: str = "csv",  # noqa: A002  # as Mode calls it
        *,
        query_run: str | QueryRun | None = None,
    ) -> Download:
        """The results of a run, or of one of its queries, streamed; those of several may come as a zip."""
        within = ("query_runs", query_run) if query_run is not None else ()
        path = self._path("reports", self._report(report), "runs", run, *within)
        return exports.results(self._session, path, format)

    def pdf(self, report: str | Report, run: str | Run, *, wait_for: float = 600.0) -> Download:
        """The PDF of a run, streamed; Mode renders it first, which may take up to `wait_for` seconds."""
        path = self._path("reports", self._report(report), "exports", "runs", run)
        return exports.pdf(self._session, path, wait_for=wait_for)

    # names

    def report_url(self, report: str | Report) -> str:
        """Where people open a report."""
        return f"{self.config.host}/{self.config.workspace}/reports/{self._report(report)}"

    def report_token(self, report: str) -> str:
        """The 12 characters of a report named by them or by its URL; another host or workspace is refused."""
        return names.report_token(report, host=self.config.host, workspace=self.config.workspace)

    def _set_archived(self, report: str | Report, verb: str, *, archived: bool) -> Report:
        """Archive or unarchive; Mode may refuse what is so already, which is told by looking."""
        name = self._report(report)
        try:
            return self._changed(
                Report, self._path("reports", name, verb), None, token=name, archived=archived
            )
        except BadRequest:
            present = self.report(name)
            if present.archived is archived and present.known("archived"):
                return present
            raise

    def _reports_of(self, collection: str | Collection, *, datasets: bool) -> Listing[Report]:
        """The list of a collection's reports or datasets; Mode embeds both as reports."""
        kind = "datasets" if datasets else "reports"
        return Listing(path=self._path("spaces", collection, kind), key="reports", model=Report)

    def _all(self, collection: str | Collection | None, *, datasets: bool) -> Iterator[Report]:
        """Every report of one collection or of all; the first that cannot be read whole is an error."""
        if isinstance(collection, str):
            collection = Collection(token=collection)
        places = [collection] if collection is not None else list(self.collections())
        met: set[str] = set()
        for _, report in self.walk(
            [place for place in places if place.state != "soft_deleted"], datasets=datasets
        ):
            if isinstance(report, ModeError):
                raise report
            if report.token not in met:
                met.add(report.token)
                yield report


def _day(value: date) -> str:
    """A day as Mode writes it; of a time, its day."""
    return (value.date() if isinstance(value, datetime) else value).isoformat()
