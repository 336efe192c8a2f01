"""The audit log: the one list that goes on by a cursor instead of page numbers."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from airflow_provider_mode.client.errors import ConfigurationError
from airflow_provider_mode.client.listing import Listing, page_of
from airflow_provider_mode.client.people import AuditLog
from airflow_provider_mode.client.session import Session


def logs(
    session: Session, path: str, start: datetime, end: datetime, filters: Mapping[str, str]
) -> Iterator[AuditLog]:
    """Every entry between two times once; it ends without a cursor, or with one that was used before."""
    params: dict[str, Any] = {**filters, "start_timestamp": _time(start), "end_timestamp": _time(end)}
    used: set[str] = set()
    met: set[str] = set()
    while True:
        listing = Listing(path=path, key="audit_logs", model=AuditLog, params=params)
        rows, body = page_of(session, listing, params)
        for row in rows:
            if row.token not in met:
                met.add(row.token)
                yield row
        cursor = body.get("next_token")
        if not isinstance(cursor, str) or not cursor or cursor in used or not rows:
            return
        used.add(cursor)
        params = {**params, "next_token": cursor}


def _time(value: datetime) -> str:
    """A time as Mode writes it; one without an offset could mean any hour."""
    if value.tzinfo is None:
        raise ConfigurationError("start, end: must be times with an offset (aware datetimes).")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
