from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.governance.journal.lines import ARCHIVE_REPORT, DELETE_SCHEDULE
from tests.governance.object_folder import ObjectPath
from tests.governance.world import DAILY, WEEKLY, World

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 11, 24, 12, tzinfo=UTC)
REPORTS = 60
LEAST = 200


class Crashes:
    """A workspace that can be put back to its beginning, and processes that apply a plan to it."""

    def __init__(self, world: World, server: subprocess.Popen[str]) -> None:
        self.world = world
        self._server = server
        self.plan_file = world.root / "plan.json"
        self.begin()
        self.plan_file.write_bytes(world.plan().dumps())
        self.beginning = world.shape()

    def begin(self) -> None:
        """The beginning again: the same reports and schedules, and no journal."""
        world = self.world
        shutil.rmtree(world.root / "run", ignore_errors=True)
        (world.root / "run").mkdir()
        world.sandbox.reset()
        world.sandbox.set_clock(START)
        world.home = world.sandbox.add_collection("Weekly numbers").token
        for number in range(REPORTS):
            mailed = ("growth-lead@example.com",) if number % 12 == 0 else ()
            crons = (DAILY, WEEKLY, DAILY)[: (number % 6 == 0) + 2 * (number % 20 == 0)]
            world.stale(*crons, subscribers=mailed)

    def run(self, do: str = "apply", **command: Any) -> dict[str, Any]:
        """One process."""
        sandbox = self.world.sandbox
        config = {
            "workspace": sandbox.workspace,
            "login": sandbox.login,
            "password": sandbox.password,
            "host": sandbox.url,
            "concurrency": command.pop("concurrency", 1),
        }
        full = {"do": do, "root": str(self.world.root / "run"), "plan": str(self.plan_file)}
        full |= {"now": START.isoformat(), "config": config} | command
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(full) + "\n")
        self._server.stdin.flush()
        answer: dict[str, Any] = json.loads(self._server.stdout.readline())
        return answer

    def done(self, root: Any) -> dict[str, Counter[str]]:
        """What the journal says was done, and how often."""
        entries = self.world.entries(root)
        assert not [entry for entry in entries if entry.open], "a line before without a line after"
        made = [entry for entry in entries if entry.done]
        return {
            kind: Counter(entry.schedule or entry.report for entry in made if entry.kind == kind)
            for kind in (ARCHIVE_REPORT, DELETE_SCHEDULE)
        }


@pytest.fixture
def crashes(tmp_path: Path) -> Iterator[Crashes]:
    """A workspace of 60 stale reports, and a server of processes."""
    script = Path(__file__).with_name("crash_run.py")
    server = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
    )
    with server, World(tmp_path, start=START) as world:
        yield Crashes(world, server)
        assert server.stdin is not None
        server.stdin.close()


@pytest.mark.parametrize(("store", "step"), [(False, 1), (True, 25)])
def test_killed_at_every_boundary(crashes: Crashes, *, store: bool, step: int) -> None:
    """Killed anywhere, a retry ends where an undisturbed run ends, and the journal accounts for all of it.

    In an object store at every 25th boundary: only the writing of a line differs.
    """
    task: Any = crashes.world.root / "run" / "task"
    task = ObjectPath(task) if store else task
    calm = crashes.run(store=store)["result"]
    end, account = crashes.world.shape(), crashes.done(task)
    boundaries = calm.pop("boundaries")
    assert boundaries >= LEAST
    assert len(calm["archived"]) == REPORTS
    for at in range(1, boundaries + 1, step):
        crashes.begin()
        killed = crashes.run(at=at, torn=not store and at % 3 == 0, store=store)
        assert killed["ended"] == -signal.SIGKILL, (at, killed)
        again = crashes.run(store=store)["result"]
        again.pop("boundaries")
        assert again == calm, at
        assert crashes.world.shape() == end, at
        assert crashes.done(task) == account, at
        assert len(crashes.world.changes("archive")) == REPORTS, at
        assert len(crashes.world.changes("delete_schedule")) == len(calm["schedules_deleted"]), at
        if at % 25 == 1:
            assert crashes.run("restore", store=store)["ended"] == 0, at
            assert crashes.world.shape() == crashes.beginning, at


@pytest.mark.parametrize("at", range(3, 60, 14))
def test_killed_with_several_changes_at_hand(crashes: Crashes, at: int) -> None:
    """Four reports at once leave up to four changes unfinished; killed twice, the third attempt ends it."""
    calm = crashes.run(concurrency=4)["result"]
    end, account = crashes.world.shape(), crashes.done(crashes.world.root / "run" / "task")
    crashes.begin()
    for _ in range(2):
        assert crashes.run(at=at, concurrency=4)["ended"] == -signal.SIGKILL
    again = crashes.run(concurrency=4)["result"]
    assert {**again, "boundaries": 0} == {**calm, "boundaries": 0}
    assert crashes.world.shape() == end
    assert crashes.done(crashes.world.root / "run" / "task") == account
    assert len(crashes.world.changes("archive")) == REPORTS


def test_a_restore_killed_at_every_boundary(crashes: Crashes) -> None:
    """Killed anywhere, a second try brings back what is missing, and nothing twice."""
    crashes.run()
    task = (crashes.world.root / "run" / "task" / "journal.jsonl").read_bytes()
    calm = crashes.run("restore")["result"]
    boundaries = calm.pop("boundaries")
    for at in range(1, boundaries + 1, 20):
        crashes.begin()
        crashes.run()
        assert (crashes.world.root / "run" / "task" / "journal.jsonl").read_bytes() == task
        assert crashes.run("restore", at=at)["ended"] == -signal.SIGKILL, at
        again = crashes.run("restore")["result"]
        assert len(again["schedules_created"]) == len(calm["schedules_created"]), at
        assert again["unarchived"] == calm["unarchived"], at
        assert crashes.world.shape() == crashes.beginning, at
        assert len(crashes.world.changes("create_schedule")) == len(calm["schedules_created"]), at
