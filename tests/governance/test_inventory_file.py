"""The inventory's file: the same columns in each format, whole or not there, and no formulas."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pytest

from airflow_provider_mode.governance.errors import SettingError, StorageError
from airflow_provider_mode.governance.evidence.evidence import ABSENT, UNSURE, Evidence, Owner
from airflow_provider_mode.governance.evidence.inventory_file import (
    COLUMNS,
    check_format,
    flat,
    write_csv,
    write_jsonl,
    write_parquet,
    written,
)

MOMENT = datetime(2026, 3, 2, 4, 5, 6, 789000, tzinfo=UTC)
WHOLE = Evidence(
    report="5c6b1f0e2a34",
    url="https://app.mode.com/acme/reports/5c6b1f0e2a34",
    as_of=MOMENT,
    name="Größe 😀\n2",
    collection="c1",
    collection_name="Sales",
    description="=HYPERLINK(0)",
    created_at=MOMENT,
    last_viewed_at=UNSURE,
    watched_since=MOMENT,
    last_run_at=None,
    edited_at=ABSENT,
    view_count=7,
    owner=Owner(username="ada", email="ada@example.com", name="-ada"),
    expected_runtime=1.5,
)
BARE = Evidence(report="000000000002", url="https://x", as_of=MOMENT, owner_hint="ada")


def content(write: Callable[[Iterable[Evidence], IO[bytes]], int], *rows: Evidence) -> bytes:
    """What a writer makes of rows."""
    file = io.BytesIO()
    assert write(iter(rows), file) == len(rows)
    return file.getvalue()


def test_a_row_names_what_is_not_known() -> None:
    """An empty moment is *never* only where no column says otherwise."""
    row = flat(WHOLE)
    assert list(row) == list(COLUMNS)
    assert (row["last_run_at"], row["last_viewed_at"], row["edited_at"]) == (None, None, None)
    assert row["unsure"] == ["last_viewed_at"]
    assert row["absent"] == ["edited_at", "last_successfully_run_at", "schedules_count"]
    assert row["unasked"] == ["last_run_by_hand_at", "subscribers"]
    assert (row["owner_username"], row["owner_email"]) == ("ada", "ada@example.com")
    assert (flat(BARE)["owner_username"], flat(BARE)["owner_email"]) == ("ada", None)


def test_json_lines_hold_every_column() -> None:
    """Text as it is, moments in UTC, lists as lists."""
    first, second = map(json.loads, content(write_jsonl, WHOLE, BARE).splitlines())
    assert list(first) == list(second) == list(COLUMNS)
    assert (first["name"], first["as_of"]) == ("Größe 😀\n2", "2026-03-02T04:05:06.789000Z")
    assert first["unsure"] == ["last_viewed_at"]
    assert (first["archived"], first["view_count"]) == (False, 7)


def test_csv_holds_no_formula() -> None:
    """What a spreadsheet would run is text there, too."""
    first, second = csv.DictReader(io.StringIO(content(write_csv, WHOLE, BARE).decode(), newline=""))
    assert list(first) == list(COLUMNS)
    assert (first["description"], first["owner_name"]) == ("'=HYPERLINK(0)", "'-ada")
    assert (first["name"], first["public"], first["last_run_at"]) == ("Größe 😀\n2", "false", "")
    assert first["absent"] == "edited_at last_successfully_run_at schedules_count"
    assert second["view_count"] == ""


def test_parquet_has_types(tmp_path: Path) -> None:
    """Moments are timestamps with a zone, counts integers."""
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "inventory.parquet"
    with written(path) as file:
        write_parquet([WHOLE, BARE], file)
    table = parquet.read_table(path)
    assert table.column_names == list(COLUMNS)
    assert table.to_pylist() == [flat(WHOLE), flat(BARE)]
    assert str(table.schema.field("as_of").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("view_count").type) == "int64"


@pytest.mark.parametrize("write", [write_jsonl, write_csv])
def test_half_a_character_does_not_end_an_inventory(
    write: Callable[[Iterable[Evidence], IO[bytes]], int],
) -> None:
    """Names have been seen with them, and no file can hold one."""
    assert b"a?b" in content(write, BARE.but(name="a\ud83db"))


def test_formats_are_checked_before_anything_is_read() -> None:
    """By name, and by what is installed."""
    assert check_format("csv") == "csv"
    with pytest.raises(SettingError, match="format: must be one of jsonl, csv, parquet, not 'xlsx'"):
        check_format("xlsx")
    with pytest.raises(SettingError, match="must be one of"):
        check_format(None)


def test_parquet_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it could not be imported."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SettingError, match=r"pip install airflow-provider-mode\[parquet\]"):
        check_format("parquet")


def test_parquet_with_its_package_is_fine() -> None:
    """Where it is installed."""
    pytest.importorskip("pyarrow")
    assert check_format("parquet") == "parquet"


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """An inventory that fails on the way leaves nothing, and an older file as it was."""
    path = tmp_path / "deep" / "inventory.jsonl"
    with written(path) as file:
        file.write(b"old")

    def failing() -> None:
        with written(path) as file:
            file.write(b"half")
            raise LookupError

    with pytest.raises(LookupError):
        failing()
    assert path.read_bytes() == b"old"
    assert [each.name for each in path.parent.iterdir()] == [path.name]


class Put:
    """A path of an object store: it opens, and nothing else."""

    def __init__(self, *, broken: bool = False) -> None:
        self.content = b""
        self._broken = broken

    def open(self, mode: str) -> IO[bytes]:
        """A file whose content is kept when it is closed."""
        if self._broken:
            raise PermissionError(mode)
        put = self

        class Upload(io.BytesIO):
            def close(self) -> None:
                put.content = self.getvalue()
                super().close()

        return Upload()


def test_an_object_store_gets_the_file_once_it_is_whole() -> None:
    """It is uploaded from a file on this machine, and a failure there names the target."""
    put = Put()
    with written(put) as file:
        file.write(b"all of it")
        assert put.content == b""
    assert put.content == b"all of it"

    def failing() -> None:
        with written(Put(broken=True)) as file:
            file.write(b"all of it")

    with pytest.raises(StorageError, match="could not write"):
        failing()
