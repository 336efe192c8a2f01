"""What a workspace holds, as plain mutable records; the replies are rendered from these."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from airflow_provider_mode.sandbox.cron import Cron


def token_from(*parts: object) -> str:
    """A token that always comes out the same for the same parts: 12 hexadecimal characters."""
    return hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=6).hexdigest()


@dataclass(slots=True)
class Member:
    """A person of the workspace; one who has `left` is gone from it, and so is the user's page."""

    token: str
    id: int
    username: str
    name: str
    email: str
    joined_at: datetime
    admin: bool = False
    left: bool = False


@dataclass(slots=True)
class Grant:
    """A permission or a membership: who may do what with a collection, data source or group."""

    token: str
    action: str
    accessor_type: str
    accessor_token: str


@dataclass(slots=True)
class Collection:
    """A collection (space); `reports` keeps the order of its lists, reports and datasets alike."""

    token: str
    id: int
    name: str
    space_type: str = "custom"
    description: str | None = None
    creator: str | None = None
    access: str = "view"
    restricted: bool = False
    state: str = "active"
    reports: list[str] = field(default_factory=list)
    grants: dict[str, Grant] = field(default_factory=dict)
    members: dict[str, Grant] = field(default_factory=dict)

    @property
    def personal(self) -> bool:
        """Whether it is somebody's own."""
        return self.space_type == "private"


@dataclass(slots=True)
class Chart:
    """A chart of a query."""

    token: str
    id: int
    title: str
    kind: str
    created_at: datetime


@dataclass(slots=True)
class Query:
    """A query of a report."""

    token: str
    id: int
    name: str
    raw_query: str
    data_source: str
    created_at: datetime
    creator: str
    charts: list[Chart] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """A run; its state follows from the time. `schedule` None means by hand, `ends` None means never."""

    token: str
    report: str
    created_at: datetime
    ends: datetime | None
    outcome: str
    by: str
    schedule: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)

    def state(self, now: datetime) -> str:
        """The state at a moment: enqueued, then running, then its outcome."""
        if self.ends is not None and now >= self.ends:
            return self.outcome
        return "enqueued" if now - self.created_at < timedelta(seconds=1) else "pending"


@dataclass(slots=True)
class Subscription:
    """A subscription to a schedule: what is sent, to which addresses and channels."""

    token: str
    schedule: str | None
    flags: dict[str, bool]
    emails: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Schedule:
    """A schedule. `spans` holds first and last firing of each stretch in which it fired without a pause."""

    token: str
    report: str
    name: str | None
    cron: Cron
    created_at: datetime
    updated_at: datetime
    creator: str
    parameters: dict[str, Any] = field(default_factory=dict)
    timeout: int = 3600
    failing: bool = False
    next_run_at: datetime | None = None
    spans: list[tuple[datetime, datetime]] = field(default_factory=list)
    paused: bool = False
    last_run_at: datetime | None = None


@dataclass(slots=True)
class Report:
    """A report or dataset, with what REST shows of it and what only the sandbox and Discovery know."""

    token: str
    id: int
    name: str | None
    collection: str
    creator: str
    created_at: datetime
    updated_at: datetime
    type: str = "Report"
    description: str | None = None
    edited_at: datetime | None = None
    last_saved_at: datetime | None = None
    archived: bool = False
    public: bool = False
    view_count: int | None = 0
    last_viewed_at: datetime | None = None
    expected_runtime: float | None = None
    runs_count: int = 0
    outcome: str | None = None
    error: str = 'relation "events" does not exist'
    queries: list[Query] = field(default_factory=list)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    filters: dict[str, dict[str, Any]] = field(default_factory=dict)
    field_descriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    runs: list[Run] = field(default_factory=list)
    last_run: Run | None = None
    last_success: Run | None = None
    purges: list[tuple[datetime | None, datetime, datetime]] = field(default_factory=list)
    pdf_polls: dict[str, int] = field(default_factory=dict)
    profile: str = "added"

    @property
    def is_dataset(self) -> bool:
        """Whether it is a dataset."""
        return self.type == "DatasetReport"

    @property
    def last_run_at(self) -> datetime | None:
        """When its last run started."""
        return None if self.last_run is None else self.last_run.created_at

    @property
    def last_run_by_hand_at(self) -> datetime | None:
        """When it was last run by a person or a key."""
        return max((run.created_at for run in self.runs if run.schedule is None), default=None)

    def purged_at(self, run: Run) -> datetime | None:
        """When a run's results were thrown away."""
        for begin, end, at in self.purges:
            if run.created_at < end and (begin is None or run.created_at >= begin):
                return at
        return None

    def subscribers(self, schedule: str) -> int:
        """How many addresses and channels a schedule sends to."""
        mine = (one for one in self.subscriptions.values() if one.schedule == schedule)
        return sum(len(one.emails) + len(one.channels) for one in mine)


@dataclass(slots=True)
class DataSource:
    """A database that queries read."""

    token: str
    id: int
    name: str
    adapter: str
    database: str
    created_at: datetime
    description: str | None = None
    grants: dict[str, Grant] = field(default_factory=dict)


@dataclass(slots=True)
class Definition:
    """A named piece of SQL."""

    token: str
    id: int
    name: str
    source: str
    data_source: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None


@dataclass(slots=True)
class Group:
    """A group of members; `members` maps membership to member."""

    token: str
    name: str
    members: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Signature:
    """A Discovery signature."""

    token: str
    name: str
    access_key: str
    access_secret: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the workspace that a request or a control call made."""

    n: int
    at: datetime
    by: str
    kind: str
    report: str | None
    schedule: str | None
    detail: dict[str, Any]
