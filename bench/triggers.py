"""
Five hundred triggers over a hundred reports in one real triggerer, for ten minutes and more.

Measures how long after its end each run was noticed, the triggerer's memory, what was throttled, and how
often Airflow's watchdog complained of a blocked loop; in the middle, Mode's connections break for a minute.
As a control as many triggers that only sleep go first, for a busy machine makes any loop wait. The figures go
to `docs/triggers-bench.md`.
`python -m bench.triggers [triggers [reports [interval [minutes]]]]`
"""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from airflow_provider_mode.sandbox.model import Run as SandboxRun
from bench.triggers_page import page
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
BLOCKED = re.compile(r"^(\S+) .*async thread was blocked", re.MULTILINE)
MOST_INTERVALS = 3
OUTAGE = timedelta(minutes=1)
STARTED_WITHIN = timedelta(minutes=1)  # in which a triggerer starts hundreds of triggers on a slow machine
CONTROL = timedelta(minutes=4)


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
        after = timedelta(minutes=2 + random.random() * (minutes - 2))
        run.ends, run.outcome = sandbox.now + after, "succeeded"
        runs.append(run)
    return runs


def deferred(stack: Stack, held: list[Any], interval: float) -> Run:
    """A run of the DAG, which stays paused, each instance of which waits for what it is given."""
    dag = stack.folder / "dags" / "bench_triggers.py"
    dag.write_text(DAG.replace("{triggers}", str(len(held))))
    stack.wait(lambda: stack.rest.knows("bench_triggers"), "the DAG is read", within=300)
    started, file = stack.rest.trigger("bench_triggers"), dag.with_suffix(".runs")
    file.write_text(json.dumps(held))
    command = [sys.executable, "-m", "bench.defer_all", started.run_id, str(file), str(interval)]
    subprocess.run(command, env=stack._env, cwd=ROOT, check=True)  # noqa: SLF001 - its Airflow's own
    return started


def instances(stack: Stack, started: Run) -> Iterator[dict[str, Any]]:
    """All task instances of a run."""
    offset, path = 0, f"{started.path}/taskInstances"
    while found := stack.rest.ask("GET", path, limit=100, offset=offset)["task_instances"]:
        offset += len(found)
        yield from found


def control(stack: Stack, triggers: int) -> dict[str, Any]:
    """How often the loop is blocked by as many triggers that do nothing but sleep."""
    began = datetime.now(UTC)
    started = deferred(stack, [(None, None)] * triggers, CONTROL.total_seconds())
    calm, end = datetime.now(UTC) + STARTED_WITHIN, datetime.now(UTC) + CONTROL
    stack.wait(
        lambda: all(one["state"] == "success" for one in instances(stack, started)),
        "those that sleep have ended", within=900, every=15,
    )  # fmt: skip
    return {"control_at_start": blocked(stack, began, calm), "control_a_minute": a_minute(stack, calm, end)}


def a_minute(stack: Stack, since: datetime, until: datetime) -> float:
    """How often a minute the loop was blocked."""
    return round(blocked(stack, since, until) / ((until - since) / timedelta(minutes=1)), 2)


def blocked(stack: Stack, since: datetime, until: datetime) -> int:
    """How often Airflow's watchdog said between two moments that the triggerer's loop was blocked."""
    log = stack.parts["triggerer"].log.read_text(errors="replace")
    return sum(since <= datetime.fromisoformat(found[1]) < until for found in BLOCKED.finditer(log))


def main(triggers: int = 500, reports: int = 100, interval: float = 60, minutes: float = 12) -> int:
    """Measure, write the page, and say by the exit status whether all is as it should be."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    # As where it is installed: no module is compiled anew in each process.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(ROOT / "build" / "bytecode")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who ends this ends the stack as well
    stack = Stack(LOCAL)
    try:
        stack.start()
        figures = control(stack, triggers)
        figures |= watched(stack, run_of_each(stack, triggers, reports, minutes), interval, minutes)
    finally:
        stack.stop()
    figures |= {"reports": reports, "interval": interval, "minutes": minutes}
    sys.stdout.write(json.dumps(figures) + "\n")
    (ROOT / "docs" / "triggers-bench.md").write_text(page(figures, " ".join(sys.argv[1:])))
    good = figures["throttled"] == 0 and figures["worst_intervals"] <= MOST_INTERVALS
    calm = figures["blocked_a_minute"] <= figures["control_a_minute"] + 0.5
    return 0 if good and calm and figures["unanswered"] == 0 else 1


def watched(stack: Stack, runs: list[SandboxRun], interval: float, minutes: float) -> dict[str, Any]:
    """The figures of the triggers that wait for runs, once all have their answer or time is over."""
    throttled = stack.sandbox.usage.throttled
    began = datetime.now(UTC)
    started = deferred(stack, [(run.report, run.token) for run in runs], interval)
    calm = datetime.now(UTC) + STARTED_WITHIN
    breaks = datetime.now(UTC) + timedelta(minutes=minutes / 2)
    end = datetime.now(UTC) + timedelta(minutes=minutes, seconds=6 * interval)
    memory: list[int] = []
    loads: list[float] = []
    while datetime.now(UTC) < calm:
        time.sleep(1)
    while (figures := answered(stack, started, runs, interval))["unanswered"] and datetime.now(UTC) < end:
        memory.append(resident(tree(stack.parts["triggerer"].pid)))
        loads.append(os.getloadavg()[0])
        if breaks <= datetime.now(UTC):
            breaks = end
            outage(stack)
        time.sleep(15)
    return figures | {
        "throttled": stack.sandbox.usage.throttled - throttled,
        "blocked_at_start": blocked(stack, began, calm),
        "blocked_a_minute": a_minute(stack, calm, datetime.now(UTC)),
        "load": round(statistics.mean(loads), 1),
        "memory_mb": memory,
    }


def outage(stack: Stack) -> None:
    """For a minute every connection to Mode breaks."""
    stack.sandbox.fault("drop", count=None)
    time.sleep(OUTAGE.total_seconds())
    stack.sandbox.clear_faults()


def answered(stack: Stack, started: Run, runs: list[SandboxRun], interval: float) -> dict[str, Any]:
    """How many have their answer, and how long after the end of their runs it came."""
    late = []
    for one in instances(stack, started):
        ends = runs[one["map_index"]].ends
        if one["state"] == "success" and ends is not None:
            late.append((datetime.fromisoformat(one["end_date"]) - ends).total_seconds())
    return {
        "triggers": len(runs),
        "median_s": round(statistics.median(late), 1) if late else None,
        "worst_s": round(max(late, default=0), 1),
        "worst_intervals": round(max(late, default=0) / interval, 2),
        "unanswered": len(runs) - len(late),
        "requests": sum(account.requests for account in stack.sandbox.app.limiter.accounts.values()),
    }


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
