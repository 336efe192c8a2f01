from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_mode.client.errors import AuthenticationError
from airflow_provider_mode.governance.apply.settle import NOT_MADE, OTHERS, settle
from airflow_provider_mode.governance.journal.lines import (
    ARCHIVE_REPORT,
    CREATE_SCHEDULE,
    DELETE_SCHEDULE,
    UNARCHIVE_REPORT,
)
from tests.governance.memory_store import Store
from tests.governance.world import DAILY, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A workspace and a folder."""
    with World(tmp_path) as made:
        yield made


def ends(world: World) -> list[tuple[str, bool | None, str | None]]:
    """How each attempt ended, and what is said of it."""
    return [(each.kind, None if each.open else each.done, each.error) for each in world.entries()]


def settled(world: World) -> int:
    """How many attempts were finished from another task's folder."""
    entries = world.entries()
    journal = world.journal(world.root / "zzz")
    try:
        return settle(entries, world.client(), journal)
    finally:
        journal.close()


@pytest.mark.parametrize("made", [True, False])
def test_each_kind_is_looked_for(world: World, *, made: bool) -> None:
    """Made or not made, by what Mode shows; schedules of a report are listed once."""
    live, hidden = world.stale(DAILY), world.stale(archived=True)
    (schedule,) = live.schedules
    journal = world.journal()
    definition = {"cron": DAILY, "params": {"region": "eu"}, "timeout": 1800}
    journal.before(ARCHIVE_REPORT, hidden.token if made else live.token)
    journal.before(UNARCHIVE_REPORT, live.token if made else hidden.token)
    journal.before(DELETE_SCHEDULE, live.token, schedule="bbbbbbbbbbb1" if made else schedule)
    journal.before(CREATE_SCHEDULE, live.token, definition=definition, had=0 if made else 1)
    journal.close()
    world.sandbox.clear_requests()
    assert settled(world) == 4
    assert len(world.asked()) == 2 + 2
    assert [(done, error) for _, done, error in ends(world)] == [(made, None if made else NOT_MADE)] * 4
    assert settled(world) == 0


def test_what_is_gone_was_not_made(world: World) -> None:
    """There is nothing left to bring back."""
    journal = world.journal()
    journal.before(ARCHIVE_REPORT, "aaaaaaaaaaa1")
    journal.close()
    assert settled(world) == 1
    assert ends(world) == [(ARCHIVE_REPORT, False, "gone: it was not there any more")]


def test_what_cannot_be_read_waits(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A read that fails leaves the line to the next attempt, and says so; a refused key is raised."""
    report = world.stale()
    journal = world.journal()
    journal.before(ARCHIVE_REPORT, report.token)
    journal.close()
    fault = world.sandbox.fault("status", status=403, count=None)
    with caplog.at_level(logging.WARNING):
        assert settled(world) == 0
    assert "Could not find out how archive_report" in caplog.text
    assert ends(world) == [(ARCHIVE_REPORT, None, None)]
    fault.status = 401
    with pytest.raises(AuthenticationError):
        settled(world)


def test_what_another_attempt_made_was_not_made_by_the_first(world: World) -> None:
    """Each change stands in the account once, and nothing needs to be asked."""
    journal = world.journal()
    journal.before(ARCHIVE_REPORT, "aaaaaaaaaaa1")
    journal.after(journal.before(ARCHIVE_REPORT, "aaaaaaaaaaa1"), ok=True)
    journal.close()
    assert settled(world) == 1
    assert ends(world) == [(ARCHIVE_REPORT, False, OTHERS), (ARCHIVE_REPORT, True, None)]
    assert world.asked() == []


def test_an_earlier_change_proves_nothing(world: World) -> None:
    """Archived, brought back and tried again: only a look tells."""
    report = world.stale()
    journal = world.journal()
    journal.after(journal.before(ARCHIVE_REPORT, report.token), ok=True)
    world.sandbox.advance("1d")
    journal.before(ARCHIVE_REPORT, report.token)
    journal.close()
    assert settled(world) == 1
    assert [done for _, done, _ in ends(world)] == [True, False]


def test_what_a_live_process_is_at_is_left_to_it(world: World) -> None:
    """Its line is not missing, it is on its way."""
    journal = world.journal()
    journal.before(ARCHIVE_REPORT, world.stale().token)
    assert settled(world) == 0
    journal.close()
    assert settled(world) == 1


@pytest.mark.parametrize("made", [True, False])
def test_beside_an_earlier_attempt_of_the_same_task(world: World, *, made: bool) -> None:
    """A zombie's change that is there was made; one that is not there may still come."""
    report = world.stale()
    zombie = world.journal()
    zombie.before(ARCHIVE_REPORT, report.token)
    if made:
        world.sandbox.archive(report)
    journal = world.journal()
    assert settle(world.entries(), world.client(), journal) == made
    assert ends(world) == [(ARCHIVE_REPORT, True if made else None, None)]
    for each in (journal, zombie):
        each.close()


def test_kinds_of_others_are_left(world: World) -> None:
    """A line that this code does not know is not its to finish."""
    journal = world.journal()
    journal.before("move_report", world.stale().token)
    journal.close()
    assert settled(world) == 0


def test_in_a_store(world: World) -> None:
    """There nobody is seen at work, and a missing line becomes an object beside the first."""
    report = world.stale(archived=True)
    store = Store()
    killed = world.journal(store.path("bucket/one"))
    killed.before(ARCHIVE_REPORT, report.token)
    journal = world.journal(store.path("bucket/two"))
    assert settle(world.entries(store.path()), world.client(), journal) == 1
    (entry,) = world.entries(store.path())
    assert entry.done
    assert len([key for key in store.objects if key.startswith("bucket/one/")]) == 2
    assert settle([], world.client(), journal) == 0
