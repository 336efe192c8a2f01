"""What would be changed and why, as a value: sorted, counted, and named by its digest (`mode-plan/1`)."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from airflow_provider_mode.governance.errors import PlanRefused

FORMAT = "mode-plan/1"
DELETE_SCHEDULE: Literal["delete_schedule"] = "delete_schedule"
ARCHIVE_REPORT: Literal["archive_report"] = "archive_report"
KINDS: tuple[str, ...] = (DELETE_SCHEDULE, ARCHIVE_REPORT)
"""The kinds of action, in the order in which one report's are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One change to one report, with the evidence for it and all that undoing it needs."""

    kind: str
    report: str
    url: str
    reason: str
    evidence: Mapping[str, Any]
    schedule: str | None = None
    name: str | None = None
    collection: str | None = None
    owner: str | None = None
    definition: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """The action as the plan file holds it."""
        return {key: getattr(self, key) for key in ACTION_KEYS}

    @property
    def order(self) -> tuple[str, str, int, str]:
        """Where it stands in a plan: by collection, then report, schedules before the archiving."""
        return (self.collection or "", self.report, KINDS.index(self.kind), self.schedule or "")


ACTION_KEYS: tuple[str, ...] = tuple(field.name for field in dataclasses.fields(Action))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A list of actions on one workspace, made at a moment and good until another."""

    workspace: str
    source: str
    key_scope: str | None
    created_at: datetime
    expires_at: datetime
    policy: Mapping[str, Any]
    counts: Mapping[str, int]
    actions: tuple[Action, ...] = field(repr=False)
    kept: Mapping[str, list[str]] = field(repr=False)
    savings: Mapping[str, int] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def digest(self) -> str:
        """`sha256:` of the JSON without `digest`: keys sorted, compact, UTF-8, non-ASCII unescaped."""
        hashed = hashlib.sha256()
        for chunk in _canonical(self._body()):
            hashed.update(_encoded(chunk))
        return f"sha256:{hashed.hexdigest()}"

    def to_json(self) -> dict[str, Any]:
        """The plan as its file holds it, the digest with it."""
        return {
            **self._body(),
            "actions": [action.to_json() for action in self.actions],
            "digest": self.digest,
        }

    def dumps(self) -> bytes:
        """The plan's file: one action a line, so that two plans can be compared by eye."""
        body: dict[str, Any] = {**self._body(), "digest": self.digest}
        written = io.BytesIO()  # a join would hold every piece beside the whole
        written.writelines(map(_encoded, _canonical(body, gap="\n")))
        return written.getvalue()

    @staticmethod
    def loads(text: bytes) -> Plan:
        """A plan from its file, which may be anything: what is no plan, or was altered, is refused."""
        from airflow_provider_mode.governance.plan.file import read_plan  # noqa: PLC0415 - it builds Plans

        return read_plan(text)

    def check(self, workspace: str, now: datetime, digest: str | None = None) -> None:
        """Refuse to go on with another workspace's plan, an expired one, or not the one that was reviewed."""
        if self.workspace != workspace:
            raise PlanRefused(
                f"the plan is for workspace {self.workspace!r}, the connection for {workspace!r}"
            )
        if now >= self.expires_at:
            raise PlanRefused(f"the plan expired at {moment_text(self.expires_at)}: make a new one")
        if digest is not None and digest != self.digest:
            raise PlanRefused(f"the plan's digest is {self.digest}, and {digest} was expected")

    def by_report(self) -> Iterator[tuple[str, tuple[Action, ...]]]:
        """Each report with its actions, in the plan's order."""
        groups: dict[str, list[Action]] = {}
        for action in self.actions:
            groups.setdefault(action.report, []).append(action)
        return ((report, tuple(actions)) for report, actions in groups.items())

    def _body(self) -> dict[str, Any]:
        """All but the digest, the actions still to be turned into JSON one by one."""
        return {
            "format": FORMAT,
            "workspace": self.workspace,
            "source": self.source,
            "key_scope": self.key_scope,
            "created_at": moment_text(self.created_at),
            "expires_at": moment_text(self.expires_at),
            "policy": self.policy,
            "counts": self.counts,
            "savings": self.savings,
            "summary": self.summary,
            "actions": self.actions,
            "kept": self.kept,
        }


def moment_text(moment: datetime) -> str:
    """A moment as the plan writes it: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _canonical(body: Mapping[str, Any], gap: str = "") -> Iterator[str]:
    """The JSON of a plan in pieces, for ten thousand actions need not be in memory twice.

    The `gap` goes between pieces where JSON allows white space.
    """
    start = "{"
    for key in sorted(body):
        yield f"{start}{gap}{_json(key)}:"
        start = ","
        if key != "actions":
            yield _json(body[key])
            continue
        for number, action in enumerate(body[key]):
            yield f"{',' if number else '['}{gap}"
            yield _json(action.to_json())
        yield f"{gap}]" if body[key] else "[]"
    yield f"{gap}}}{gap}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _encoded(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which a hostile name may hold, stays the escape that JSON has for it."""
    return text.encode("utf-8", "backslashreplace")
