"""What each contender costs: CPU for a thousand reports, memory, and the time that its import takes."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any

from bench.contest.cell import Cell, run
from bench.contest.course import ROOT
from bench.inventory import measured

IMPORTS = {
    "ours": "airflow_provider_mode.client",
    "mode-sdk": "mode_sdk",
    "plain": "requests, tenacity",
}
TIMES = 3
THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Bill:
    """CPU seconds, MiB and milliseconds."""

    who: str
    cpu: float
    memory: float
    imports: float


def bill(who: str) -> Bill:
    """What one contender costs, with the limit off, so that all it does is work."""
    row = run(Cell(who=who, window="off", latency=0.0, needed=430, cut=120.0))
    bare = row.cpu - _cpu_of_import(IMPORTS[who])
    return Bill(who, max(bare, 0.0) * THOUSAND / row.reports, row.memory / 1024, 1000 * _seconds(who))


def _seconds(who: str) -> float:
    """The median CPU time of importing, beyond that of Python itself."""
    return _cpu_of_import(IMPORTS[who]) - _cpu_of_import("sys")


def _cpu_of_import(modules: str) -> float:
    """CPU seconds of a Python that imports something and ends."""
    code = f"import {modules}, resource as r; u = r.getrusage(r.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"
    found = [
        float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True).stdout)
        for _ in range(TIMES)
    ]
    return statistics.median(found)


def inventories(reports: int) -> dict[str, dict[str, Any]]:
    """How fast reports are listed and parsed with the limit off, by source; `cpu` in seconds."""
    found = {}
    for source in ("rest", "discovery"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        row = measured(source, reports)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        found[source] = {**row, "cpu": round(cpu, 2)}
    return found


def all_bills() -> list[dict[str, Any]]:
    """The three of them."""
    return [asdict(bill(who)) for who in IMPORTS]
