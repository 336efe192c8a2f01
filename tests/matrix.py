"""
The matrix of the documentation, made by the tests themselves.

Each part of `docs/matrix.md` stands between two marks. A test that has run every cell of a part compares it
with what the page says; with `MATRIX=write` in the environment (`bench/matrix.py`) it writes the page.
"""

from __future__ import annotations

import os
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "matrix.md"


def section(name: str, text: str) -> None:
    """Hold a part of the page against what was seen, or write it."""
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    page = PAGE.read_text()
    before, _, rest = page.partition(begin)
    stands, _, after = rest.partition(end)
    assert rest, f"{PAGE.name} has no part {name}"
    if os.environ.get("MATRIX") == "write":
        PAGE.write_text(f"{before}{begin}\n{text}\n\n{end}{after}")
        return
    assert stands.strip() == text, f"run bench/matrix.py: {PAGE.name} is not current in its part {name}"
