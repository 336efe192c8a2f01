"""
The rows of a query through Airflow's ``DbApiHook``, streamed: never a whole table in memory.

Most drivers hand rows on as they come. PostgreSQL's fetch the whole result at once, unless the cursor has a
name and thereby lives on the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from airflow.providers.common.compat.sdk import BaseHook
from airflow.providers.common.sql.hooks.sql import DbApiHook

from airflow_provider_mode.governance.errors import SettingError

CHUNK = 1000
_NAMED = {"psycopg2", "psycopg"}


class RowStream:
    """A query's columns, and its rows, which come once."""

    def __init__(self, cursor: Any) -> None:
        self._first = cursor.fetchmany(CHUNK)  # a cursor on the server knows its columns only after this
        if cursor.description is None:
            raise SettingError("source", "the query gives no rows: it has to be a SELECT")
        self.columns = tuple(column[0] for column in cursor.description)
        self._cursor = cursor

    def __iter__(self) -> Iterator[Sequence[Any]]:
        chunk, self._first = self._first, []
        while chunk:
            for row in chunk:  # a connection may ask for rows as dicts
                yield tuple(row.values()) if isinstance(row, dict) else row
            chunk = self._cursor.fetchmany(CHUNK)


@contextmanager
def streamed_rows(conn_id: str, sql: str) -> Iterator[RowStream]:
    """The rows of a query, while the block lasts; an error of the database is the driver's own."""
    hook = _hook(conn_id)
    with closing(hook.get_conn()) as connection, closing(_cursor(connection)) as cursor:
        cursor.execute(sql.strip().removesuffix(";"))
        yield RowStream(cursor)


def _hook(conn_id: str) -> Any:
    """The connection's hook, if it is one that runs SQL."""
    connection: Any = BaseHook.get_connection(conn_id)
    hook = connection.get_hook()
    if not isinstance(hook, DbApiHook):
        raise SettingError("source", f"connection {conn_id!r} is a {type(hook).__name__}, which runs no SQL")
    return hook


def _cursor(connection: Any) -> Any:
    """A cursor that brings rows as they are asked for."""
    if type(connection).__module__.partition(".")[0] in _NAMED:
        return connection.cursor(name="airflow_provider_mode")
    return connection.cursor()
