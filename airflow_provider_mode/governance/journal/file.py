"""Writing journal lines so that they stay: one file appended to on a local disk, one object a line elsewhere.

Local disk: a line is safe when it, and for a new file its folder, are synced. Two writers append one after
the other, under a lock a line. A killed one leaves at worst half a last line, which nothing is glued to.

Object store: a line is safe when the store has answered the write of its object. Two writers make objects of
their own. A killed one leaves whole objects only, as far as the store keeps that promise.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from airflow_provider_mode.governance.errors import SettingError, StorageError
from airflow_provider_mode.governance.journal.lines import (
    FORMAT,
    Header,
    Line,
    decode,
    encode,
    read_header,
    read_line,
)
from airflow_provider_mode.governance.locks import lock
from airflow_provider_mode.governance.storage import (
    Guard,
    StoragePath,
    create,
    make_folder,
    read_bytes,
    remove,
    sync_folder,
    write_all,
)

_CHUNK = 1 << 20
STRIDE = 1_000_000
"""Writers that cannot see each other start their numbers this far apart."""


class Writer(Protocol):
    """Where lines go."""

    def write(self, line: Line, *, number: bool = False) -> int:
        """Make a line durable and return its `n`, a new one if it is to be numbered."""

    def close(self) -> None:
        """Write no more."""


class LocalFile:
    """One file that several processes may append to; each line is written and synced under a short lock."""

    def __init__(self, path: Path, header: Header, *, sleep: Callable[[float], None]) -> None:
        self.path = path
        self._header = header
        self._sleep = sleep
        self._threads = threading.Lock()
        self._read_to = 0
        self._last = 0
        self._torn = b""
        make_folder(path.parent)
        with Guard("open", path):
            self._number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            sync_folder(path.parent)
        with ExitStack() as undo:
            undo.callback(self.close)
            with self._locked():
                self._begin()
            undo.pop_all()

    def write(self, line: Line, *, number: bool = False) -> int:
        """Append a line, after whatever others appended meanwhile."""
        with self._locked():
            self._catch_up()
            if number:
                line = replace(line, n=self._last + 1)
            self._append(encode(line.to_json()))
            self._last = max(self._last, line.n)
        return line.n

    def close(self) -> None:
        """Close the file."""
        os.close(self._number)

    def _begin(self) -> None:
        """See to the first line: a file without a whole one never held anything that counted."""
        with Guard("read", self.path):
            content = _read_from(self._number, 0)
        if b"\n" not in content:
            with Guard("write", self.path):
                os.ftruncate(self._number, 0)
            self._append(encode(self._header.to_json()))
            return
        found = read_header(next(decode(content), {}))
        if found is None or not found.same_place(self._header):
            raise SettingError("output_uri", f"{self.path} is no journal ({FORMAT}) of {self._header.place}")

    def _catch_up(self) -> None:
        """Learn the numbers that others used, and whether the file ends in half a line."""
        with Guard("read", self.path):
            fresh = _read_from(self._number, self._read_to)
        self._read_to += len(fresh)
        whole, _, self._torn = (self._torn + fresh).rpartition(b"\n")
        for row in itertools.chain(decode(whole), decode(self._torn)):
            line = read_line(row)
            self._last = max(self._last, line.n if line else 0)

    def _append(self, content: bytes) -> None:
        """Write and sync; what could not be written whole is taken back as far as the disk allows."""
        content = b"\n" + content if self._torn else content
        with Guard("write", self.path):
            size = os.fstat(self._number).st_size
            try:
                write_all(self._number, content)
                os.fsync(self._number)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._number, size)
                raise
        self._torn = b""
        self._read_to = size + len(content)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._threads:
            lock(self._number, self.path, fcntl.LOCK_EX, self._sleep)
            try:
                yield
            finally:
                fcntl.flock(self._number, fcntl.LOCK_UN)


def _read_from(number: int, start: int) -> bytes:
    parts: list[bytes] = []
    while part := os.pread(number, _CHUNK, start):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


class Parts:
    """Objects `journal-<name>-<sequence>.jsonl`, one a line, each beginning with the header.

    `name` is this process's own; the header's `writer` is whose numbers the lines bear.
    """

    def __init__(
        self, folder: StoragePath, header: Header, *, name: str, writer: str | None = None, start: int = 1
    ) -> None:
        self.folder = folder
        self._header = encode(replace(header, more={**header.more, "writer": writer or name}).to_json())
        self._name = name
        self._threads = threading.Lock()
        self._numbers = itertools.count(start)
        self._sequence = itertools.count(1)
        self._written: dict[str, bytes] = {}

    def write(self, line: Line, *, number: bool = False) -> int:
        """Make an object that holds the line."""
        with self._threads:
            line = replace(line, n=next(self._numbers)) if number else line
            name = f"journal-{self._name}-{next(self._sequence):06d}.jsonl"
        content = encode(line.to_json())
        create(self.folder / name, self._header + content)
        with self._threads:
            self._written[name] = content
        return line.n

    def close(self) -> None:
        """Gather the lines in one object, for a folder is read object by object; only then drop the parts.

        A store that fails here keeps the parts, alone or beside the gathered object: lines may be repeated.
        """
        names = sorted(self._written)
        if len(names) < 2:  # noqa: PLR2004 - one object is gathered already
            return
        content = self._header + b"".join(self._written[name] for name in names)
        gathered = self.folder / f"journal-{self._name}.jsonl"
        with suppress(StorageError):
            create(gathered, content)
            if read_bytes(gathered) == content:
                for name in names:
                    remove(self.folder / name)
