"""LocalExecutor on PostgreSQL: mapped tasks in a pool, and sensors that wait in the triggerer."""

from __future__ import annotations

import time
from datetime import datetime

from tests.e2e import books
from tests.e2e.books import Books
from tests.e2e.evidence import Evidence
from tests.e2e.rest import Json
from tests.e2e.stack import Stack

SLOTS = 2


def at_once(tasks: list[Json]) -> int:
    """The most of these task instances that ever ran at the same moment."""
    moments = []
    for one in tasks:
        moments += [
            (datetime.fromisoformat(one["start_date"]), 1),
            (datetime.fromisoformat(one["end_date"]), -1),
        ]
    running = most = 0
    for _, step in sorted(moments):
        running += step
        most = max(most, running)
    return most


def test_a_sweep_is_mapped_over_collections_in_a_pool(local: Stack) -> None:
    """Each part plans and applies its own collections; together they do exactly what the policy says."""
    local.pool("mode", SLOTS)
    before = Books(local.sandbox)
    run = local.run("sweep_large_workspace", collections_a_task=1)
    assert local.ended(run) == "success"
    planning = [one for one in run.tasks if one["task_id"] == "plan"]
    applying = [one for one in run.tasks if one["task_id"] == "apply"]
    shared = [one for one in local.sandbox.state.collections.values() if not one.personal]
    places = {local.sandbox.report(token).collection for token in before.stale}
    assert (len(planning), len(applying)) == (len(shared), len(places))
    assert at_once([*planning, *applying]) == SLOTS
    before.cleaned(local.output)
    results = [run.returned("apply", one["map_index"]) for one in applying]
    assert {report for result in results for report in result["archived"]} == before.stale
    assert len({result["journal"] for result in results}) == len(applying)


def test_too_much_in_all_parts_together_changes_nothing(local: Stack) -> None:
    """The limit is held against the parts together, before the first of them changes anything."""
    local.pool("mode", SLOTS)
    before = Books(local.sandbox)
    run = local.run("sweep_large_workspace", collections_a_task=4, max_percent=1)
    assert local.ended(run) == "failed"
    assert run.states["merge"] == ["failed"]
    before.untouched()


def test_a_sensor_waits_in_the_triggerer(local: Stack) -> None:
    """Deferred until the report has a schedule; then it returns it."""
    report = local.sandbox.add_report(name="New").token
    run = local.run("e2e_waiting", report=report)
    local.reaches(run, "scheduled", "deferred")
    local.put_away(run, "scheduled")
    schedule = local.sandbox.add_schedule(report, cron=books.DAILY).token
    assert local.ended(run) == "success"
    (found,) = run.returned("scheduled")
    assert found["schedule"] == schedule


def test_the_triggerer_is_killed_while_sensors_wait(local: Stack) -> None:
    """Another triggerer goes on with every wait, at one request a look and no more."""
    reports = [local.sandbox.add_report(name=f"New {number}").token for number in range(4)]
    runs = [local.run("e2e_waiting", report=report) for report in reports]
    for run in runs:
        local.reaches(run, "scheduled", "deferred")
        local.put_away(run, "scheduled")
    local.parts["triggerer"].kill()
    lost = time.monotonic()
    schedules = [local.sandbox.add_schedule(report, cron=books.DAILY).token for report in reports]
    local.parts["triggerer"].start()
    for run, schedule in zip(runs, schedules, strict=True):
        assert local.ended(run) == "success"
        (found,) = run.returned("scheduled")
        assert found["schedule"] == schedule
        assert run.task("scheduled")["try_number"] == 1
    local.note("triggerer killed", waiting=len(runs), seconds=round(time.monotonic() - lost))


def test_no_secret_is_anywhere(local: Stack) -> None:
    """Logs, XComs, rendered templates, plans, journals, tracebacks."""
    run = local.run("e2e_failing")
    assert local.ended(run) == "failed"
    assert run.states == {
        "limit": ["failed"],
        "wrong": ["failed"],
        "dead": ["failed"],
        "talkative": ["success"],
    }
    seen = Evidence(local)
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


def test_what_a_careless_task_logs_is_masked(local: Stack) -> None:
    """The hook has named its secrets to Airflow, which hides them in every task's log."""
    run = local.run("e2e_careless")
    assert local.ended(run) == "success"
    log = "".join(path.read_text() for path in local.home.glob("logs/dag_id=e2e_careless/**/*.log"))
    assert "the secret is ***, to you" in log
    assert local.sandbox.password not in log
