"""Files streamed to a disk or an object store, where a part never looks like the whole."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from airflow_provider_mode.governance.evidence.inventory_file import written
from airflow_provider_mode.governance.storage import Guard, local_path
from airflow_provider_mode.hooks.failures import ChangesIncomplete
from airflow_provider_mode.operators._counting import Counter
from airflow_provider_mode.operators._folder import uri_of

PART = 8 * 1024 * 1024
AT_ONCE = 2
"""Parts of an upload in memory at once, where the store's client can be told; some keep half a gigabyte."""


class Delivery:
    """Writes files into a folder, until the task is being stopped."""

    def __init__(self, folder: Any, stopping: Callable[[], bool]) -> None:
        self._folder = folder
        self._stopping = stopping
        self._names: set[str] = set()
        self.files: list[dict[str, Any]] = []

    def deliver(self, name: str, pieces: Iterable[bytes], counter: Counter) -> None:
        """One file, whole at the end; its name is made unlike those before it, whatever a disk's case."""
        path = self._folder / self._free(name)
        if local_path(path) is not None:
            with written(path) as file:
                size = self._copied(pieces, file, counter)
        else:
            with tempfile.NamedTemporaryFile(prefix="mode-export-") as draft:
                size = self._copied(pieces, draft, counter)
                draft.flush()
                _put(Path(draft.name), path)
        self.files.append({"uri": uri_of(path), "rows": counter.rows, "bytes": size})

    def _free(self, name: str) -> str:
        stem, dot, ending = name.rpartition(".")
        number = 1
        while name.lower() in self._names:
            number += 1
            name = f"{stem}-{number}{dot}{ending}"
        self._names.add(name.lower())
        return name

    def _copied(self, pieces: Iterable[bytes], file: IO[bytes], counter: Counter) -> int:
        size = 0
        for piece in pieces:
            if self._stopping():
                raise ChangesIncomplete("stopped in the middle of an export; nothing of it looks whole")
            with Guard("write", getattr(file, "name", "a draft")):
                file.write(piece)
            counter.feed(piece)
            size += len(piece)
        return size


def _put(draft: Path, path: Any) -> None:
    """Upload a whole file: its object appears when it is complete, which an opened one would not keep to."""
    put = path.fs.put_file
    takes = inspect.signature(getattr(path.fs, "_put_file", put)).parameters
    limits = {"chunksize": PART, "max_concurrency": AT_ONCE}
    with Guard("write", path):
        put(str(draft), path.path, **{name: value for name, value in limits.items() if name in takes})
