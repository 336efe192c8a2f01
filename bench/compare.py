"""
`make bench`: this package beside mode-sdk and a plain loop, against the sandbox, in one run.

Writes `docs/benchmarks.md` and `docs/images/benchmarks.svg`, and what they are made of to `build/bench.json`.
`python -m bench.compare --page` draws them again from that file.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from bench.contest import cells
from bench.contest.bill import all_bills, inventories
from bench.contest.cell import Cell, run_together
from bench.contest.course import ROOT
from bench.contest.page import write

FOUND = ROOT / "build" / "bench.json"
BUDGET = 26 * 60.0  # seconds, after which no run is begun any more
REPORTS = 20_000


class Notes:
    """What has been measured so far, written down after each part."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.found: dict[str, Any] = {"true": {}, "fast": [], "skipped": 0, "load": []}
        self.found |= {"cores": os.cpu_count(), "nice": os.nice(0)}

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() - self._began > BUDGET

    def note(self, part: str, value: Any) -> None:
        """Keep a part."""
        self.found[part] = value
        self.found["load"].append(round(os.getloadavg()[0], 1))
        self.found["seconds"] = round(time.monotonic() - self._began)
        FOUND.parent.mkdir(exist_ok=True)
        FOUND.write_text(json.dumps(self.found, indent=1))

    def say(self, name: str, row: Mapping[str, Any]) -> None:
        """A line for who is watching."""
        ratio = f"{row['ideal'] / row['wall']:.3f}" if row["wall"] else f"cut, {row['done']:.0%} done"
        print(
            f"{time.monotonic() - self._began:6.0f} s  {name}: {ratio}, {row['sent']} sent, "
            f"{row['throttled']} throttled, {row['failures']} failed, {row['lost']} lost, "
            f"{row['doubled']} doubled",
            flush=True,
        )


@contextmanager
def redis_server() -> Iterator[str | None]:
    """The URL of a Redis of our own; None where there is none to be started."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait()


def at_once(notes: Notes, rows: Mapping[str, Cell]) -> None:
    """Runs at Mode's own limit side by side: each sends four requests a second, and mostly sleeps."""
    for name, row in zip(rows, map(asdict, run_together([*rows.values()])), strict=True):
        notes.say(name, row)
        notes.note("true", {**notes.found["true"], name: row})


def one_by_one(notes: Notes) -> None:
    """The matrix: this package alone, then the others, which mostly sleep, side by side."""
    for place in cells.fast():
        for group in (place[:1], place[1:]):
            if notes.late:
                notes.found["skipped"] += len(group)
                continue
            for row in map(asdict, run_together(group)):
                cell = row["cell"]
                what = (cell[name] for name in ("who", "processes", "latency", "window"))
                notes.say(", ".join(map(str, what)), row)
                notes.note("fast", [*notes.found["fast"], row])
    notes.note("skipped", notes.found["skipped"])


def measure() -> dict[str, Any]:
    """Everything, in the order of what suffers most from other work on the machine."""
    notes = Notes()
    at_once(notes, cells.true_one_host())
    with redis_server() as redis:
        at_once(notes, cells.true_shared(redis) | cells.true_others())
    notes.note("bills", all_bills())
    notes.note("inventories", inventories(REPORTS))
    one_by_one(notes)
    return notes.found


def main() -> int:
    """Measure, then write the page."""
    found = json.loads(FOUND.read_text()) if "--page" in sys.argv else measure()
    write(found, ROOT / "docs")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
