"""CeleryExecutor with Redis and two workers: a worker and the database are lost in the middle of the work."""

from __future__ import annotations

import time

import pytest

from tests.e2e import books
from tests.e2e.books import Books
from tests.e2e.evidence import Evidence
from tests.e2e.processes import tree
from tests.e2e.rest import Run
from tests.e2e.stack import WORKERS, Stack

MORE = 12  # stale reports with two schedules each, in each of two collections: half a minute of work
SLOTS = 3
DOWN = 2.0  # seconds without a database


@pytest.fixture
def busy(celery: Stack) -> Stack:
    """A stack whose workspace has enough to do to be interrupted, and whose parts are started again."""
    celery.pool("mode", SLOTS)
    shared = [one.token for one in celery.sandbox.state.collections.values() if not one.personal]
    for place in shared[:2]:
        books.add_stale(celery.sandbox, MORE, collection=place, schedules=2)
    celery.is_supervised = True
    return celery


def deleted(stack: Stack) -> int:
    """How many schedules are gone."""
    return sum(kind == "delete_schedule" for kind, _ in books.changes(stack.sandbox))


def state_of(stack: Stack, before: Books) -> dict[str, int]:
    """How far a clean-up has come, by the sandbox and by the journals, which may be one change ahead."""
    lines = [line for journal in books.journals(stack.output) for line in journal]
    return {
        "reports": len(before.stale),
        "archived": len(books.archived(stack.sandbox) - before.archived),
        "schedules": len(before.doomed),
        "schedules_deleted": deleted(stack),
        "journal_before": sum(line.get("when") == "before" for line in lines),
        "journal_after": sum(line.get("when") == "after" for line in lines),
    }


def sweep(stack: Stack) -> Run:
    """A sweep in four parts, as far as the middle of its changes."""
    run = stack.run("sweep_large_workspace", collections_a_task=2, max_percent=40)
    stack.wait(lambda: deleted(stack) >= MORE, f"changes are being made: {run.states}", within=300, every=0.1)
    return run


def workers_of(stack: Stack, run: Run) -> list[str]:
    """The workers that are applying a part now."""
    trees = {name: tree(stack.parts[name].pid) for name in WORKERS}
    pids = [one["pid"] for one in run.tasks if (one["task_id"], one["state"]) == ("apply", "running")]
    return [name for name in WORKERS if set(trees[name]) & set(pids)]


def test_a_worker_is_killed_while_it_applies(busy: Stack) -> None:
    """SIGKILL for a worker and its tasks: another finishes it; nothing is lost, nothing done twice."""
    before = Books(busy.sandbox)
    run = sweep(busy)
    victim, *_ = workers_of(busy, run)
    busy.parts[victim].kill()
    lost = time.monotonic()
    left = state_of(busy, before)
    assert left["schedules_deleted"] < len(before.doomed)
    assert busy.ended(run) == "success"
    before.cleaned(busy.output)
    again = [one for one in run.tasks if one["task_id"] == "apply" and one["try_number"] > 1]
    assert again
    busy.note("worker killed", left=left, tried_again=len(again), seconds=round(time.monotonic() - lost))
    results = [run.returned("apply", one["map_index"]) for one in run.tasks if one["task_id"] == "apply"]
    assert {report for result in results for report in result["archived"]} == before.stale
    assert sum(len(result["schedules_deleted"]) for result in results) == len(before.doomed)


def test_the_database_is_restarted_while_tasks_apply(busy: Stack) -> None:
    """The tasks go on, and what ended for want of a database is started again."""
    before = Books(busy.sandbox)
    run = sweep(busy)
    assert busy.postgres is not None
    busy.postgres.stop()
    lost = time.monotonic()
    left = state_of(busy, before)
    time.sleep(DOWN)
    busy.postgres.start()
    assert left["schedules_deleted"] < len(before.doomed)
    assert busy.ended(run) == "success"
    before.cleaned(busy.output)
    started = {name: part.starts for name, part in busy.parts.items() if part.starts > 1}
    busy.note("database restarted", left=left, started=started, seconds=round(time.monotonic() - lost))


def test_what_was_swept_comes_back(busy: Stack) -> None:
    """A restore from the whole folder of journals, on whichever worker."""
    before = Books(busy.sandbox)
    run = busy.run("sweep_large_workspace", collections_a_task=8, max_percent=40)
    assert busy.ended(run) == "success"
    before.cleaned(busy.output)
    restore = busy.run("restore_from_journal", journal=f"file://{busy.output}/{busy.sandbox.workspace}")
    assert busy.ended(restore) == "success"
    assert books.archived(busy.sandbox) == before.archived
    assert books.definitions(busy.sandbox) == before.definitions


def test_no_secret_is_anywhere(celery: Stack) -> None:
    """Logs of workers, XComs, rendered templates, plans, journals, tracebacks."""
    run = celery.run("e2e_failing")
    assert celery.ended(run) == "failed"
    seen = Evidence(celery)
    assert seen.kinds() == {
        "task log",
        "part log",
        "xcom",
        "rendered template",
        "plan",
        "journal",
        "traceback",
    }
    assert seen.secrets() == []
