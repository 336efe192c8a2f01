"""An object store in memory, with the manners of one: whole objects, no append, errors of its own kind."""

from __future__ import annotations

import fnmatch
import io
from collections.abc import Callable, Iterable
from typing import Any


class StoreError(Exception):
    """What a store's library raises: no OSError."""


def well(deed: str, key: str) -> None:
    """Nothing fails."""


class Store:
    """The objects by key; `fail` may raise before an operation on a key."""

    def __init__(self, *, exclusive: bool = True) -> None:
        self.objects: dict[str, bytes] = {}
        self.exclusive = exclusive
        self.fail: Callable[[str, str], None] = well
        self.forgotten = 0

    def invalidate_cache(self) -> None:
        """What fsspec's file systems have to forget their listings."""
        self.forgotten += 1

    def path(self, key: str = "bucket") -> StorePath:
        """A path in the store."""
        return StorePath(self, key)


class StorePath:
    """A path-like object as Airflow's `ObjectStoragePath` is one."""

    protocol = "mem"

    def __init__(self, store: Store, key: str) -> None:
        self.fs = store
        self.key = key

    def __str__(self) -> str:
        return f"mem://{self.key}"

    def __truediv__(self, name: str) -> StorePath:
        return StorePath(self.fs, f"{self.key}/{name}")

    @property
    def name(self) -> str:
        """The last part."""
        return self.key.rpartition("/")[2]

    @property
    def parent(self) -> StorePath:
        """The path above."""
        return StorePath(self.fs, self.key.rpartition("/")[0])

    def is_file(self) -> bool:
        """Whether there is such an object."""
        self.fs.fail("stat", self.key)
        return self.key in self.fs.objects

    def read_bytes(self) -> bytes:
        """The object."""
        self.fs.fail("read", self.key)
        if self.key not in self.fs.objects:
            raise FileNotFoundError(self.key)
        return self.fs.objects[self.key]

    def write_bytes(self, data: bytes) -> int:
        """Write the object."""
        self.fs.fail("write", self.key)
        self.fs.objects[self.key] = bytes(data)
        return len(data)

    def unlink(self) -> None:
        """Remove the object."""
        self.fs.fail("remove", self.key)
        del self.fs.objects[self.key]

    def open(self, mode: str) -> Any:
        """Open for exclusive creation."""
        if not self.fs.exclusive:
            raise NotImplementedError(mode)
        if self.key in self.fs.objects:
            raise FileExistsError(self.key)
        return _Upload(self)

    def rglob(self, pattern: str) -> Iterable[StorePath]:
        """The objects below whose names match."""
        self.fs.fail("list", self.key)
        below = [key for key in self.fs.objects if key.startswith(f"{self.key}/")]
        if not below:
            raise FileNotFoundError(self.key)
        return [StorePath(self.fs, key) for key in below if fnmatch.fnmatch(key.rpartition("/")[2], pattern)]

    def glob(self, pattern: str) -> Iterable[StorePath]:
        """The objects right here whose names match."""
        return [path for path in self.rglob(pattern) if path.parent.key == self.key]


class _Upload(io.BytesIO):
    def __init__(self, path: StorePath) -> None:
        super().__init__()
        self._path = path

    def close(self) -> None:
        if not self.closed:
            self._path.write_bytes(self.getvalue())
        super().close()
