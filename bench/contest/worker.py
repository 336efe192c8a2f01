"""
One process of a contender: reads its task from standard input, says `ready`, waits for `go`, works, reports.

A task is a JSON object: who works, where, which collections to list and which reports to archive then. What
fails is counted and passed over, which is more patience than a script has that ends at the first error.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

MODULES = {"ours": "bench.contest.ours", "mode-sdk": "bench.contest.sdk", "plain": "bench.contest.plain"}


class Contender(Protocol):
    """Whoever can do the task; each entry is a token, or None for a call that gave up."""

    def reports(self, collections: list[str]) -> Iterable[str | None]:
        """The tokens of all reports of some collections."""

    def archive(self, reports: list[str]) -> Iterable[str | None]:
        """Archive reports."""


def work(task: dict[str, Any]) -> dict[str, Any]:
    """Do the task when told to."""
    contender: Contender = importlib.import_module(MODULES[task["who"]]).contender(task)
    print("ready", flush=True)
    sys.stdin.readline()
    listed = list(contender.reports(task["collections"]))
    archived = list(contender.archive(task["reports"]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "listed": [token for token in listed if token],
        "failures": listed.count(None) + archived.count(None),
        "cpu": used.ru_utime + used.ru_stime,
        "memory": _largest(),
    }


def _largest() -> int:
    """KiB that this program has held at most; `getrusage` would count its parent's before it began."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:")))


if __name__ == "__main__":
    print(json.dumps(work(json.loads(sys.stdin.readline()))), flush=True)
