"""Counting the rows of results while they stream by, without keeping any of them."""

from __future__ import annotations

import re
from typing import Protocol


class Counter(Protocol):
    """Sees each piece of a file once."""

    def feed(self, piece: bytes) -> None:
        """One more piece."""

    @property
    def rows(self) -> int | None:
        """The rows so far, without a head; None where a file has none."""


class CsvRows:
    """Rows of CSV: a line break within quotes is none, and the first row is the head."""

    def __init__(self) -> None:
        self._quoted = False
        self._breaks = 0
        self._last = b"\n"

    def feed(self, piece: bytes) -> None:
        """One more piece."""
        if not piece:
            return
        for part in piece.split(b'"'):
            self._breaks += 0 if self._quoted else part.count(b"\n")
            self._quoted = not self._quoted
        self._quoted = not self._quoted  # there is one part more than there are quotes
        self._last = piece[-1:]

    @property
    def rows(self) -> int:
        """Rows after the head; the last one may lack its line break."""
        return max(self._breaks + (self._last != b"\n") - 1, 0)


_REST_OF_TEXT = re.compile(rb'(?:[^"\\]|\\.)*+', re.DOTALL)
_UNTIL_TEXT = re.compile(rb'[^"]*+')
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))


class JsonRows:
    """Rows of JSON results: the objects in the outermost list, whatever they hold."""

    def __init__(self) -> None:
        self._text = False
        self._escaped = False
        self._depth = 0
        self._rows = 0

    def feed(self, piece: bytes) -> None:
        """One more piece."""
        at = 0
        while at < len(piece):
            at = self._in_text(piece, at) if self._text else self._between(piece, at)

    def _in_text(self, piece: bytes, at: int) -> int:
        """Go on to where a text ends, or to the end of the piece."""
        if self._escaped:
            self._escaped = False
            return at + 1
        found = _REST_OF_TEXT.match(piece, at)
        end = found.end() if found else at
        if end == len(piece):
            return end
        if piece[end : end + 1] == b"\\":  # its other half is in the next piece
            self._escaped = True
        else:
            self._text = False
        return end + 1

    def _between(self, piece: bytes, at: int) -> int:
        """Go on to where a text begins, or to the end of the piece."""
        found = _UNTIL_TEXT.match(piece, at)
        end = found.end() if found else at
        for bracket in piece[at:end].translate(None, _OTHERS):
            opens = bracket in b"[{"
            if opens and self._depth == 1 and bracket == ord("{"):
                self._rows += 1
            self._depth += 1 if opens else -1
        self._text = end < len(piece)
        return end + 1

    @property
    def rows(self) -> int:
        """The objects so far."""
        return self._rows


class NoRows:
    """A file that has no rows, such as a PDF."""

    rows = None

    def feed(self, piece: bytes) -> None:
        """Nothing is counted."""
