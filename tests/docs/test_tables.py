"""Tables that repeat what the code holds hold the same."""

from __future__ import annotations

import re
from pathlib import Path

from airflow_provider_mode.hooks.form import EXTRA_KEYS, FIELDS
from airflow_provider_mode.sandbox.faults import KINDS
from airflow_provider_mode.sandbox.switches import BY_NAME
from tests.docs.pages import DOCS


def first_column(page: Path, head: str) -> list[str]:
    """The names in the first column of the table with this head, in its order."""
    table = page.read_text().partition(f"\n{head}\n")[2].split("\n\n")[0]
    cells = [line.split(" | ")[0] for line in table.splitlines()[1:]]
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def test_the_fields_of_a_connection() -> None:
    """Those of the form, in its order but for what it hides, and every key of the extra."""
    page = DOCS / "connection.md"
    fields = first_column(page, "| field | in the form | meaning | default |")
    assert sorted(fields) == sorted(field.name for field in FIELDS)
    shown = [field.name for field in FIELDS if field.shown]
    assert [name for name in fields if name in shown] == shown
    assert first_column(page, "| key of `extra` | meaning | default |") == list(EXTRA_KEYS)


def test_what_can_go_wrong_in_the_sandbox() -> None:
    """Each kind of fault, and each switch."""
    page = DOCS / "sandbox.md"
    assert sorted(first_column(page, "| kind | what happens |")) == sorted(KINDS)
    switches = first_column(page, "| switch | values (default first) | what it decides |")
    assert sorted(switches) == sorted(BY_NAME)
