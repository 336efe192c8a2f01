"""
Write `docs/matrix.md` anew: run the tests that know it, every cell of it, and let them write.

    python bench/matrix.py            # the client under fire
    python bench/matrix.py strangers  # the clients that others wrote; in the environment of `make strangers`
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = {"fire": "tests/client/test_fire.py", "strangers": "tests/strangers"}


def main() -> int:
    """Run one part's tests, told to write."""
    part = sys.argv[1] if len(sys.argv) > 1 else "fire"
    if part not in PARTS:
        sys.exit(f"{part}: is none of {', '.join(PARTS)}")
    command = [sys.executable, "-m", "pytest", "-q", PARTS[part]]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "MATRIX": "write"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
