"""The ten policies of the documentation, each built as it stands there and judged case by case."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.governance.evidence.evidence import ABSENT, UNSURE, Evidence, Owner
from tests.docs.pages import DOCS, python_blocks

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PAGE = DOCS / "policies.md"


def ago(days: int) -> datetime:
    """So many days before the moment of judgement."""
    return NOW - timedelta(days=days)


OLD: dict[str, Any] = {
    "report": "0123456789ab",
    "url": "https://app.mode.com/acme/reports/0123456789ab",
    "as_of": NOW,
    "name": "Signups",
    "description": None,
    "collection": "00000000000c",
    "collection_name": "Sales",
    "created_at": ago(900),
    "edited_at": ago(900),
    "last_run_at": ago(900),
    "last_run_by_hand_at": ago(900),
    "last_viewed_at": ago(900),
    "view_count": 0,
    "schedules_count": 0,
    "subscribers": 0,
    "owner": Owner(username="analyst", email="analyst@example.com"),
    "imported_by_live": False,
}
CASES: dict[str, list[tuple[dict[str, Any], str]]] = {
    "dead": [
        ({}, "stale"),
        ({"last_run_at": ago(181), "edited_at": ago(181), "view_count": 5}, "stale"),
        ({"last_run_at": None, "edited_at": None}, "stale"),
        ({"last_run_at": ago(179)}, "fresh"),
        ({"edited_at": ago(179)}, "fresh"),
        ({"view_count": 6}, "fresh"),
        ({"view_count": ABSENT}, "unknown"),
        ({"description": "the board asks for it #keep"}, "exempt"),
    ],
    "runs_for_nobody": [
        ({"last_run_at": ago(1), "schedules_count": 1, "view_count": 20}, "stale"),
        ({"last_run_at": ago(1), "last_run_by_hand_at": ago(89)}, "fresh"),
        ({"last_run_at": ago(1), "last_run_by_hand_at": UNSURE}, "unknown"),
        ({"view_count": 21}, "fresh"),
        ({"subscribers": 1}, "exempt"),
    ],
    "not_looked_at": [
        ({"last_viewed_at": ago(91), "last_run_at": ago(1), "edited_at": ago(1)}, "stale"),
        ({"last_viewed_at": ago(89)}, "fresh"),
        ({"last_viewed_at": ABSENT}, "unknown"),
        ({"last_viewed_at": UNSURE}, "unknown"),
    ],
    "never_used": [
        ({"last_run_at": None, "created_at": ago(61)}, "stale"),
        ({"last_run_at": None, "created_at": ago(59)}, "fresh"),
        ({"view_count": 1}, "fresh"),
        ({"last_run_at": ago(59)}, "fresh"),
    ],
    "untitled": [
        ({"name": None, "edited_at": ago(31), "last_run_at": None}, "stale"),
        ({"name": ""}, "stale"),
        ({"name": "x"}, "exempt"),
        ({"name": None, "edited_at": ago(29)}, "fresh"),
    ],
    "all_but_finance": [
        ({}, "stale"),
        ({"collection_name": "Finance 2"}, "exempt"),
        ({"collection_name": "finance"}, "stale"),
        ({"collection_name": "Board"}, "exempt"),
        ({"owner": Owner(email="cfo@example.com")}, "exempt"),
        ({"owner": Owner(username="cfo")}, "unknown"),
        ({"owner": ABSENT}, "unknown"),
    ],
    "unscheduled": [({}, "stale"), ({"schedules_count": 1}, "exempt")],
    "even_if_mailed": [
        ({"subscribers": 3, "schedules_count": 1}, "stale"),
        ({"last_viewed_at": ago(364)}, "fresh"),
        ({"edited_at": ago(364)}, "fresh"),
    ],
    "everywhere": [
        ({"personal": True, "public": True}, "stale"),
        ({"kind": "DatasetReport"}, "stale"),
        ({"kind": "DatasetReport", "imported_by_live": True}, "exempt"),
        ({"edited_at": ago(729)}, "fresh"),
    ],
    "unknown_is_stale": [
        ({"view_count": ABSENT, "edited_at": ABSENT}, "stale"),
        ({"view_count": UNSURE}, "unknown"),
        ({"edited_at": UNSURE}, "unknown"),
        ({"view_count": 6, "edited_at": ABSENT}, "fresh"),
    ],
}


@cache
def policies() -> dict[str, StalePolicy]:
    """The policies of the page by their names there, in its order."""
    names: dict[str, Any] = {}
    for block in python_blocks(PAGE)[:10]:
        exec(block.text, names)  # noqa: S102 - the documentation's own code
    return {name: value for name, value in names.items() if isinstance(value, StalePolicy)}


def test_there_are_ten_each_with_its_sentence() -> None:
    """Ten headings, each with a sentence in italics and then a policy."""
    parts = re.split(r"^## \d+\. ", PAGE.read_text(), flags=re.MULTILINE)[1:]
    assert len(parts) == len(policies()) == 10
    for part in parts:
        assert re.search(r"\A[^\n]+\n\n\*[A-Z].*?\.\*\n\n```python\n", part, re.DOTALL), part[:60]
    assert list(policies()) == list(CASES)


@pytest.mark.parametrize(
    ("name", "changes", "verdict"),
    [(name, changes, verdict) for name, cases in CASES.items() for changes, verdict in cases],
)
def test_a_policy_judges_as_its_sentence_says(name: str, changes: dict[str, Any], verdict: str) -> None:
    """Each case differs from a report that nobody has touched for 900 days."""
    assert policies()[name].judge(Evidence(**(OLD | changes)), NOW).kind == verdict
