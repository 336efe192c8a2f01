"""What is known of one report's use, and what is not.

A value is known (None = Mode says *never*, or there is none), or it is not, and then `Unknown` says why.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from airflow_provider_mode.client.models import Collection, Report

MOST = 2**63 - 1
"""The largest count."""
REPORT = "Report"
DATASET = "DatasetReport"


class Unknown(enum.Enum):
    """Why a value is not known."""

    ABSENT = "absent"  # not in a good reply, or the source does not tell: the policy's `unknown` decides
    UNSURE = "unsure"  # malformed, a failed read, a young or lost history: always keeps the report
    UNASKED = "unasked"  # costs a request that nobody has made yet


ABSENT = Unknown.ABSENT
UNSURE = Unknown.UNSURE
UNASKED = Unknown.UNASKED

When = datetime | None | Unknown
"""A moment, None for never, or why it is not known."""

ASKED_LAST = ("archived", "owner", "imported_by_live", "subscribers", "last_run_by_hand_at")
"""Fields that may cost a request a report, in the order in which to ask for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The person who created a report, as far as Mode tells."""

    username: str | None = None
    email: str | None = None
    name: str | None = None

    @property
    def label(self) -> str | None:
        """The e-mail address, else the username, else the name."""
        return self.email or self.username or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One report and what a source knows of its use, `as_of` a moment."""

    report: str
    url: str
    as_of: datetime
    source: str = "rest"
    name: str | Unknown | None = ABSENT
    kind: str | Unknown = REPORT
    collection: str | None = None
    collection_name: str | Unknown | None = ABSENT
    personal: bool | Unknown = False
    archived: bool | Unknown = False  # UNASKED where REST has yet to confirm another source's row
    public: bool | Unknown = False
    description: str | Unknown | None = ABSENT
    created_at: When = ABSENT
    edited_at: When = ABSENT
    last_run_at: When = ABSENT
    last_successfully_run_at: When = ABSENT
    last_viewed_at: When = ABSENT
    watched_since: When = ABSENT  # with a history: no view since then but the one of `last_viewed_at`
    last_run_by_hand_at: When = UNASKED  # at the latest: runs are read only as far back as the rule asks
    view_count: int | Unknown = ABSENT
    schedules_count: int | Unknown = ABSENT
    subscribers: int | Unknown = UNASKED  # of all its schedules together
    owner: Owner | Unknown | None = UNASKED
    owner_hint: str | None = None  # a username that costs nothing, from the report's own links
    imported_by_live: bool | Unknown = UNASKED  # datasets only: a report that is not archived imports it
    expected_runtime: float | None = None  # seconds
    doubt: str | None = None  # why REST could not confirm a row, as a key of the rules' `QUESTIONS`

    @property
    def is_dataset(self) -> bool:
        """Whether it is a dataset, which Mode keeps as a report of another type."""
        return self.kind == DATASET

    @property
    def seen_in_mode(self) -> bool:
        """Whether Mode itself told of the report; until REST has confirmed it, a query's row is a claim."""
        return self.source != "sql" or isinstance(self.archived, bool)

    @property
    def title(self) -> str | None:
        """The report's name if there is one, else None."""
        return self.name if isinstance(self.name, str) else None

    @property
    def place(self) -> str | None:
        """The collection's name if it is known, else its 12 characters."""
        return self.collection_name if isinstance(self.collection_name, str) else self.collection

    @property
    def owner_label(self) -> str | None:
        """The best name for the owner that is known."""
        return (self.owner.label if isinstance(self.owner, Owner) else None) or self.owner_hint

    def but(self, **known: Any) -> Self:
        """The same evidence with more known."""
        return dataclasses.replace(self, **known)

    def to_json(self) -> dict[str, Any]:
        """What is known as JSON; a key left out was absent, not asked for, or says nothing of use.

        `unsure` lists what was malformed or failed; `absent` what was asked for in vain.
        """
        facts: dict[str, Any] = {}
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            if not isinstance(value, Unknown):
                if value != default or name in _TOLD:
                    facts[name] = _plain(value)
            elif value is not default:
                facts.setdefault(value.value, []).append(name)
        return facts

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; what is missing, unknown or ill-typed raises ValueError."""
        known: dict[str, Any] = {}
        for why in Unknown:
            known |= dict.fromkeys(_strings(facts.get(why.value, [])), why)
        known |= {name: _revived(name, value) for name, value in facts.items() if name not in _WHY}
        if strange := known.keys() - _DEFAULTS.keys():
            raise ValueError(f"evidence has no field {min(strange)!r}")
        if missing := {"report", "url", "as_of"} - known.keys():
            raise ValueError(f"evidence lacks {min(missing)!r}")
        return cls(**known)


_TOLD = frozenset({"source", "public"})  # also where it is as usual; ten thousand copies of the rest are not
_MOMENTS = frozenset({"as_of", "watched_since"})
_WHY = frozenset(why.value for why in Unknown)
_DEFAULTS: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(Evidence)}
_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(_DEFAULTS, (str, type(None))),
    **dict.fromkeys(("report", "url", "as_of", "source", "kind"), (str,)),
    **dict.fromkeys(("personal", "archived", "public", "imported_by_live"), (bool,)),
    **dict.fromkeys(("view_count", "schedules_count", "subscribers"), (int,)),
    "expected_runtime": (int, float, type(None)),
    "owner": (dict, type(None)),
}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _moment_text(value)
    if isinstance(value, Owner):
        return {key: held for key, held in dataclasses.asdict(value).items() if held is not None}
    return value


@lru_cache(maxsize=64)
def _moment_text(moment: datetime) -> str:
    """ISO 8601 in UTC; the moment of an inventory stands in each of its rows, as one text in memory."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _revived(name: str, value: Any) -> Any:
    if name not in _DEFAULTS:
        raise ValueError(f"evidence has no field {name!r}")
    wanted = _TYPES[name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise ValueError(f"evidence field {name} is a {type(value).__name__}")
    if isinstance(value, str) and (name in _MOMENTS or name.endswith("_at")):
        return _moment(name, value)
    if isinstance(value, dict):
        return Owner(**{key: _revived("name", value.get(key)) for key in ("username", "email", "name")})
    return value


def _moment(name: str, text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"evidence field {name} has no time zone")
    return moment.astimezone(UTC)


def _strings(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("evidence holds a list that is not of strings")
    return value


def from_report(report: Report, collection: Collection | None, *, url: str, as_of: datetime) -> Evidence:
    """The evidence that one row of a REST listing (or one read) gives.

    Without its `collection`, what depends on the collection's name or kind stays unsure.
    """
    views, schedules = _count(report, "view_count"), _count(report, "schedules_count")
    last_run_at = _read(report, "last_run_at")
    return Evidence(
        report=report.token,
        url=url,
        as_of=as_of,
        name=_read(report, "name"),
        kind=report.type if report.type in {REPORT, DATASET} else UNSURE,
        collection=collection.token if collection else report.collection,
        collection_name=_read(collection, "name") if collection else UNSURE,
        personal=_personal(collection),
        archived=_flag(report, "archived"),
        public=_flag(report, "public"),
        description=_read(report, "description"),
        created_at=_read(report, "created_at"),
        edited_at=_read(report, "edited_at"),
        last_run_at=last_run_at,
        last_successfully_run_at=_read(report, "last_successfully_run_at"),
        last_run_by_hand_at=None if last_run_at is None else UNASKED,
        view_count=0 if views is None else views,
        schedules_count=ABSENT if schedules is None else schedules,
        subscribers=0 if schedules == 0 else UNASKED,
        owner=_asked_for(report),
        owner_hint=report.creator,
        imported_by_live=UNASKED if report.is_dataset else False,
        expected_runtime=report.expected_runtime,
    )


def _read(seen: Report | Collection, field: str) -> Any:
    """The field's value; absent and malformed are told apart, for only the first may count as stale."""
    value = getattr(seen, field)
    if value or seen.known(field):  # what parsed to something was there, which is soon told of most
        return value
    return UNSURE if field in seen.raw else ABSENT


def _count(report: Report, field: str) -> Any:
    """The field's number; one that no column of a file or a database can hold is no count."""
    value = _read(report, field)
    return UNSURE if isinstance(value, int) and value > MOST else value


def _personal(collection: Collection | None) -> bool | Unknown:
    if collection is None:
        return UNSURE
    kind = _read(collection, "space_type")
    return kind if isinstance(kind, Unknown) else collection.personal


def _asked_for(report: Report) -> Unknown:
    """Whether the owner can be asked for: some replies name no creator, or not legibly."""
    if report.creator:
        return UNASKED
    links = report.raw.get("_links")
    return UNSURE if isinstance(links, Mapping) and links.get("creator") else ABSENT


def _flag(report: Report, field: str) -> bool | Unknown:
    """A flag that reads as false where it is absent, as Mode leaves it out on some objects."""
    return getattr(report, field) if isinstance(report.raw.get(field, False), bool) else UNSURE
