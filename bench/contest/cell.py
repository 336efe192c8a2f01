"""One run: so many processes of a contender against one sandbox, timed from `go` to the last one's end."""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.contest.course import COLLECTIONS, ROOT, Account, Course

READY_WITHIN = 300.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Who runs under what; `requests` in `period` is the limit, `needed` the requests that the work takes."""

    who: str = "ours"
    processes: int = 1
    hosts: int = 1
    latency: float = 0.05
    jitter: float = 0.0
    window: str = "sliding"
    requests: int = 40
    period: float = 10.0
    needed: int = 640
    in_flight: int = 8
    headers: bool = True
    redis: str | None = None
    stranger: bool = False
    retries: int = 0
    cut: float = 400.0

    @property
    def ideal(self) -> float:
        """Seconds that a sliding window makes the requests take at least, the last reply included."""
        needed = self.needed - (COLLECTIONS if self.who == "plain" else 0)  # a short page ends its lists
        return (math.ceil(needed / self.requests) - 1) * self.period + self.latency


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of it; `wall` is None for a run that was cut."""

    cell: dict[str, Any]
    ideal: float
    wall: float | None
    done: float
    sent: int
    throttled: int
    failures: int
    lost: int
    doubled: int
    filled: float
    cpu: float
    memory: int
    reports: int

    @property
    def ratio(self) -> float | None:
        """The least time over the time taken."""
        return None if self.wall is None else self.ideal / self.wall


def run_together(cells: Sequence[Cell]) -> list[Row]:
    """
    Runs side by side, each with a sandbox of its own, spread over a period when the last of them is ready.

    Whoever uses a limit up sends in bursts, once in a period; those of several runs must not fall together.
    """
    with ThreadPoolExecutor(len(cells)) as pool:
        ready = threading.Barrier(len(cells))

        def start(number: int) -> None:
            ready.wait()
            time.sleep(cells[number].period * number / len(cells))

        return list(pool.map(lambda number: run(cells[number], lambda: start(number)), range(len(cells))))


def run(cell: Cell, start: Callable[[], object] = lambda: None) -> Row:
    """Run one cell; `start` is called when all processes are ready to go."""
    options: dict[str, Any] = {
        "limit": cell.window,
        "requests": cell.requests,
        "period": cell.period,
        "latency": cell.latency,
        "jitter": cell.jitter,
    }
    if not cell.headers:
        options["switch"] = "rate_headers=absent"
    with Course(**options) as course, tempfile.TemporaryDirectory(prefix="mode-bench-") as folder:
        marked = course.unarchived[: cell.needed - course.pages]
        parties = _start(cell, course, marked, Path(folder))
        try:
            replies, wall = _race(cell, course, parties, start)
        finally:
            for one in parties:
                one.kill()
                one.wait()
        return _row(cell, course, marked, replies, wall)


def _start(cell: Cell, course: Course, marked: list[str], folder: Path) -> list[subprocess.Popen[str]]:
    """The processes, ready to go; each host has a temporary folder of its own."""
    parties = []
    for number in range(cell.processes):
        home = folder / f"host{number % cell.hosts}"
        home.mkdir(exist_ok=True)
        task = {
            **course.where,
            "who": cell.who,
            "collections": course.collections[number :: cell.processes],
            "reports": marked[number :: cell.processes],
            "limit": _limit(cell),
            "in_flight": cell.in_flight,
            "retries": cell.retries,
        }
        one = subprocess.Popen(
            [sys.executable, "-m", "bench.contest.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(home), "NO_PROXY": "127.0.0.1"},
        )
        _say(one, json.dumps(task))
        parties.append(one)
    return parties


def _limit(cell: Cell) -> dict[str, Any] | None:
    """What the processes are told of the limit."""
    if cell.window == "off":
        return None
    told: dict[str, Any] = {"requests": cell.requests, "period": cell.period}
    return {**told, "redis": cell.redis} if cell.redis else told


def _say(one: subprocess.Popen[str], line: str) -> None:
    """A line to a process."""
    if one.stdin is not None:
        one.stdin.write(line + "\n")
        one.stdin.flush()


def _race(
    cell: Cell, course: Course, parties: list[subprocess.Popen[str]], start: Callable[[], object]
) -> tuple[list[dict[str, Any]], float | None]:
    """What each process reports, and the seconds until the last did; None when it was cut."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    for one in parties:
        threading.Thread(target=_listen, args=(one, lines), daemon=True).start()
    for _ in parties:
        if lines.get(timeout=READY_WITHIN).strip() != "ready":
            raise RuntimeError("a process of the bench did not come up")
    start()
    if cell.stranger:
        course.stranger(2 * cell.period / cell.requests)
    began = time.monotonic()
    for one in parties:
        _say(one, "go")
    replies: list[dict[str, Any]] = []
    with contextlib.suppress(queue.Empty):
        while len(replies) < len(parties):
            replies.append(json.loads(lines.get(timeout=max(0.0, began + cell.cut - time.monotonic()))))
        return replies, time.monotonic() - began
    return replies, None


def _listen(one: subprocess.Popen[str], lines: queue.SimpleQueue[str]) -> None:
    """Pass on what a process says."""
    if one.stdout is not None:
        for line in one.stdout:
            lines.put(line)


def _row(
    cell: Cell, course: Course, marked: list[str], replies: list[dict[str, Any]], wall: float | None
) -> Row:
    """The run by the sandbox's account; what is lost or doubled can be told of one that came to its end."""
    account: Account = course.account()
    listed = sorted(token for reply in replies for token in reply["listed"])
    lost = len(set(course.reports) - set(listed)) + sum(account.changed[one] == 0 for one in marked)
    doubled = len(listed) - len(set(listed)) + sum(times > 1 for times in account.changed.values())
    return Row(
        cell=asdict(cell),
        ideal=cell.ideal,
        wall=wall,
        done=min(1.0, (account.sent - account.throttled) / cell.needed),
        sent=account.sent,
        throttled=account.throttled,
        failures=sum(reply["failures"] for reply in replies),
        lost=lost if wall else 0,
        doubled=doubled,
        filled=account.served * cell.period / (cell.requests * (wall or cell.cut)),
        cpu=sum(reply["cpu"] for reply in replies),
        memory=max((reply["memory"] for reply in replies), default=0),
        reports=len(listed),
    )
