"""The example of the weekly inventory, run by Airflow itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.dags.conftest import RunDag
from tests.operators.workspace import Mode

pytestmark = [
    pytest.mark.mode_sandbox(reports=40, collections=4),
    pytest.mark.filterwarnings("ignore"),  # a whole Airflow warns of its own affairs
]


def test_the_weekly_inventory_is_written_and_charted(mode: Mode, run_dag: RunDag, tmp_path: Path) -> None:
    """Its second run knows what was viewed in between."""
    for _ in range(2):
        states = run_dag("weekly_inventory", history=f"file://{tmp_path}/history")
        assert states == {("inventory", -1): "success", ("chart", -1): "success"}
        mode.sandbox.view(min(mode.sandbox.state.reports))
    paths = list(mode.output.rglob("inventory.jsonl"))
    assert len(paths) == 2
    viewed = [sum(json.loads(line)["last_viewed_at"] is not None for line in path.open()) for path in paths]
    assert sorted(viewed) == [0, 1]
    assert len(list((tmp_path / "history").iterdir())) == 1
