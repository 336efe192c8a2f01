"""Reading journals: one file, or all that lie in a folder, whole or in parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from airflow_provider_mode.governance.errors import SettingError, StorageError
from airflow_provider_mode.governance.journal.lines import (
    FORMAT,
    Entry,
    Header,
    Line,
    Source,
    decode,
    entries_of,
    read_header,
    read_line,
)
from airflow_provider_mode.governance.storage import StoragePath, find, is_file, local_path, read_bytes

PATTERN = "journal*.jsonl"
_READERS = 8
_LISTINGS = 4


@dataclass(frozen=True, slots=True)
class Journals:
    """The attempts of one workspace, and a sentence for each file that is somebody else's."""

    entries: list[Entry]
    others: list[str]


def journals_in(folder: StoragePath, header: Header, *, deep: bool = True) -> Journals:
    """The journals of the header's workspace in a folder and, if `deep`, in all folders below it."""
    return _sorted_out(_contents(folder, deep=deep).values(), header)


def read_journals(paths: Any, header: Header) -> list[Entry]:
    """The attempts that one path or several, files or folders, tell of.

    SettingError says which of them holds no journal, or only others than the header's workspace's.
    """
    files: dict[str, tuple[Any, bytes]] = {}
    for path in paths if isinstance(paths, list | tuple) else [paths]:
        alone = is_file(path)
        found = {str(path): (path, read_bytes(path) or b"")} if alone else _contents(path, deep=True)
        here = _sorted_out(found.values(), header)
        if not found:
            raise SettingError("journal", f"there is no journal at {path}")
        if len(here.others) == len(found):
            raise SettingError("journal", here.others[0])
        files |= found
    return _sorted_out(files.values(), header).entries


def _contents(folder: StoragePath, *, deep: bool) -> dict[str, tuple[Any, bytes]]:
    """Every journal's path and content. A part that vanished was gathered into a new object: look again."""
    found: dict[str, tuple[Any, bytes]] = {}
    for _ in range(_LISTINGS):
        fresh = [path for path in find(folder, PATTERN, deep=deep) if str(path) not in found]
        read = list(zip(fresh, _read_all(fresh), strict=True))
        found |= {str(path): (path, content) for path, content in read if content is not None}
        if all(content is not None for _, content in read):
            return found
    raise StorageError(f"the journals in {folder} keep vanishing while they are read")


def _read_all(paths: Sequence[Any]) -> list[bytes | None]:
    """The files' contents; a store is asked for several at once, since each answer takes its time."""
    if not paths or local_path(paths[0]) is not None:
        return [read_bytes(path) for path in paths]
    with ThreadPoolExecutor(_READERS, thread_name_prefix="mode-journals") as pool:
        return list(pool.map(read_bytes, paths))


def _sorted_out(files: Iterable[tuple[Any, bytes]], header: Header) -> Journals:
    lines: list[tuple[Source, Line]] = []
    others: list[str] = []
    for path, content in files:
        rows = decode(content)
        found = read_header(next(rows, {}))
        if found is None:
            others.append(f"{path} is no journal of format {FORMAT}")
        elif not found.same_place(header):
            others.append(f"{path} is a journal of {found.place}, and the connection is for {header.place}")
        else:
            source = Source(path, found)
            lines.extend((source, line) for line in map(read_line, rows) if line is not None)
    return Journals(entries_of(lines), others)
