"""A download: bytes in pieces, never whole in memory."""

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self


class Download:
    """
    The body of results or a PDF, to be iterated once and closed; a context manager.

    A body that breaks off raises instead of ending early. `content_type` tells whether results of several
    queries came as one file (`text/csv`) or as `application/zip`.
    """

    def __init__(self, chunks: Iterator[bytes], content_type: str, close: Callable[[], None]) -> None:
        self._chunks = chunks
        self._close = close
        self.content_type = content_type

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """Let go of the connection."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
