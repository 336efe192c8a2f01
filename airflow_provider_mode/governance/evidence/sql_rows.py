"""The rows of a query, column by column: what is wrong with them is an error that names it. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

from airflow_provider_mode.governance.errors import SettingError

COLUMNS = ("report", "last_viewed_at", "last_run_at", "view_count", "schedules_count", "owner_email")
_MOST = 2**63 - 1  # as much as a file of the inventory can hold
_REPORT = re.compile(r"[0-9A-Za-z]{12}")


class Rows(Protocol):
    """A query's result: the names of its columns, and its rows, which come once."""

    @property
    def columns(self) -> Sequence[str]:
        """The columns as the database names them."""

    def __iter__(self) -> Iterator[Sequence[Any]]: ...


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says of a report; a column that the query has not is missing from `known`."""

    report: str | None
    known: dict[str, Any]


def columns_of(rows: Rows) -> tuple[str, ...]:
    """The columns in lower case, as Snowflake shouts them; none may be unknown, missing or there twice."""
    columns = tuple(column.lower() for column in rows.columns)
    for column in columns:
        if column not in COLUMNS:
            raise _refused(f"has a column {column!r}; there are {', '.join(COLUMNS)}")
        if columns.count(column) > 1:
            raise _refused(f"has the column {column!r} twice")
    if "report" not in columns:
        raise _refused("lacks the column 'report', which holds the reports' 12 characters")
    return columns


def parsed(rows: Rows) -> Iterator[Row]:
    """Each row's values; `report` is None where it names none."""
    columns = columns_of(rows)
    for number, values in enumerate(rows, start=1):
        if len(values) != len(columns):
            raise _refused(f"gives {len(values)} values for {len(columns)} columns in row {number}")
        known = dict(zip(columns, values, strict=True))
        report = known.pop("report")
        yield Row(_report(report), {column: _value(number, column, given) for column, given in known.items()})


def _report(value: Any) -> str | None:
    name = value.strip() if isinstance(value, str) else ""
    return name if _REPORT.fullmatch(name) else None


def _value(number: int, column: str, given: Any) -> Any:
    if given is None:
        return None
    try:
        return _READERS[column](given)
    except (ValueError, OverflowError) as error:
        raise _refused(f"row {number}, column {column!r}: {given!r} {error}", "'s") from None


def _moment(given: Any) -> datetime:
    """A moment with a time zone; SQLite has no type for it, and gives text."""
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        moment = None
    if not isinstance(moment, datetime):
        raise ValueError("is no timestamp")  # noqa: TRY004 - caught above, and said with its row
    if moment.tzinfo is None:
        raise ValueError("has no time zone: let the query convert it to TIMESTAMP WITH TIME ZONE")
    return moment.astimezone(UTC)


def _count(given: Any) -> int:
    """A whole number from 0 up, of whichever type the driver makes of it."""
    numeric = isinstance(given, int | float | Decimal) and not isinstance(given, bool)
    number = int(given) if numeric and math.isfinite(given) else -1
    if number != given or not 0 <= number <= _MOST:
        raise ValueError("is no whole number from 0 up")
    return number


def _text(given: Any) -> str | None:
    if not isinstance(given, str):
        raise ValueError("is no text")  # noqa: TRY004 - as above
    return given.strip() or None


_READERS: dict[str, Callable[[Any], Any]] = {
    "last_viewed_at": _moment,
    "last_run_at": _moment,
    "view_count": _count,
    "schedules_count": _count,
    "owner_email": _text,
}


def _refused(sentence: str, whose: str = "") -> SettingError:
    return SettingError("source", f"the query{whose} {sentence}")
