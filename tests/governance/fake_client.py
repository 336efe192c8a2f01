"""A workspace in memory that answers as the client does, and counts what it is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings

from airflow_provider_mode.client.config import ModeConfig
from airflow_provider_mode.client.errors import ModeError, NotFound
from airflow_provider_mode.client.models import Collection, Report, Run, Schedule
from airflow_provider_mode.client.people import Credential, Member, User

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""No property depends on how busy the machine is."""

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def ago(days: float) -> str:
    """A moment so many days before now, as Mode writes it."""
    return (NOW - timedelta(days=days)).isoformat().replace("+00:00", "Z")


def report_row(token: str, **fields: Any) -> dict[str, Any]:
    """A report that nobody has used for long, unless its fields say otherwise; `...` leaves one out."""
    row: dict[str, Any] = {
        "token": token,
        "name": f"Report {token}",
        "description": None,
        "type": "Report",
        "archived": False,
        "public": False,
        "created_at": ago(900),
        "edited_at": ago(500),
        "last_run_at": ago(400),
        "last_successfully_run_at": ago(400),
        "view_count": 0,
        "schedules_count": 0,
        "expected_runtime": 36.0,
        "_links": {"creator": {"href": "/api/ada"}},
    } | fields
    return {key: value for key, value in row.items() if value is not ...}


def collection_row(token: str, name: str | None = None, **fields: Any) -> dict[str, Any]:
    """A shared collection, unless its fields say otherwise."""
    row = {"token": token, "name": name or f"Collection {token}", "space_type": "custom", "state": "active"}
    return row | fields


def schedule_row(token: str, **fields: Any) -> dict[str, Any]:
    """A daily schedule that nobody subscribes to, unless its fields say otherwise."""
    row: dict[str, Any] = {
        "token": token,
        "name": "Nightly",
        "report_token": "r",
        "frequency": "daily",
        "cron_hour": 3,
        "cron_minute": 30,
        "time_zone": "UTC",
        "parameters": {"region": "eu"},
        "timeout": 3600,
        "subscriber_count": 0,
        "next_scheduled_run": ago(-1),
        "_links": {"self": {"href": "/x"}},
    } | fields
    return {key: value for key, value in row.items() if value is not ...}


class FakeClient:
    """Rows by collection, schedules and runs by report, people by username; errors stand in place of rows."""

    def __init__(self, *, concurrency: int = 2) -> None:
        self.config = ModeConfig(workspace="acme", login="k", password="p", concurrency=concurrency)
        self.scope: str | None = "workspace"
        self.spaces: list[dict[str, Any]] = []
        self.later: list[dict[str, Any]] | None = None
        self.rows: dict[str, Iterable[Mapping[str, Any]] | ModeError] = {}
        self.datasets: dict[str, Iterable[Mapping[str, Any]] | ModeError] = {}
        self.plans: dict[str, list[dict[str, Any]] | ModeError] = {}
        self.history: dict[str, list[dict[str, Any]] | ModeError] = {}
        self.people: dict[str, dict[str, Any] | ModeError] = {
            "ada": {"username": "ada", "email": "ada@example.com"}
        }
        self.staff: list[dict[str, Any]] | ModeError = []
        self.importers: dict[str, list[dict[str, Any]] | ModeError] = {}
        self.asked: Counter[str] = Counter()

    def add(self, token: str, *rows: Mapping[str, Any], name: str | None = None, **fields: Any) -> FakeClient:
        """One more collection with its reports."""
        self.spaces.append(collection_row(token, name, **fields))
        self.rows[token] = rows
        return self

    def verify(self) -> Credential:
        """The key's scope."""
        self.asked["verify"] += 1
        return Credential.from_json({"workspace": "acme", "api_key_scope": self.scope})

    def collections(self) -> Iterator[Collection]:
        """The collections; from the second time on, what is `later`."""
        self.asked["collections"] += 1
        again = self.asked["collections"] > 1 and self.later is not None
        return map(Collection.from_json, list(self.later or []) if again else self.spaces)

    def walk(
        self,
        collections: Sequence[Collection],
        *,
        datasets: bool = False,
        watch: Callable[[int], object] = lambda _: None,
    ) -> Iterator[tuple[Collection, Report | ModeError]]:
        """Each collection's rows, or its error."""
        listing = self.datasets if datasets else self.rows
        for done, collection in enumerate(collections, start=1):
            watch(done)
            self.asked["datasets" if datasets else "reports"] += 1
            rows = listing.get(collection.token, ())
            if isinstance(rows, ModeError):
                yield collection, rows
                continue
            for row in rows:
                yield collection, Report.from_json(row)

    def schedules(self, report: str, count: int | None = None) -> Iterator[Schedule]:
        """A report's schedules."""
        self.asked["schedules"] += count != 0
        return map(Schedule.from_json, _rows(self.plans.get(report, [])))

    def runs(self, report: str) -> Iterator[Run]:
        """A report's runs, counted one by one."""
        for row in _rows(self.history.get(report, [])):
            self.asked["runs"] += 1
            yield Run.from_json(row)

    def user(self, username: str) -> User:
        """One person."""
        self.asked["user"] += 1
        found = self.people.get(username, NotFound("no such person"))
        if isinstance(found, ModeError):
            raise found
        return User.from_json(found)

    def members(self) -> Iterator[Member]:
        """Everyone."""
        self.asked["members"] += 1
        return map(Member.from_json, _rows(self.staff))

    def dataset_reports(self, dataset: str) -> Iterator[Report]:
        """What imports a dataset."""
        self.asked["importers"] += 1
        return map(Report.from_json, _rows(self.importers.get(dataset, [])))

    def report_token(self, value: str) -> str:
        """The name in a report's URL."""
        return value.partition("/reports/")[2].partition("/")[0]

    def report_url(self, report: str) -> str:
        """Where people open a report."""
        return f"https://app.mode.com/acme/reports/{report}"


def _rows(found: list[dict[str, Any]] | ModeError) -> list[dict[str, Any]]:
    if isinstance(found, ModeError):
        raise found
    return found
