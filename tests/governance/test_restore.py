from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.client.errors import AuthenticationError
from airflow_provider_mode.client.models import Schedule
from airflow_provider_mode.governance.apply.units import units_to_unschedule
from airflow_provider_mode.governance.errors import SettingError, StorageError
from airflow_provider_mode.governance.journal.lines import (
    ARCHIVE_REPORT,
    CREATE_SCHEDULE,
    DELETE_SCHEDULE,
    UNARCHIVE_REPORT,
)
from airflow_provider_mode.governance.ports import Progress
from airflow_provider_mode.governance.restore.definitions import alike, body_of, like, missing
from airflow_provider_mode.governance.restore.restore import restore
from tests.governance.memory_store import Store, StoreError
from tests.governance.world import DAILY, WEEKLY, World, counter

MAILED = ("growth-lead@example.com",)
SAVED: dict[str, Any] = {"name": "Nightly", "cron": DAILY, "params": {"region": "eu"}, "timeout": 1800}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A workspace and a folder."""
    with World(tmp_path) as made:
        yield made


def read(token: str, **fields: Any) -> Schedule:
    """A schedule as it is read."""
    row = {
        "token": token, "name": "Other name", "frequency": "daily", "cron_hour": 3, "cron_minute": 30,
        "time_zone": "UTC", "parameters": {"region": "eu"}, "timeout": 1800,
    }  # fmt: skip
    return Schedule.from_json(row | fields)


def test_all_comes_back(world: World) -> None:
    """Reports are live again, and have the schedules they had, once each; what stays lost is counted."""
    world.stale(DAILY, WEEKLY, subscribers=MAILED)
    world.stale(DAILY, DAILY)
    world.stale()
    beginning = world.shape()
    world.apply(world.units())
    outcome = world.restore()
    assert world.shape() == beginning
    assert len(outcome.unarchived) == 3
    assert len(outcome.schedules_created) == 4
    assert outcome.impossible == {"schedule_identity": 4, "subscriptions": 2}
    assert (outcome.failed, outcome.fatal, outcome.left, outcome.permanent) == ({}, None, 0, True)


def test_twice_brings_back_nothing_twice(world: World) -> None:
    """By the same task or by another, and from the folder that holds the first restore's journal too."""
    world.stale(DAILY, WEEKLY)
    beginning = world.shape()
    world.apply(world.units())
    first = world.restore()
    assert world.restore() == first
    journal = world.journal(world.root / "another")
    again = restore(world.entries(world.root / "task"), world.client(), journal)
    assert (again.unarchived, again.schedules_created) == ((), ())
    everything = restore(world.entries(), world.client(), journal)
    assert (everything.unarchived, everything.schedules_created, everything.impossible) == ((), (), {})
    journal.close()
    assert world.shape() == beginning


def test_names_do_not_count(world: World) -> None:
    """A schedule that somebody made anew under another name is not made again."""
    report = world.stale(DAILY)
    world.apply(world.units())
    made = {"cron": DAILY, "name": "By hand", "parameters": {"region": "eu"}, "timeout": 1800}
    world.sandbox.add_schedule(report, **made)
    assert world.restore().schedules_created == ()
    assert len(report.schedules) == 1


def test_only_named_reports(world: World) -> None:
    """The others stay as they are; a name that no journal knows fails before any change."""
    reports = [world.stale(DAILY) for _ in range(3)]
    world.apply(world.units())
    unknown = [f"nosuchrepo{number:02}" for number in range(12)]
    with pytest.raises(
        SettingError, match=r"reports: no journal tells of nosuchrepo00, .* and 2 more: nothing"
    ):
        world.restore(reports=[reports[0].token, *unknown])
    with pytest.raises(SettingError, match="reports: no journal tells of nosuchrepo00: nothing was restored"):
        world.restore(reports=unknown[:1])
    assert not world.changes("unarchive")
    outcome = world.restore(reports=[reports[0].token])
    assert outcome.unarchived == (reports[0].token,)
    assert [report.archived for report in reports] == [False, True, True]


def test_schedules_alone(world: World) -> None:
    """A report that we did not archive is not unarchived, whoever archived it."""
    report = world.stale(DAILY)
    world.apply(units_to_unschedule([world.plan()]))
    world.sandbox.archive(report)
    outcome = world.restore()
    assert outcome.unarchived == ()
    assert len(outcome.schedules_created) == 1
    assert report.archived


def test_gone_reports_are_impossible(world: World) -> None:
    """Mode deletes for good."""
    gone, other = world.stale(DAILY), world.stale()
    world.apply(world.units())
    world.sandbox.delete(gone)
    outcome = world.restore()
    assert outcome.impossible == {"gone": 1, "schedule_identity": 1}
    assert outcome.unarchived == (other.token,)
    assert outcome.failed == {}


class Meddler:
    """A client before whose call something happens."""

    def __init__(self, client: Any, name: str, happening: Any) -> None:
        self._client = client
        self._name = name
        self._happening = happening

    def __getattr__(self, name: str) -> Any:
        if name == self._name:
            self._happening()
        return getattr(self._client, name)


@pytest.mark.parametrize("name", ["unarchive", "create_schedule"])
def test_gone_at_the_last_moment(world: World, name: str) -> None:
    """A report deleted between the look and the change is impossible, and no failure."""
    report = world.stale(DAILY)
    world.apply(world.units())
    client = Meddler(world.client(), name, lambda: world.sandbox.delete(report))
    outcome = world.restore(client=client)
    assert outcome.impossible["gone"] == 1
    assert outcome.failed == {}
    assert not [entry for entry in world.entries() if entry.open]


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("kind", ["drop", "status", "html"])
def test_a_creation_whose_reply_was_lost(world: World, kind: str, *, after: bool) -> None:
    """It is looked for and never sent again; what was not made fails, and the next try makes it."""
    report = world.stale(DAILY, WEEKLY)
    beginning = world.shape()
    world.apply(world.units())
    world.sandbox.fault(kind, method="POST", after=after, status=500 if kind == "status" else None)
    outcome = world.restore()
    if after:
        assert outcome.failed == {}
        assert len(outcome.schedules_created) == 2
        assert world.shape() == beginning
    else:
        assert list(outcome.failed) == [report.token]
        assert not outcome.permanent
        assert len([each for each in world.asked() if each.startswith("POST")]) == 1
    assert len(world.restore().schedules_created) == 2
    assert world.shape() == beginning


def test_alike_schedules_and_a_lost_reply(world: World) -> None:
    """Of two alike the first is there: a lost creation of the second is told from it."""
    world.stale(DAILY, DAILY)
    beginning = world.shape()
    world.apply(world.units())
    world.sandbox.fault("drop", method="POST", after=True, skip=1)
    assert world.restore().failed == {}
    assert world.shape() == beginning


@pytest.mark.parametrize("after", [True, False])
def test_an_unarchiving_whose_reply_was_lost(world: World, *, after: bool) -> None:
    """When patience ends, a look tells what became of it."""
    report = world.stale()
    world.apply(world.units())
    world.sandbox.fault("drop", method="PATCH", after=after, count=None)
    outcome = world.restore()
    assert outcome.unarchived == ((report.token,) if after else ())
    assert list(outcome.failed) == ([] if after else [report.token])
    world.sandbox.clear_faults()
    assert world.restore().unarchived == (report.token,)


def test_unfinished_restores_are_finished(world: World) -> None:
    """A retry looks first for what a killed attempt may have made, and then makes what is missing."""
    report = world.stale(DAILY, WEEKLY)
    beginning = world.shape()
    world.apply(world.units())
    definitions = [entry.before.definition for entry in world.entries() if entry.kind == DELETE_SCHEDULE]
    journal = world.journal(world.root / "back")
    journal.before(UNARCHIVE_REPORT, report.token)
    for definition in definitions:
        journal.before(CREATE_SCHEDULE, report.token, definition=body_of(definition or {}), had=0)
    journal.before(CREATE_SCHEDULE, report.token, definition={}, had=0)
    journal.close()
    world.sandbox.unarchive(report)
    made = world.client().create_schedule(report.token, body_of(definitions[0] or {}) or {})
    outcome = world.restore()
    assert outcome.unarchived == (report.token,)
    assert made.token in outcome.schedules_created
    assert len(outcome.schedules_created) == 2
    assert world.shape() == beginning
    assert not [entry for entry in world.entries() if entry.open]


@pytest.mark.parametrize("status", [403, 422])
@pytest.mark.parametrize(("method", "path"), [("PATCH", "*"), ("POST", "*"), ("GET", "*")])
def test_a_refusal_fails_one_report(world: World, method: str, path: str, status: int) -> None:
    """The others go on, and no retry is needed."""
    report, other = world.stale(DAILY), world.stale()
    world.apply(world.units())
    world.sandbox.fault("status", method=method, path=f"*/{report.token}{path}", status=status, count=None)
    outcome = world.restore()
    assert list(outcome.failed) == [report.token]
    assert outcome.permanent
    assert other.token in outcome.unarchived


def test_a_key_that_is_refused_ends_it(world: World) -> None:
    """401 concerns every report."""
    for _ in range(4):
        world.stale(DAILY)
    world.apply(world.units())
    world.sandbox.fault("status", method="POST", status=401, count=None)
    outcome = world.restore()
    assert isinstance(outcome.fatal, AuthenticationError)
    assert outcome.left == 4
    world.sandbox.clear_faults()
    journal = world.journal(world.root / "back")
    journal.before(UNARCHIVE_REPORT, world.stale().token)
    journal.close()
    world.sandbox.fault("status", status=401, count=None)
    assert world.restore().left == 4


def test_it_stops_between_two_changes(world: World) -> None:
    """Asked to stop, it ends after the change at hand; a retry does the rest."""
    for _ in range(3):
        world.stale(DAILY, WEEKLY)
    beginning = world.shape()
    world.apply(world.units())
    seen: list[Progress] = []
    for at in range(1, 9):
        outcome = world.restore(stop=counter(at))
        assert outcome.failed == {}
    assert world.restore(watch=seen.append).left == 0
    assert seen[-1] == Progress("reports brought back", 3, 3)
    assert world.shape() == beginning
    assert len(world.changes("create_schedule")) == 6


def test_storage_that_fails(world: World) -> None:
    """Nothing is created whose line is not safely written."""
    world.stale(DAILY)
    world.apply(world.units())
    store = Store()

    def fail(what: str, key: str) -> None:
        if what == "write" or (what == "list" and "late" in key and world.changes("unarchive")):
            raise StoreError("no space left")

    store.fail = fail
    for name in ("early", "late"):
        journal = world.journal(store.path(f"bucket/{name}"))
        outcome = restore(world.entries(world.root / "task"), world.client(), journal)
        assert isinstance(outcome.fatal, StorageError)
        assert not world.changes("create_schedule")


def test_a_result_lists_what_came_back(world: World) -> None:
    """The result is what the operator returns."""
    report = world.stale()
    world.apply(world.units())
    assert world.restore().result(journal="file:///journals/journal.jsonl") == {
        "unarchived": [report.token],
        "schedules_created": [],
        "impossible": {},
        "failed": {},
        "journal": "file:///journals/journal.jsonl",
    }


def test_a_journal_that_cannot_be_read_back(world: World) -> None:
    """The outcome tells of this attempt, and of the failure."""
    report = world.stale()
    world.apply(world.units())
    store = Store()

    def fail(what: str, key: str) -> None:
        if what == "list" and world.changes("unarchive"):
            raise StoreError("endpoint cannot be reached")

    store.fail = fail
    journal = world.journal(store.path("bucket/back"))
    outcome = restore(world.entries(world.root / "task"), world.client(), journal)
    assert isinstance(outcome.fatal, StorageError)
    assert outcome.unarchived == (report.token,)


def test_a_lame_definition_is_counted(world: World) -> None:
    """A schedule whose times were never known cannot be made again."""
    report = world.stale()
    journal = world.journal()
    for schedule in ("bbbbbbbbbbb1", "bbbbbbbbbbb1"):
        n = journal.before(
            DELETE_SCHEDULE, report.token, schedule=schedule, definition={"as_read": {"hour": "8 pm"}}
        )
        journal.after(n, ok=True)
    journal.after(journal.before("move_report", report.token), ok=True)
    journal.after(journal.before(ARCHIVE_REPORT, report.token), ok=False, error="refused")
    journal.after(journal.before(CREATE_SCHEDULE, report.token, definition=SAVED), ok=True)
    journal.close()
    outcome = world.restore()
    assert outcome.impossible == {"unknown_definition": 1}
    assert outcome.schedules_created == ()


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"name": "Else"}, True),
        ({"cron": DAILY | {"minute": 0}}, False),
        ({"cron": DAILY | {"time_zone": "Paris"}}, False),
        ({"cron": WEEKLY}, False),
        ({"params": {}}, False),
        ({"timeout": 60}, False),
    ],
)
def test_what_makes_schedules_alike(other: dict[str, Any], same: bool) -> None:
    """Frequency, time, zone, day, parameters and timeout do; names do not."""
    assert alike(SAVED, SAVED | other) is same


def test_what_was_never_known_matches_anything() -> None:
    """Mode fills in a timeout and a zone that the saved definition had not."""
    hourly = {"freq": "hourly", "minute": 5}
    assert alike({"cron": hourly}, {"cron": hourly | {"time_zone": "UTC"}, "params": {}, "timeout": 60})
    assert alike({"cron": WEEKLY}, {"cron": WEEKLY | {"day_of_week": [1]}})
    assert not alike({"cron": WEEKLY}, {"cron": WEEKLY | {"day_of_week": [1, 2]}})
    assert body_of({"cron": "daily"}) is None


def test_each_schedule_stands_for_one() -> None:
    """As many are missing as are not there; one that cannot be read may be any of them."""
    other = SAVED | {"cron": WEEKLY}
    assert missing([SAVED, SAVED], [read("a")]) == [SAVED]
    assert missing([SAVED, other], [read("a")]) == [other]
    assert missing([SAVED, SAVED], [read("a"), read("b"), read("c")]) == []
    assert missing([SAVED, SAVED], [read("a", frequency="sometimes")]) == [SAVED]
    assert like(SAVED, [read("a"), read("b", timeout=60), read("c", frequency="sometimes")]) == ["a"]
