"""
What an inventory takes: `bench/inventory.py [reports]` prints requests, time and memory, with the limit off.

The workspace is made up as it is asked for, and the inventory runs in a process of its own, so that the
memory is the inventory's alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.governance.endless_workspace import Workspace  # noqa: E402 - the checkout comes first

SMALL, COLLECTIONS = 1000, 40


def measured(source: str, reports: int) -> dict[str, Any]:
    """Rows, requests, seconds and KiB of one inventory."""
    with Workspace(reports, COLLECTIONS) as workspace, tempfile.TemporaryDirectory() as folder:
        threading.Thread(target=workspace.serve_forever, daemon=True).start()
        program = ROOT / "tests" / "governance" / "large_inventory.py"
        command = [sys.executable, str(program), workspace.url, source, folder, str(reports)]
        done = subprocess.run(
            command, capture_output=True, check=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
        )
        workspace.shutdown()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main(large: int = 100_000) -> None:
    """Each kind of inventory, small and large."""
    for source in ("rest", "discovery", "sql"):
        small, found = measured(source, SMALL), measured(source, large)
        above = (found["memory"] - small["memory"]) / 1024
        print(
            f"{source}: {found['reports']} reports, {found['requests']} requests in {found['seconds']} s "
            f"({found['reports'] / found['seconds']:.0f} a second), {above:.0f} MiB above {SMALL} reports"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
