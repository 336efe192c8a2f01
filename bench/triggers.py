"""
Five hundred triggers over a hundred reports in one real triggerer, for ten minutes and more.

Prints how long after its end each run was noticed, the triggerer's memory, what was throttled, and whether
Airflow's watchdog complained of a blocked loop.
`python -m bench.triggers [triggers [reports [interval [minutes]]]]`
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.e2e.processes import tree
from tests.e2e.stack import LOCAL, ROOT, Stack

DAG = """
import json
from datetime import datetime, timezone
from pathlib import Path
from airflow.sdk import DAG
from bench.waiting_task import WaitInTriggerer

RUNS = json.loads(Path(__file__).with_suffix(".runs").read_text())
with DAG("bench_triggers", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
         max_active_tasks=10_000) as dag:
    for name, (report, run) in RUNS.items():
        WaitInTriggerer(task_id=name, report=report, report_run=run, poke_interval={interval})
"""
BLOCKED = "blocked"
MOST_INTERVALS = 3


def resident(pids: list[int]) -> int:
    """Megabytes that processes hold, shared pages counted once."""
    total = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup")
        lines = rollup.read_text().splitlines() if rollup.exists() else []
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total // 1024


def run_of_each(stack: Stack, triggers: int, reports: int, minutes: float) -> dict[str, Any]:
    """Runs that end one after the other between the second minute and the last, in no order."""
    sandbox, random = stack.sandbox, Random(1)  # noqa: S311 - a spread, the same each time
    chosen = [each for each in sandbox.state.reports.values() if not each.archived][:reports]
    runs = {}
    for number in range(triggers):
        run = sandbox.run(chosen[number % reports], outcome="never")
        run.ends, run.outcome = (
            sandbox.now + timedelta(minutes=2 + random.random() * (minutes - 2)),
            "succeeded",
        )
        runs[f"wait_{number:03d}"] = run
    return runs


def main(triggers: int = 500, reports: int = 100, interval: float = 60, minutes: float = 12) -> int:
    """Measure, print one line of JSON, and say by the exit status whether all is as it should be."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who ends this ends the stack as well
    stack = Stack(LOCAL)
    try:
        stack.start()
        runs = run_of_each(stack, triggers, reports, minutes)
        dags = stack.folder / "dags"
        held = {name: (run.report, run.token) for name, run in runs.items()}
        (dags / "bench_triggers.runs").write_text(json.dumps(held))
        (dags / "bench_triggers.py").write_text(DAG.replace("{interval}", str(interval)))
        started = stack.run("bench_triggers")
        memory = []
        end = time.monotonic() + minutes * 60 + 6 * interval
        while started.state not in {"success", "failed"} and time.monotonic() < end:
            memory.append(resident(tree(stack.parts["triggerer"].pid)))
            time.sleep(15)
        figures = measured(stack, started, runs, interval) | {"memory_mb": memory, "state": started.state}
    finally:
        stack.stop()
    sys.stdout.write(json.dumps(figures) + "\n")
    good = (
        figures["throttled"] == 0 and figures["blocked"] == 0 and figures["worst_intervals"] <= MOST_INTERVALS
    )
    return 0 if good and figures["unanswered"] == 0 else 1


def measured(stack: Stack, started: Any, runs: dict[str, Any], interval: float) -> dict[str, Any]:
    """What came of it."""
    late, unanswered, offset = [], len(runs), 0
    while found := stack.rest.ask("GET", f"{started.path}/taskInstances", limit=100, offset=offset)[
        "task_instances"
    ]:
        offset += len(found)
        for one in found:
            if one["state"] == "success":
                unanswered -= 1
                ended = datetime.fromisoformat(one["end_date"])
                late.append((ended - runs[one["task_id"]].ends).total_seconds())
    log = stack.parts["triggerer"].log.read_text(errors="replace")
    accounts = stack.sandbox.app.limiter.accounts.values()
    return {
        "triggers": len(runs),
        "answered_after_s": {
            "median": round(statistics.median(late), 1),
            "worst": round(max(late), 1),
        }
        if late
        else None,
        "worst_intervals": round(max(late, default=0) / interval, 2),
        "unanswered": unanswered,
        "throttled": sum(account.throttled for account in accounts),
        "requests": sum(account.requests for account in accounts),
        "blocked": log.lower().count(BLOCKED),
    }


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
