"""CeleryExecutor with Redis and two workers: a worker and the database are lost in the middle of the work."""

from __future__ import annotations

import pytest

from tests.e2e import books
from tests.e2e.books import Books
from tests.e2e.evidence import Evidence
from tests.e2e.processes import tree
from tests.e2e.rest import Run
from tests.e2e.stack import WORKERS, Stack

MORE = 12  # stale reports with two schedules each, in each of two collections: half a minute of work
SLOTS = 3


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
    done = deleted(busy)
    assert done < len(before.doomed)
    assert busy.ended(run) == "success"
    before.cleaned(busy.output)
    again = [one for one in run.tasks if one["task_id"] == "apply" and one["try_number"] > 1]
    assert again
    results = [run.returned("apply", one["map_index"]) for one in run.tasks if one["task_id"] == "apply"]
    assert {report for result in results for report in result["archived"]} == before.stale
    assert sum(len(result["schedules_deleted"]) for result in results) == len(before.doomed)


def test_the_database_is_restarted_while_tasks_apply(busy: Stack) -> None:
    """The tasks go on, and what ended for want of a database is started again."""
    before = Books(busy.sandbox)
    run = sweep(busy)
    assert busy.postgres is not None
    busy.postgres.stop()
    done = deleted(busy)
    busy.postgres.start()
    assert done < len(before.doomed)
    assert busy.ended(run) == "success"
    before.cleaned(busy.output)


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
