from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_plan_of_fifty_thousand_reports_needs_little_memory() -> None:
    """Made and written with less than 150 MB: fresh reports are counted, not kept."""
    script = Path(__file__).with_name("large_plan.py")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    reports, actions, size, memory = map(int, done.stdout.split())
    assert (reports, actions) == (50_000, 12_500 + 1_250)
    assert size > 10_000_000
    assert memory < 150
