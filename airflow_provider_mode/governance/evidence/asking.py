"""Questions that cost requests, asked only of reports that everything cheaper calls stale.

A read that fails for one report leaves that answer UNSURE, which keeps the report; a key that Mode does not
know, or a server that cannot be reached, ends the plan.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from airflow_provider_mode.client.bulk import bounded_map
from airflow_provider_mode.client.errors import (
    AuthenticationError,
    ConnectionFailed,
    ModeError,
    NotFound,
    RateLimited,
)
from airflow_provider_mode.client.models import Schedule
from airflow_provider_mode.governance.evidence.evidence import ABSENT, UNSURE, Evidence, Owner, Unknown
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.governance.ports import Progress, Reads, Watch

_log = logging.getLogger(__name__)
_FATAL = (AuthenticationError, ConnectionFailed, RateLimited)
_MASKED = ("token", "secret", "proxy")  # Airflow hides what is named so
_STAGES = {
    "owner": "owners",
    "imported_by_live": "datasets",
    "subscribers": "schedules",
    "last_run_by_hand_at": "runs",
}

Answer = TypeVar("Answer")
Held = Mapping[str, Mapping[str, Any]]
"""The schedules of a report: what each is named by, and its definition."""


class Questions:
    """Asks Mode what the listing did not tell, many reports at once; remembers people and schedules."""

    def __init__(self, client: Reads, policy: StalePolicy, *, now: datetime, watch: Watch) -> None:
        self._client = client
        self._policy = policy
        self._now = now
        self._watch = watch
        self._owners: dict[str, Owner | Unknown] = {}
        self._emails: dict[str, str | None] | None = None
        self.schedules: dict[str, Held] = {}
        """What was read of schedules, by report."""

    def ask(self, field: str, rows: Sequence[Evidence]) -> list[Evidence]:
        """The rows, in order, with `field` no longer UNASKED."""
        if field == "owner":
            return self._with_owners(rows)
        answer = {
            "imported_by_live": self._with_importers,
            "subscribers": self._with_schedules,
            "last_run_by_hand_at": self._with_runs,
        }[field]
        return [answered for _, answered in self._each(_STAGES[field], answer, rows)]

    def _each(
        self, stage: str, answer: Callable[[Any], Answer], items: Sequence[Any]
    ) -> Iterator[tuple[Any, Answer]]:
        workers = self._client.config.concurrency
        for done, pair in enumerate(bounded_map(answer, items, workers=workers), start=1):
            yield pair
            self._watch(Progress(stage, done, len(items)))

    def _with_importers(self, row: Evidence) -> Evidence:
        def live() -> bool:
            return any(not report.archived for report in self._client.dataset_reports(row.report))

        return row.but(imported_by_live=_attempt(live, f"who imports dataset {row.report}"))

    def _with_schedules(self, row: Evidence) -> Evidence:
        """The count is believed where it is known; the list says who subscribes."""
        count = row.schedules_count if isinstance(row.schedules_count, int) else None
        found = _attempt(
            lambda: list(self._client.schedules(row.report, count)), f"the schedules of {row.report}"
        )
        if isinstance(found, Unknown):
            return row.but(subscribers=found, schedules_count=row.schedules_count if count else found)
        self.schedules[row.report] = {schedule.token: definition_of(schedule) for schedule in found}
        return row.but(
            subscribers=subscribers_of(found), schedules_count=len(found) if count is None else count
        )

    def _with_runs(self, row: Evidence) -> Evidence:
        seen = _attempt(lambda: self._run_by_hand(row.report), f"the runs of {row.report}")
        return row.but(last_run_by_hand_at=seen)

    def _run_by_hand(self, report: str) -> datetime | Unknown | None:
        """When someone last ran it; no later than the answer once the rule asks for nothing older."""
        since = self._now - (self._policy.not_run_by_hand_for or timedelta(0))
        for run in self._client.runs(report):
            if run.schedule is None:
                return run.created_at or UNSURE
            if run.created_at is not None and run.created_at <= since:
                return run.created_at
        return None

    def _with_owners(self, rows: Sequence[Evidence]) -> list[Evidence]:
        """Each person is asked for once, however many reports are theirs."""
        people = sorted({row.owner_hint for row in rows if row.owner_hint} - self._owners.keys())
        self._owners.update(self._each("owners", self._person, people))
        for username in people:
            self._owners[username] = self._with_email(username, self._owners[username])
        return [row.but(owner=self._owners.get(row.owner_hint or "", ABSENT)) for row in rows]

    def _with_email(self, username: str, owner: Owner | Unknown) -> Owner | Unknown:
        """Mode often withholds a person's e-mail address; the list of members, read once, may have it."""
        if not isinstance(owner, Owner) or owner.email:
            return owner
        if self._emails is None:
            found = _attempt(lambda: list(self._client.members()), "the list of members")
            members = [] if isinstance(found, Unknown) else found
            self._emails = {member.username: member.email for member in members if member.username}
        return dataclasses.replace(owner, email=self._emails.get(username))

    def _person(self, username: str) -> Owner | Unknown:
        def look_up() -> Owner | Unknown:
            try:
                user = self._client.user(username)
            except NotFound:
                return ABSENT
            return Owner(username=user.username or username, email=user.email, name=user.name)

        return _attempt(look_up, f"the person {username!r}")


def _attempt(read: Callable[[], Answer], what: str) -> Answer | Unknown:
    try:
        return read()
    except _FATAL:
        raise
    except ModeError as error:
        _log.warning("Could not read %s, so it stays unsure: %r", what, str(error))
        return UNSURE


def subscribers_of(schedules: Iterable[Schedule]) -> int | Unknown:
    """How many people are sent the report; to know that it is nobody takes every schedule."""
    known, gaps = 0, set()
    for schedule in schedules:
        if schedule.known("subscriber_count"):
            known += schedule.subscriber_count or 0
        else:
            gaps.add(UNSURE if "subscriber_count" in schedule.raw else ABSENT)
    if known or not gaps:
        return known
    return UNSURE if UNSURE in gaps else ABSENT


def definition_of(schedule: Schedule) -> dict[str, Any]:
    """All that recreating a schedule takes, and below `as_read` what Mode said of it."""
    return {**(schedule.definition or {}), "as_read": _plain(schedule.raw)}


def _plain(value: Any) -> Any:
    """Mode's JSON without links, forms and keys that Airflow would mask; parameters stay whole."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: held if key == "parameters" else _plain(held)
        for key, held in value.items()
        if not key.startswith("_") and not any(word in key.lower() for word in _MASKED)
    }
