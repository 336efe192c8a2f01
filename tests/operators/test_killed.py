from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from airflow_provider_mode.operators import ArchiveStaleReportsOperator
from tests.operators.workspace import POLICY, Instance, Mode

REPORTS = 10
BEGUN = 14
"""Requests after which the plan is nearly made; every third one from there on is a point."""
LIMITS = {"policy": POLICY, "max_changes": "100%"}


def forked(mode: Mode, instance: Instance) -> int:
    """One try of the task in a process of its own."""
    pid = os.fork()
    if pid:
        return pid
    try:
        mode.run(ArchiveStaleReportsOperator, instance, **LIMITS)
    finally:
        os._exit(0)


def killed_at(mode: Mode, pid: int, requests: int) -> bool:
    """Kill the process when the sandbox has seen so many requests; whether it was still alive."""
    while len(mode.sandbox.requests) < requests:
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return False
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def pairs(journal: Path) -> list[tuple[int, int]]:
    """For each change in a journal, how many first and second lines it has."""
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    firsts = Counter(line["n"] for line in lines if line.get("when") == "before")
    seconds = Counter(line["n"] for line in lines if line.get("when") == "after")
    return [(firsts[n], seconds[n]) for n in firsts | seconds]


@pytest.mark.parametrize("point", range(10))
@pytest.mark.mode_sandbox(reports=0, collections=3, latency=0.01)
def test_a_killed_task_ends_as_if_nothing_had_happened(mode: Mode, point: int) -> None:
    """SIGKILL at ten points of the whole operator; a second try does the rest, and nothing twice."""
    reports = sorted(mode.stale() for _ in range(REPORTS))
    schedules = sorted(mode.schedule(report) for report in reports)
    instance = mode.instance()
    assert killed_at(mode, forked(mode, instance), BEGUN + 3 * point)
    result = mode.run(ArchiveStaleReportsOperator, instance, **LIMITS)
    assert (result["archived"], result["schedules_deleted"]) == (reports, schedules)
    assert (result["skipped"], result["failed"]) == ({}, {})
    assert mode.archived() == set(reports)
    assert not mode.schedules()
    made = Counter((change.kind, change.report, change.schedule) for change in mode.sandbox.state.changes)
    done = {each: times for each, times in made.items() if each[0] in {"archive", "delete_schedule"}}
    assert set(done.values()) == {1}
    assert len(done) == 2 * REPORTS
    assert set(pairs(Path(result["journal"].removeprefix("file://")))) == {(1, 1)}
