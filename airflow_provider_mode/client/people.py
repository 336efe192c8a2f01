"""Who uses Mode, what they may do, and what they are sent; and what the key itself is."""

# ruff: noqa: RUF009  # read() and derive() return a dataclasses.field, which ruff cannot see

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from airflow_provider_mode.client.hal import link, tail
from airflow_provider_mode.client.parse import (
    MalformedError,
    Model,
    count,
    derive,
    flag,
    ident,
    moment,
    read,
    text,
)


def _token(*keys: str) -> Any:
    """The field `token`, read from the first key that has it, else from the end of the self link."""

    def reader(row: Mapping[str, Any]) -> str | None:
        found = (ident(row.get(key)) for key in keys)
        return next((token for token in found if token), None) or tail(link(row, "self"))

    return field(metadata={"reader": reader})


def _username(row: Mapping[str, Any]) -> str | None:
    """A member's username: the two membership lists name it differently, and one only links to the user."""
    return text(row.get("member_username")) or text(row.get("username")) or tail(link(row, "user"))


def _inside(outer: str, inner: str) -> Any:
    """A field read from an object within the row."""

    def reader(row: Mapping[str, Any]) -> str | None:
        part = row.get(outer)
        return ident(part.get(inner)) if isinstance(part, dict) else None

    return derive(reader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Model):
    """A person's membership of the workspace; e-mail and name come with the short list only."""

    naming: ClassVar[str] = "member_token"

    token: str = _token("member_token", "token", "member_username", "username")
    username: str | None = derive(_username)
    email: str | None = read(text)
    name: str | None = read(text)
    admin: bool | None = read(flag)
    state: str | None = read(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Model):
    """A person as `/api/<username>` tells; the e-mail address is often withheld."""

    token: str = _token("token", "username")
    username: str | None = read(text)
    name: str | None = read(text)
    email: str | None = read(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Model):
    """A group of members."""

    name: str | None = read(text)
    state: str | None = read(text)
    group_type: str | None = read(text)
    description: str | None = read(text)
    managed: bool | None = read(flag)
    member_count: int | None = read(count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission(Model):
    """What an account or a group may do in a collection."""

    action: str | None = read(text)
    accessor_type: str | None = read(text)
    accessor: str | None = read(ident, "accessor_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog(Model):
    """One entry of the workspace's audit log; its `token` is Mode's id."""

    naming: ClassVar[str] = "id"

    token: str = _token("id", "token")
    action: str | None = read(text)
    description: str | None = read(text)
    timestamp: datetime | None = read(moment)
    username: str | None = _inside("actor", "username")
    entity: str | None = _inside("entity", "entity_id")
    entity_type: str | None = _inside("entity", "entity_type")
    entity_name: str | None = _inside("entity", "entity_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Model):
    """What a schedule sends, and to how many; Mode names it in its self link only."""

    token: str = _token("token")
    email_subscriber_count: int | None = read(count)
    schedule: str | None = derive(lambda row: tail(link(row, "report_schedule")))
    csv_attachments_enabled: bool | None = read(flag)
    pdf_attachments_enabled: bool | None = read(flag)
    data_previews_enabled: bool | None = read(flag)
    data_tables_enabled: bool | None = read(flag)
    report_links_enabled: bool | None = read(flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionMember(Model):
    """A recipient of a subscription, by e-mail or in Slack; what else Mode tells of it is in `raw`."""

    token: str = _token("token", "id", "email", "channel", "name")
    kind: str = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What `/api/verify` says about the key: its workspace and how far it sees."""

    workspace: str
    scope: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, row: Any) -> "Credential":
        """The credential that a reply of `/api/verify` describes; without a workspace it is none."""
        if not isinstance(row, dict):
            raise MalformedError("a Credential that is no object")
        workspace = text(row.get("workspace"))
        if not workspace:
            raise MalformedError("a Credential without a workspace; check the base URL")
        return cls(workspace=workspace, scope=text(row.get("api_key_scope")), raw=row)

    @property
    def is_members(self) -> bool:
        """Whether Mode named another scope than the workspace's: the key sees what its member sees."""
        return self.scope is not None and not self.sees_everything

    @property
    def sees_everything(self) -> bool:
        """Whether it is a workspace key; a member's key sees what its member sees."""
        return self.scope is not None and self.scope.lower() in {"workspace", "organization"}
