from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow_provider_mode.operators._base import plain


def test_a_plain_policy_shares_nothing_with_the_one_given() -> None:
    """What one task renders in its copy is not seen by another that was given the same policy."""
    shared: dict[str, Any] = {"not_run_for": timedelta(days=90), "exempt_names": ("a", "b"), "max_views": 3}
    first, second = plain(shared), plain(shared)
    assert first == {"not_run_for": "7776000s", "exempt_names": ["a", "b"], "max_views": 3}
    first["exempt_names"].append("c")
    assert second["exempt_names"] == ["a", "b"]
    assert plain({"b", "a"}) == ["a", "b"]
    assert plain("{{ params.policy }}") == "{{ params.policy }}"
