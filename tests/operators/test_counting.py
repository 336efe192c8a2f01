"""Rows are counted as they stream by, wherever the pieces are cut."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_mode.operators._counting import CsvRows, JsonRows, NoRows

TEXTS = st.text(alphabet='ab"\\\n,[]{}é', max_size=8)
quick = settings(max_examples=60, deadline=None)


def fed(counter: Any, content: bytes, size: int) -> int | None:
    """What a counter says of a content that comes in pieces of a size."""
    for start in range(0, len(content), size):
        counter.feed(content[start : start + size])
    counter.feed(b"")
    rows: int | None = counter.rows
    return rows


@quick
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=6), st.integers(1, 7), st.booleans())
def test_csv(rows: list[tuple[str, str]], size: int, end: bool) -> None:
    """Quoted line breaks are none, the head does not count, the last break may be missing."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    content = text.getvalue().encode()
    assert fed(CsvRows(), content if end else content.removesuffix(b"\r\n"), size) == len(rows)


@pytest.mark.parametrize(
    ("content", "rows"), [(b"", 0), (b"a\n", 0), (b"a", 0), (b"a\n1", 1), (b"a\n1\n2\n", 2)]
)
def test_csv_at_its_ends(content: bytes, rows: int) -> None:
    """An empty file has no rows either."""
    assert fed(CsvRows(), content, 3) == rows


VALUES = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
)


@quick
@given(st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), max_size=5), st.integers(1, 9))
def test_json(rows: list[dict[str, Any]], size: int) -> None:
    """Objects within objects, brackets within texts and escapes on a seam do not confuse it."""
    assert fed(JsonRows(), json.dumps(rows, ensure_ascii=False).encode(), size) == len(rows)


def test_a_pdf_has_no_rows() -> None:
    """Not none of them: there is no such thing."""
    assert fed(NoRows(), b"%PDF", 2) is None
