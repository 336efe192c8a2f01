"""An object store kept in a local folder, so that several processes see it: whole objects, no append."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class ObjectPath:
    """A path in such a store."""

    protocol = "objects"

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return f"objects:/{self.path}"

    def __truediv__(self, name: str) -> ObjectPath:
        return ObjectPath(self.path / name)

    @property
    def name(self) -> str:
        """The last part."""
        return self.path.name

    @property
    def parent(self) -> ObjectPath:
        """The path above."""
        return ObjectPath(self.path.parent)

    def is_file(self) -> bool:
        """Whether there is such an object."""
        return self.path.is_file()

    def read_bytes(self) -> bytes:
        """The object."""
        return self.path.read_bytes()

    def write_bytes(self, data: bytes) -> int:
        """Make the object, all of it at once."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        draft.write_bytes(data)
        draft.rename(self.path)
        return len(data)

    def open(self, mode: str) -> Any:
        """Open for exclusive creation."""
        if self.path.exists():
            raise FileExistsError(mode, str(self))
        return _Upload(self)

    def unlink(self) -> None:
        """Remove the object."""
        self.path.unlink()

    def rglob(self, pattern: str) -> Iterable[ObjectPath]:
        """The objects below whose names match."""
        return [ObjectPath(path) for path in self.path.rglob(pattern)]

    def glob(self, pattern: str) -> Iterable[ObjectPath]:
        """The objects right here whose names match."""
        return [ObjectPath(path) for path in self.path.glob(pattern)]


class _Upload(io.BytesIO):
    def __init__(self, path: ObjectPath) -> None:
        super().__init__()
        self._path = path

    def close(self) -> None:
        if not self.closed:
            self._path.write_bytes(self.getvalue())
        super().close()
