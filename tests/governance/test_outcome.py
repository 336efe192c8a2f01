from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_mode.governance.apply.outcome import Outcome, shortened

FACTS: dict[str, Any] = {"plan": "s3://bucket/plan.json", "planned": 3, "dry_run": False, "seconds": 1.5}


def tokens(count: int) -> tuple[str, ...]:
    """So many names of reports."""
    return tuple(f"{number:012x}" for number in range(count))


def test_a_result_holds_what_was_done() -> None:
    """What the caller knows comes first, then the account."""
    outcome = Outcome(
        archived=tokens(2), schedules_deleted=(), skipped={"viewed": 1}, failed={"a": "refused"}
    )
    assert outcome.result(**FACTS) == {
        **FACTS,
        "archived": list(tokens(2)),
        "schedules_deleted": [],
        "skipped": {"viewed": 1},
        "failed": {"a": "refused"},
    }


@pytest.mark.parametrize("error", ["short", "long " * 5000, 'ü€\x00"' * 500])
def test_a_result_is_never_too_large(error: str) -> None:
    """Lists end at a thousand, failures at a hundred, and all of it below 48 KB, whatever the errors say."""
    outcome = Outcome(
        archived=tokens(50_000), schedules_deleted=tokens(50_000), failed=dict.fromkeys(tokens(500), error)
    )
    result = outcome.result(**FACTS)
    assert len(json.dumps(result)) < 48_000
    assert len(result["archived"]) <= 1000
    assert 0 < len(result["failed"]) <= 100
    assert result["plan"] == FACTS["plan"]


def test_long_errors_keep_both_ends() -> None:
    """What failed stands first, and what to do about it last."""
    error = "PATCH /api/acme/reports/a/archive answered 403: " + "x" * 1000 + " Use a workspace key."
    (short,) = shortened({"failed": {"a": error}})["failed"].values()
    assert short.startswith("PATCH /api/acme")
    assert short.endswith("Use a workspace key.")
    assert len(short) <= 301
