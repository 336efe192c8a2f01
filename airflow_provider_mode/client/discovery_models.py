"""What the Discovery API lists, a row each; where Mode's pages disagree on a name, both are read."""

# ruff: noqa: RUF009  # read() and derive() return a dataclasses.field, which ruff cannot see

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from airflow_provider_mode.client.config import Signature
from airflow_provider_mode.client.parse import Model, count, derive, ident, moment, read, text

_VIEWS = ("view_count", "total_views_count")


def _emails(value: Any) -> tuple[str, ...] | None:
    """E-mail addresses; None where the list holds anything else."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return tuple(value)


def _views(row: Mapping[str, Any]) -> int | None:
    """The count of views under either of its names."""
    return next((count(row[key]) for key in _VIEWS if key in row), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryReport(Model):
    """A report with its last use; Discovery does not say whether it is archived, nor of which type it is."""

    name: str | None = read(text)
    description: str | None = read(text)
    created_at: datetime | None = read(moment)
    edited_at: datetime | None = read(moment)
    updated_at: datetime | None = read(moment)
    last_viewed_at: datetime | None = read(moment)
    last_run_at: datetime | None = read(moment)
    last_successfully_run_at: datetime | None = read(moment)
    last_run: str | None = read(ident, "last_run_token")
    last_run_state: str | None = read(text)
    creator_email: str | None = read(text)
    collection: str | None = read(ident, "space_token")
    url: str | None = read(text, "report_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStat(Model):
    """How a report is used, `token` being the report's; how recent *recent* is, Mode does not tell."""

    naming: ClassVar[str] = "report_token"

    token: str = read(ident, "report_token")
    view_count: int | None = derive(_views)
    schedules_count: int | None = read(count, "active_schedules_count")
    explorations_count: int | None = read(count)
    recent_manual_run_creators: tuple[str, ...] | None = read(_emails, "recent_manual_run_creators_emails")
    scheduled_run_creators: tuple[str, ...] | None = read(_emails, "scheduled_run_creators_emails")
    editors: tuple[str, ...] | None = read(_emails, "editors_emails")

    def known(self, name: str) -> bool:
        """Whether the reply told this field; the count of views under either of its names."""
        if name != "view_count":
            return Model.known(self, name)
        told = next((key for key in _VIEWS if key in self.raw), None)
        return told is not None and (self.raw[told] is None or self.view_count is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryQuery(Model):
    """A query and where it belongs."""

    name: str | None = read(text)
    raw_query: str | None = read(text)
    creator_email: str | None = read(text)
    data_source: str | None = read(ident, "data_source_token")
    report: str | None = read(ident, "report_token")
    collection: str | None = read(ident, "space_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryChart(Model):
    """A chart and where it belongs."""

    chart_type: str | None = read(text)
    chart_title: str | None = read(text)
    query: str | None = read(ident, "query_token")
    report: str | None = read(ident, "report_token")
    collection: str | None = read(ident, "space_token")
    report_creator_email: str | None = read(text)
    exploration_url: str | None = read(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryMember(Model):
    """A membership and when its member last did what."""

    state: str | None = read(text)
    member: str | None = read(ident, "member_token")
    username: str | None = read(text, "member_username")
    email: str | None = read(text, "member_email")
    activated_at: datetime | None = read(moment)
    banned_at: datetime | None = read(moment)
    last_report_created_at: datetime | None = read(moment)
    last_report_edited_at: datetime | None = read(moment)
    last_report_run_at: datetime | None = read(moment)
    last_report_viewed_at: datetime | None = read(moment)
    total_days_engaged: int | None = read(count)


@dataclass(frozen=True, slots=True, kw_only=True)
class MintedSignature:
    """A new signature for the connection's extra `discovery`; Mode shows its secret this once."""

    name: str | None
    expires_at: datetime | None
    signature: Signature = field(repr=False)
