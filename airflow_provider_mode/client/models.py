"""Mode's reports and what hangs on them: schedules, runs, query runs, collections."""

# ruff: noqa: RUF009  # read() and derive() return a dataclasses.field, which ruff cannot see

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_mode.client.hal import link, tail
from airflow_provider_mode.client.parse import (
    Model,
    count,
    derive,
    flag,
    ident,
    mapping,
    moment,
    number,
    read,
    text,
)
from airflow_provider_mode.client.schedule import definition

SUCCEEDED = frozenset({"succeeded", "completed"})
"""Run states of success; notebook reports end as `completed`."""
TERMINAL = SUCCEEDED | {"failed", "cancelled"}
"""Run states that no run leaves; one that is not known here may still change."""


def _linked(row: Mapping[str, Any], *keys: str, rel: str) -> str | None:
    """A token by the first key that holds one, else by the end of a link."""
    for key in keys:
        found = ident(row.get(key))
        if found is not None:
            return found
    return tail(link(row, rel))


def _creator(row: Mapping[str, Any]) -> str | None:
    """The username at the end of the creator's link."""
    return tail(link(row, "creator"))


def _collection(row: Mapping[str, Any]) -> str | None:
    """The collection's token; dataset rows have been seen with another key."""
    return _linked(row, "space_token", "collection_token", rel="space")


def _report(row: Mapping[str, Any]) -> str | None:
    """The token of the report that a schedule or run belongs to."""
    return _linked(row, "report_token", rel="report")


def _imports(value: Any) -> tuple[str, ...] | None:
    """The tokens of imported datasets, whether listed plainly or as objects."""
    if not isinstance(value, list):
        return None
    tokens = [
        _linked(item, "token", "dataset_token", "report_token", rel="self")
        if isinstance(item, dict)
        else ident(item)
        for item in value
    ]
    return None if None in tokens else tuple(token for token in tokens if token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Model):
    """A report or, with type `DatasetReport`, a dataset; an absent `archived` or `public` reads as false."""

    id: str | None = read(ident)
    name: str | None = read(text)
    description: str | None = read(text)
    type: str | None = read(text)
    archived: bool = read(flag, default=False)
    public: bool = read(flag, default=False)
    collection: str | None = derive(_collection)
    created_at: datetime | None = read(moment)
    updated_at: datetime | None = read(moment)
    edited_at: datetime | None = read(moment)
    last_saved_at: datetime | None = read(moment)
    last_run_at: datetime | None = read(moment)
    last_successfully_run_at: datetime | None = read(moment)
    last_successful_run: str | None = read(ident, "last_successful_run_token")
    expected_runtime: float | None = read(number)
    query_count: int | None = read(count)
    chart_count: int | None = read(count)
    runs_count: int | None = read(count)
    schedules_count: int | None = read(count)
    view_count: int | None = read(count)
    creator: str | None = derive(_creator)
    imported_datasets: tuple[str, ...] | None = read(_imports)

    @property
    def is_dataset(self) -> bool:
        """Whether it is a dataset: those share every envelope with reports."""
        return self.type == "DatasetReport"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Model):
    """When a report runs by itself; `hour` and `minute` are prose, `cron_hour` and `cron_minute` numbers."""

    name: str | None = read(text)
    report: str | None = derive(_report)
    frequency: str | None = read(text)
    hour: str | None = read(ident)
    minute: str | None = read(ident)
    cron_hour: int | None = read(count)
    cron_minute: int | None = read(count)
    day_of_week: str | None = read(ident)
    day_of_month: str | None = read(ident)
    time_zone: str | None = read(text)
    parameters: Mapping[str, Any] | None = read(mapping)
    timeout: int | None = read(count)
    retry_state: str | None = read(text)
    last_run_at: datetime | None = read(moment)
    last_succeeded_at: datetime | None = read(moment)
    next_scheduled_run: datetime | None = read(moment)
    subscriber_count: int | None = read(count)

    @property
    def definition(self) -> dict[str, Any] | None:
        """What creates this schedule again; None when its times cannot be known."""
        return definition(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Model):
    """One run of a report; `schedule` is None when a person (or an API) started it."""

    state: str | None = read(text)
    parameters: Mapping[str, Any] | None = read(mapping)
    created_at: datetime | None = read(moment)
    updated_at: datetime | None = read(moment)
    completed_at: datetime | None = read(moment)
    schedule: str | None = derive(lambda row: tail(link(row, "report_schedule")))
    executed_by: str | None = derive(lambda row: tail(link(row, "executed_by")))
    report: str | None = derive(_report)

    @property
    def is_terminal(self) -> bool:
        """Whether the run has ended; an unknown state has not."""
        return self.state in TERMINAL

    @property
    def succeeded(self) -> bool:
        """Whether the run ended well."""
        return self.state in SUCCEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRun(Model):
    """One query's part in a run: only here does Mode say why a run failed."""

    state: str | None = read(text)
    query: str | None = read(ident, "query_token")
    query_name: str | None = read(text)
    error_code: str | None = read(ident)
    error_message: str | None = read(text)
    created_at: datetime | None = read(moment)
    completed_at: datetime | None = read(moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection(Model):
    """A collection, which Mode's API calls a space."""

    name: str | None = read(text)
    description: str | None = read(text)
    space_type: str | None = read(text)
    state: str | None = read(text)
    restricted: bool | None = read(flag)
    default_access_level: str | None = read(text)
    creator: str | None = derive(_creator)

    @property
    def personal(self) -> bool:
        """Whether it is somebody's personal collection."""
        return self.space_type == "private"
