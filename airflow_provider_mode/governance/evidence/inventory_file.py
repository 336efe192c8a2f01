"""
An inventory as a file: one row a report, the same columns as JSON lines, CSV or Parquet.

A moment that is empty means *never*, unless the row's `unsure`, `absent` or `unasked` names the column: then
it was malformed or could not be read, or the source does not tell, or nobody asked. Where `seen_in_mode` is
false, only a query says that there is such a report.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import IO, Any

from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.governance.evidence.evidence import Evidence, Owner, Unknown
from airflow_provider_mode.governance.plan.plan import moment_text
from airflow_provider_mode.governance.storage import Guard, local_path, make_folder

COLUMNS: dict[str, str] = {
    **dict.fromkeys(("report", "url", "name", "kind", "collection", "collection_name"), "string"),
    **dict.fromkeys(("seen_in_mode", "personal", "archived", "public"), "bool"),
    "description": "string",
    **dict.fromkeys(("created_at", "edited_at", "last_run_at", "last_successfully_run_at"), "moment"),
    **dict.fromkeys(("last_viewed_at", "watched_since", "last_run_by_hand_at"), "moment"),
    **dict.fromkeys(("view_count", "schedules_count", "subscribers"), "count"),
    **dict.fromkeys(("owner_username", "owner_email", "owner_name"), "string"),
    "expected_runtime": "number",
    "source": "string",
    "as_of": "moment",
    **dict.fromkeys(("unsure", "absent", "unasked"), "names"),
}
"""Every column, and what is in it."""

_ROWS_A_GROUP = 5000
_COPIED_AT_ONCE = 1 << 20
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def flat(evidence: Evidence) -> dict[str, Any]:
    """The evidence as a row; what is not known is None, and named in the column that says why."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    for why in Unknown:
        row[why.value] = []
    for column in COLUMNS.keys() - {why.value for why in Unknown}:
        value = getattr(evidence, column, None)
        if isinstance(value, Unknown):
            row[value.value].append(column)
        else:
            row[column] = value
    owner = evidence.owner if isinstance(evidence.owner, Owner) else Owner(username=evidence.owner_hint)
    row |= {"owner_username": owner.username, "owner_email": owner.email, "owner_name": owner.name}
    for why in Unknown:
        row[why.value].sort()
    return row


def write_jsonl(rows: Iterable[Evidence], file: IO[bytes]) -> int:
    """JSON lines; returns how many."""
    number = 0
    for row in rows:
        number += 1
        file.write(json.dumps(flat(row), ensure_ascii=False, default=moment_text).encode(errors="replace"))
        file.write(b"\n")
    return number


def write_csv(rows: Iterable[Evidence], file: IO[bytes]) -> int:
    """CSV with a head; text that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="", write_through=True)
    sheet = csv.DictWriter(text, COLUMNS)
    sheet.writeheader()
    number = 0
    for row in rows:
        number += 1
        sheet.writerow({column: _cell(value) for column, value in flat(row).items()})
    text.detach()
    return number


def write_parquet(rows: Iterable[Evidence], file: IO[bytes]) -> int:
    """Parquet, a few thousand rows a group; needs the package pyarrow."""
    arrow, parquet = _arrow()
    types = {
        "string": arrow.string(),
        "bool": arrow.bool_(),
        "moment": arrow.timestamp("us", tz="UTC"),
        "count": arrow.int64(),
        "number": arrow.float64(),
        "names": arrow.list_(arrow.string()),
    }
    schema = arrow.schema([(column, types[kind]) for column, kind in COLUMNS.items()])
    number = 0
    with parquet.ParquetWriter(file, schema) as writer:
        for group in _groups(rows, _ROWS_A_GROUP):
            number += len(group)
            writer.write_table(arrow.Table.from_pylist([flat(row) for row in group], schema=schema))
    return number


WRITERS: dict[str, Callable[[Iterable[Evidence], IO[bytes]], int]] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "parquet": write_parquet,
}
"""What writes each format."""


def check_format(value: object) -> str:
    """A format that can be written here."""
    if not isinstance(value, str) or value not in WRITERS:
        raise SettingError("format", f"must be one of {', '.join(WRITERS)}, not {value!r}")
    if value == "parquet":
        _arrow()
    return value


@contextmanager
def written(path: Any) -> Iterator[IO[bytes]]:
    """A file to write to, that is at `path` once the block has ended well, and not a part of it before."""
    local = local_path(path)
    if local is None:
        with tempfile.TemporaryFile() as draft:
            yield draft
            draft.seek(0)
            with Guard("write", path), path.open("wb") as file:
                shutil.copyfileobj(draft, file, _COPIED_AT_ONCE)
        return
    make_folder(local.parent)
    hidden = local.with_name(f".{local.name}.{secrets.token_hex(8)}")
    try:
        with hidden.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with Guard("write", path):
            hidden.replace(local)
    finally:
        hidden.unlink(missing_ok=True)


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _groups(rows: Iterable[Evidence], size: int) -> Iterator[Sequence[Evidence]]:
    source = iter(rows)
    while group := list(islice(source, size)):
        yield group


def _arrow() -> tuple[Any, Any]:
    """The modules `pyarrow` and `pyarrow.parquet`, which only this format needs."""
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise SettingError(
            "format", "parquet needs the package pyarrow: pip install airflow-provider-mode[parquet]"
        ) from None
