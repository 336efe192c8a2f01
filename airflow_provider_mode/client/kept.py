"""Rows held back until their list is complete, packed: as objects they would take tens of megabytes."""

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Generic

from airflow_provider_mode.client.listing import Row

_FAST = 1


class Kept(Generic[Row]):
    """Rows of one kind, a page at a time; they come out as they went in, made anew at each iteration."""

    def __init__(self, model: type[Row]) -> None:
        self._model = model
        self._pages: list[bytes] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Put a page's rows by."""
        self._pages.append(zlib.compress(json.dumps([row.raw for row in rows]).encode(), _FAST))

    def __iter__(self) -> Iterator[Row]:
        for page in self._pages:
            for row in json.loads(zlib.decompress(page)):
                yield self._model.from_json(row)
