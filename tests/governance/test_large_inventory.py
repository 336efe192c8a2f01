"""An inventory streams: what it takes hardly grows with it (`bench/inventory.py` tries 100,000)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.governance.endless_workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent.parent
ALLOWED = 64 * 1024 / 100_000
"""KiB a report: 64 MiB for a hundred thousand."""


def measured(source: str, reports: int, folder: Path) -> dict[str, Any]:
    """Rows, requests and memory of one inventory."""
    with Workspace(reports, 10) as workspace:
        threading.Thread(target=workspace.serve_forever, args=(0.05,), daemon=True).start()
        program = ROOT / "tests" / "governance" / "large_inventory.py"
        done = subprocess.run(
            [sys.executable, str(program), workspace.url, source, str(folder), str(reports)],
            capture_output=True, check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        workspace.shutdown()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("source", "reports", "requests"),
    [
        ("rest", 10_000, 10 * (34 + 1) + 10 + 2 + 2 * 8),
        ("discovery", 20_000, 2 * 21 + 2),
        ("sql", 20_000, 2),
    ],
)
def test_memory_grows_by_a_fraction_of_what_is_read(
    tmp_path: Path, source: str, reports: int, requests: int
) -> None:
    """By two thirds of a KiB a report, which is a KiB of JSON, at most; and no page is read twice."""
    small, large = measured(source, 1000, tmp_path), measured(source, reports, tmp_path)
    assert (small["reports"], large["reports"]) == (1000, reports)
    assert large["memory"] - small["memory"] <= 8 * 1024 + ALLOWED * reports
    assert large["requests"] <= requests
