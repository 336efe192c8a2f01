"""Rows of a query, streamed through Airflow connections: PostgreSQL and SQLite, real ones."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.governance.evidence.sql_rows import columns_of, parsed
from airflow_provider_mode.hooks.rows import CHUNK, streamed_rows

MANY = 30_000
SERVER = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A PostgreSQL server of this module's own, as a connection."""
    pytest.importorskip("airflow.providers.postgres")
    if not SERVER:
        pytest.skip("PostgreSQL's server is not installed")
    folder = Path("/tmp") / f"mode-postgres-{os.getpid()}"  # noqa: S108 - its user has to reach it
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir(mode=0o755)
    user = pwd.getpwnam("postgres") if os.getuid() == 0 else None
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)

    def run(*command: str) -> None:
        who: dict[str, Any] = {}
        if user:
            who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        done = subprocess.run(
            [str(SERVER[-1].parent / command[0]), "-D", f"{folder}/data", *command[1:]],
            cwd=folder, capture_output=True, text=True, check=False, timeout=60, **who,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    run("initdb", "-U", "airflow", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-w", "-t", "30", "-l", f"{folder}/log", "-o", options, "start")
    try:
        yield {
            "conn_type": "postgres",
            "host": "127.0.0.1",
            "port": port,
            "login": "airflow",
            "schema": "postgres",
        }
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def lite(tmp_path: Path) -> dict[str, Any]:
    """A SQLite database with many rows, as a connection."""
    pytest.importorskip("airflow.providers.sqlite")
    path = tmp_path / "usage.db"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("create table usage (report text, view_count int, last_viewed_at text)")
        rows = ((f"{number:012x}", number, "2026-03-02 04:00:00+00:00") for number in range(MANY))
        database.executemany("insert into usage values (?, ?, ?)", rows)
        database.commit()
    return {"conn_type": "sqlite", "host": str(path)}


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a connection known as `usage`."""
    return lambda connection: monkeypatch.setenv("AIRFLOW_CONN_USAGE", json.dumps(connection))


GENERATED = """
select lpad(to_hex(n), 12, '0') as report, n as view_count,
  timestamptz '2026-03-02 04:00+00' as last_viewed_at
from generate_series(0, 29999) n;
"""


def check(sql: str) -> None:
    """Read all rows, and take little memory over it."""
    with streamed_rows("usage", sql) as rows:
        assert columns_of(rows) == ("report", "view_count", "last_viewed_at")
        tracemalloc.start()
        number = 0
        for row in parsed(rows):
            assert row.known["view_count"] == number
            number += 1
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert row.report == f"{MANY - 1:012x}"
    assert row.known["last_viewed_at"].isoformat() == "2026-03-02T04:00:00+00:00"
    assert number == MANY
    assert most < 4 << 20


def test_sqlite_rows_come_as_they_are_asked_for(lite: dict[str, Any], connect: Any) -> None:
    """Moments as text, which have to have a time zone."""
    connect(lite)
    check("select * from usage order by view_count")


def test_postgresql_rows_stay_on_the_server(postgres: dict[str, Any], connect: Any) -> None:
    """A cursor with a name; without one the driver would fetch the whole table."""
    connect(postgres)
    check(GENERATED)
    with streamed_rows("usage", GENERATED) as rows, rows._cursor.connection.cursor() as other:
        other.execute("select name from pg_cursors")
        assert other.fetchall() == [("airflow_provider_mode",)]


def test_postgresql_rows_may_come_as_dicts(postgres: dict[str, Any], connect: Any) -> None:
    """Where the connection's extra asks for such a cursor."""
    connect(postgres | {"extra": {"cursor": "dictcursor"}})
    check(GENERATED)


def test_a_naive_timestamp_of_postgresql_is_refused(postgres: dict[str, Any], connect: Any) -> None:
    """Its hour means nothing without a zone."""
    connect(postgres)
    with (
        streamed_rows("usage", "select '5c6b1f0e2a34' as report, now()::timestamp as last_run_at") as rows,
        pytest.raises(SettingError, match=r"row 1, column 'last_run_at': .* has no time zone"),
    ):
        list(parsed(rows))


def test_a_numeric_count_of_postgresql_is_a_count(postgres: dict[str, Any], connect: Any) -> None:
    """Sums come as decimals; an empty result still has its columns."""
    connect(postgres)
    with streamed_rows("usage", "select '5c6b1f0e2a34' as report, sum(3)::numeric as view_count") as rows:
        assert [row.known for row in parsed(rows)] == [{"view_count": 3}]
    with streamed_rows("usage", "select '' as report where false") as rows:
        assert columns_of(rows) == ("report",)
        assert list(parsed(rows)) == []


def test_the_last_chunk_may_be_full(lite: dict[str, Any], connect: Any) -> None:
    """Then one more fetch brings nothing."""
    connect(lite)
    with streamed_rows("usage", "select report from usage limit 2000") as rows:
        assert sum(1 for _ in rows) == 2 * CHUNK
        assert list(rows) == []


def test_a_statement_without_rows_is_refused(lite: dict[str, Any], connect: Any) -> None:
    """It is no query."""
    connect(lite)
    with pytest.raises(SettingError, match="has to be a SELECT"), streamed_rows("usage", "delete from usage"):
        pass


def test_a_connection_that_runs_no_sql_is_refused(connect: Any) -> None:
    """Such as Mode's own."""
    connect({"conn_type": "mode"})
    with pytest.raises(SettingError, match="connection 'usage' is a ModeHook, which runs no SQL"):
        streamed_rows("usage", "select 1").__enter__()
