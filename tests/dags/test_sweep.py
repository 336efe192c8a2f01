"""The example for large workspaces: planned and applied in parts, with one limit over all of them."""

from __future__ import annotations

import pytest

from tests.dags.conftest import RunDag
from tests.operators.workspace import Mode

pytestmark = [
    pytest.mark.mode_sandbox(reports=0, collections=6),
    pytest.mark.filterwarnings("ignore"),  # a whole Airflow warns of its own affairs
]


def fill(mode: Mode) -> set[str]:
    """One stale report in each of two collections, and eighteen in use."""
    places = [one.token for one in mode.sandbox.state.collections.values() if not one.personal][:2]
    for number in range(18):
        mode.sandbox.add_report(name=f"In use {number}")
    return {mode.stale(collection=place) for place in places}


def test_each_part_is_planned_and_applied_by_itself(mode: Mode, run_dag: RunDag) -> None:
    """A task for each part of the collections, and one for each plan that has something to do."""
    stale = fill(mode)
    shared = sum(not one.personal for one in mode.sandbox.state.collections.values())
    states = run_dag("sweep_large_workspace", collections_a_task=1)
    assert set(states.values()) == {"success"}
    assert sum(task == "plan" for task, _ in states) == shared
    assert sum(task == "apply" for task, _ in states) == len(stale)
    assert mode.archived() == stale


def test_the_limit_holds_over_all_parts(mode: Mode, run_dag: RunDag) -> None:
    """Two of twenty are more than 5 %, though each part alone has but one: nothing is changed."""
    fill(mode)
    states = run_dag("sweep_large_workspace", collections_a_task=1, max_percent=5)
    assert states["merge", -1] == "failed"
    assert mode.archived() == set()


def test_nothing_stale_is_nothing_to_apply(mode: Mode, run_dag: RunDag) -> None:
    """Plans without actions are not applied at all."""
    mode.sandbox.add_report(name="In use")
    states = run_dag("sweep_large_workspace")
    assert {state for (task, _), state in states.items() if task != "apply"} == {"success"}
    assert {state for (task, _), state in states.items() if task == "apply"} <= {"skipped"}
