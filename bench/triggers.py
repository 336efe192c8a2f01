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
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from airflow_provider_mode.sandbox.model import Run as SandboxRun
from tests.e2e.processes import tree
from tests.e2e.rest import Run
from tests.e2e.stack import LOCAL, ROOT, Stack

DAG = """
from datetime import datetime, timezone
from airflow.sdk import DAG
from airflow_provider_mode.sensors import ReportRunSensor

with DAG("bench_triggers", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc)) as dag:
    ReportRunSensor.partial(task_id="wait", report="0123456789ab").expand(
        report_run=[f"{number:012d}" for number in range({triggers})]
    )
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


def run_of_each(stack: Stack, triggers: int, reports: int, minutes: float) -> list[SandboxRun]:
    """Runs that end one after the other between the second minute and the last, in no order."""
    sandbox, random = stack.sandbox, Random(1)  # noqa: S311 - a spread, the same each time
    chosen = [each for each in sandbox.state.reports.values() if not each.archived][:reports]
    runs = []
    for number in range(triggers):
        run = sandbox.run(chosen[number % reports], outcome="never")
        run.ends, run.outcome = (
            sandbox.now + timedelta(minutes=2 + random.random() * (minutes - 2)),
            "succeeded",
        )
        runs.append(run)
    return runs


def deferred(stack: Stack, triggers: int) -> tuple[Run, Path]:
    """A run of the DAG, which stays paused, and the file that is to say what each instance waits for."""
    dag = stack.folder / "dags" / "bench_triggers.py"
    dag.write_text(DAG.replace("{triggers}", str(triggers)))
    stack.wait(lambda: stack.rest.knows("bench_triggers"), "the DAG is read", within=300)
    return stack.rest.trigger("bench_triggers"), dag.with_suffix(".runs")


def main(triggers: int = 500, reports: int = 100, interval: float = 60, minutes: float = 12) -> int:
    """Measure, print one line of JSON, and say by the exit status whether all is as it should be."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who ends this ends the stack as well
    stack = Stack(LOCAL)
    try:
        stack.start()
        started, file = deferred(stack, triggers)
        runs = run_of_each(stack, triggers, reports, minutes)
        file.write_text(json.dumps([(run.report, run.token) for run in runs]))
        command = [sys.executable, "-m", "bench.defer_all", started.run_id, str(file), str(interval)]
        subprocess.run(command, env=stack._env, cwd=ROOT, check=True)  # noqa: SLF001 - its Airflow's own
        memory = []
        end = time.monotonic() + minutes * 60 + 6 * interval
        while (figures := measured(stack, started, runs, interval))["unanswered"] and time.monotonic() < end:
            memory.append(resident(tree(stack.parts["triggerer"].pid)))
            time.sleep(15)
        figures["memory_mb"] = memory
    finally:
        stack.stop()
    sys.stdout.write(json.dumps(figures) + "\n")
    good = (
        figures["throttled"] == 0 and figures["blocked"] == 0 and figures["worst_intervals"] <= MOST_INTERVALS
    )
    return 0 if good and figures["unanswered"] == 0 else 1


def measured(stack: Stack, started: Run, runs: list[SandboxRun], interval: float) -> dict[str, Any]:
    """What came of it so far."""
    late, offset, path = [], 0, f"{started.path}/taskInstances"
    while found := stack.rest.ask("GET", path, limit=100, offset=offset)["task_instances"]:
        offset += len(found)
        for one in found:
            ends = runs[one["map_index"]].ends
            if one["state"] == "success" and ends is not None:
                late.append((datetime.fromisoformat(one["end_date"]) - ends).total_seconds())
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
        "unanswered": len(runs) - len(late),
        "throttled": sum(account.throttled for account in accounts),
        "requests": sum(account.requests for account in accounts),
        "blocked": log.lower().count(BLOCKED),
    }


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
