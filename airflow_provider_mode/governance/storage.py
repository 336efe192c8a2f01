"""Files of plans and journals, on a local disk or in an object store.

A local file is a `pathlib.Path`: written to a temporary name, synced, renamed, and the folder synced.
Anything else is a path-like object such as Airflow's `ObjectStoragePath`, whose store takes a whole object
or none: it is written in one call.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from airflow_provider_mode.governance.errors import GovernanceError, StorageError

_BUGS = (AssertionError, AttributeError, NameError, TypeError)


class StoragePath(Protocol):
    """What is asked of a path, local or not."""

    @property
    def name(self) -> str:
        """The last part of the path."""

    def __truediv__(self, name: str, /) -> Any: ...

    def is_file(self) -> bool:
        """Whether a file is there."""

    def open(self, mode: str) -> Any:
        """The file, opened."""

    def read_bytes(self) -> bytes:
        """The whole file."""

    def glob(self, pattern: str, /) -> Iterable[Any]:
        """The files in the folder whose names match."""

    def rglob(self, pattern: str, /) -> Iterable[Any]:
        """The files below whose names match."""

    def unlink(self) -> None:
        """Remove the file."""

    def write_bytes(self, data: Any, /) -> Any:
        """Write the whole file."""


class Guard:
    """Turns what storage raises inside a `with` block into StorageError; the one place that does.

    What a store raises is anyone's guess: botocore's, aiohttp's and Google's errors share no ancestor, and
    few of them are OSErrors. So the block holds calls on storage alone, everything but the usual marks of a
    bug is the storage's failure, and what is no Exception (a signal, Airflow's timeout) passes.
    """

    def __init__(self, deed: str, path: object) -> None:
        self._deed = f"could not {deed} {path}"

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, (*_BUGS, GovernanceError)):
            raise StorageError(f"{self._deed}: {type(error).__name__}: {error}") from error


def local_path(path: object) -> Path | None:
    """The path on this machine's disk, or None for any other store.

    Asked by exact type: in Airflow 2.11 an `ObjectStoragePath` is a `pathlib.Path` as well.
    """
    if isinstance(path, Path) and type(path) is type(Path()):
        return path
    if getattr(path, "protocol", None) in {"file", "local"}:
        return Path(str(getattr(path, "path", "")))
    return None


def make_folder(folder: Path) -> None:
    """Make a local folder that survives a loss of power: each new name is synced in its parent."""
    missing: list[Path] = []
    with Guard("make the folder", folder):
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for new in reversed(missing):
            new.mkdir(exist_ok=True)
            sync_folder(new.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a local folder durable."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def write_all(number: int, content: bytes) -> None:
    """Write every byte to an open file: a disk that fills up may take a part."""
    view = memoryview(content)
    while view:
        view = view[os.write(number, view) :]


def write_atomic(path: StoragePath, content: bytes) -> None:
    """Write a whole file: readers see the old content or the new one, and never a part."""
    local = local_path(path)
    if local is None:
        with Guard("write", path):
            path.write_bytes(content)
        return
    make_folder(local.parent)
    with Guard("write", path):
        _replace(local, content)


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with ExitStack() as undo:
        undo.callback(draft.unlink, missing_ok=True)
        try:
            write_all(number, content)
            os.fsync(number)
        finally:
            os.close(number)
        draft.replace(path)
        undo.pop_all()
    sync_folder(path.parent)


def read_bytes(path: StoragePath) -> bytes | None:
    """The whole file, or None where there is none."""
    with Guard("read", path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def is_file(path: StoragePath) -> bool:
    """Whether the path is one file rather than a folder."""
    with Guard("look at", path):
        return path.is_file()


def find(folder: StoragePath, pattern: str, *, deep: bool = True) -> list[Any]:
    """The files in a folder, or anywhere below it, whose names match, sorted; none in no folder."""
    with Guard("list", folder):
        _forget_listings(folder)
        try:
            return sorted(folder.rglob(pattern) if deep else folder.glob(pattern), key=str)
        except FileNotFoundError:
            return []


def _forget_listings(folder: StoragePath) -> None:
    """Clients of object stores remember listings, and would not see what another process wrote since."""
    forget = getattr(getattr(folder, "fs", None), "invalidate_cache", None)
    if forget is not None:
        forget()


def create(path: StoragePath, content: bytes) -> None:
    """Make a new object; one that is there already is left alone, and fine if it is the same.

    A store may answer "exists" to its own client's retry of a write whose reply was lost.
    """
    with Guard("write", path):
        try:
            _create(path, content)
        except FileExistsError:
            if path.read_bytes() != content:
                raise


def _create(path: StoragePath, content: bytes) -> None:
    try:
        opened = path.open("xb")
    except NotImplementedError:  # a store without exclusive creation: the name is random enough
        path.write_bytes(content)
        return
    with opened:
        opened.write(content)


def remove(path: StoragePath) -> None:
    """Remove a file that is not needed any more."""
    with Guard("remove", path):
        path.unlink()
