from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.client.errors import AuthenticationError
from airflow_provider_mode.governance.apply.apply import apply
from airflow_provider_mode.governance.apply.memory import remember
from airflow_provider_mode.governance.apply.saving import unmasked
from airflow_provider_mode.governance.apply.units import (
    units_of_reports,
    units_to_archive,
    units_to_unschedule,
)
from airflow_provider_mode.governance.errors import ApiReadsCountAsViews, SettingError, StorageError
from airflow_provider_mode.governance.journal.lines import ARCHIVE_REPORT, DELETE_SCHEDULE
from airflow_provider_mode.governance.ports import Progress
from tests.governance.memory_store import Store, StoreError, well
from tests.governance.world import DAILY, POLICY, WEEKLY, World, counter

MAILED = ("growth-lead@example.com", "sales-lead@example.com")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A workspace and a folder."""
    with World(tmp_path) as made:
        yield made


def test_schedules_are_deleted_and_the_report_archived(world: World) -> None:
    """The plain case: everything that the plan says, and nothing else."""
    first, second = world.stale(DAILY, WEEKLY), world.stale()
    live = world.stale(DAILY, view_count=99)
    schedules = sorted(first.schedules)
    outcome = world.apply(world.units())
    assert outcome.archived == tuple(sorted([first.token, second.token]))
    assert list(outcome.schedules_deleted) == schedules
    assert (outcome.skipped, outcome.failed, outcome.fatal, outcome.left) == ({}, {}, None, 0)
    assert outcome.permanent
    assert not live.archived
    assert len(live.schedules) == 1


def test_what_a_change_costs(world: World) -> None:
    """Two requests a report, one a deletion, three for what is saved of a schedule with subscribers."""
    world.stale()
    world.stale(DAILY, WEEKLY)
    world.stale(DAILY, subscribers=MAILED)
    units = world.units()
    world.sandbox.clear_requests()
    world.apply(units)
    asked = world.asked()
    assert len(asked) == 2 + (2 + 2) + (2 + 1 + 3)
    assert not [each for each in asked if each.endswith("/schedules?page=1")]
    world.sandbox.clear_requests()
    again = world.apply(units)
    assert len(again.archived) == 3
    assert world.asked() == []


def test_subscriptions_are_saved_with_their_members(world: World) -> None:
    """The line before holds who was sent the schedule, under names that Airflow does not mask."""
    world.stale(DAILY, subscribers=MAILED)
    world.apply(world.units())
    (entry,) = [entry for entry in world.entries() if entry.kind == DELETE_SCHEDULE]
    (saved,) = entry.before.subscriptions or []
    assert [member["email"] for member in saved["members"]] == list(MAILED)
    assert {member["kind"] for member in saved["members"]} == {"email"}
    text = (world.root / "task" / "journal.jsonl").read_text().lower()
    for word in ('token"', 'secret"', 'proxy"'):
        assert word not in text


@pytest.mark.parametrize(
    ("path", "status", "saved"), [("*/subscriptions", 404, []), ("*_memberships", 403, [False, False])]
)
def test_what_mode_refuses_to_tell_is_not_saved(
    world: World, path: str, status: int, saved: list[bool]
) -> None:
    """As far as Mode tells: a refusal is its answer, and does not stop the change."""
    world.stale(DAILY, subscribers=MAILED)
    units = world.units()
    world.sandbox.fault("status", path=path, status=status, count=None)
    assert len(world.apply(units).schedules_deleted) == 1
    (entry,) = [entry for entry in world.entries() if entry.kind == DELETE_SCHEDULE]
    assert ["members" in each for each in entry.before.subscriptions or []] == saved[:1]


def test_a_schedule_whose_subscriptions_cannot_be_read_waits(world: World) -> None:
    """An error that may pass is no answer: nothing is deleted that was not saved, the others go on."""
    report = world.stale(DAILY, WEEKLY, subscribers=MAILED)
    other = world.stale()
    first = next(iter(report.schedules))
    units = world.units()
    world.sandbox.fault("status", path=f"*/{first}/subscriptions", status=503, count=None)
    outcome = world.apply(units)
    assert list(outcome.failed) == [report.token]
    assert not outcome.permanent
    assert outcome.archived == (other.token,)
    assert list(report.schedules) == [first]
    world.sandbox.clear_faults()
    again = world.apply(units)
    assert again.failed == {}
    assert len(again.archived) == 2


def change(world: World, report: Any, how: str) -> None:
    """Something happens to a report between the plan and the change."""
    happenings: dict[str, Callable[[], object]] = {
        "archived": lambda: world.sandbox.archive(report),
        "gone": lambda: world.sandbox.delete(report),
        "edited": lambda: world.sandbox.edit(report, name="Revenue"),
        "viewed": lambda: world.sandbox.view(report),
        "new_schedule": lambda: world.sandbox.add_schedule(report, cron=WEEKLY),
        "exempt_public": lambda: world.sandbox.set_record(report, public=True),
        "exempt_description": lambda: world.sandbox.set_record(report, description="#keep"),
        "exempt_personal": lambda: world.sandbox.move(
            report, world.sandbox.add_collection("Own", space_type="private")
        ),
    }
    happenings[how]()


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize(
    "reason",
    [
        "archived",
        "gone",
        "edited",
        "viewed",
        "new_schedule",
        "exempt_public",
        "exempt_description",
        "exempt_personal",
    ],
)
def test_what_came_back_to_life_is_skipped(world: World, reason: str, *, counted: bool) -> None:
    """Each with its reason, and with nothing of it touched; the other report is done."""
    if not counted:
        world.sandbox.switch(schedules_count="absent")
    report, other = world.stale(DAILY), world.stale(DAILY)
    units = world.units()
    world.sandbox.advance("1h")
    change(world, report, reason)
    before = world.shape().get(report.token)
    outcome = world.apply(units)
    assert outcome.skipped == {reason: 1}
    assert outcome.archived == (other.token,)
    assert outcome.failed == {}
    assert world.shape().get(report.token) == before


def test_a_schedule_that_became_read_in_the_mail(world: World) -> None:
    """Where the list has to be read again, its subscribers count."""
    world.sandbox.switch(schedules_count="absent")
    report = world.stale(DAILY)
    units = world.units(POLICY | {"exempt_subscribed": True})
    world.sandbox.add_schedule(report, cron=WEEKLY, subscribers=list(MAILED))
    world.sandbox.delete_schedule(next(iter(report.schedules)))
    assert world.apply(units).skipped == {"new_schedule": 1}
    again = world.units(POLICY)
    policy = units[0].policy
    mailed = [replace(unit, policy=policy) for unit in again]
    assert world.apply(mailed).skipped == {"subscribed": 1}


def test_a_moved_report_is_judged_in_its_new_place(world: World) -> None:
    """Collections are listed once, however many reports were moved."""
    reports = [world.stale() for _ in range(3)]
    units = world.units()
    place = world.sandbox.add_collection("Sales")
    for report in reports:
        world.sandbox.move(report, place)
    world.sandbox.clear_requests()
    outcome = world.apply(units)
    assert len(outcome.archived) == 3
    assert len([each for each in world.asked() if "/spaces?" in each]) == 1


@pytest.mark.parametrize(("by", "reason"), [("person", "run_by_hand"), ("schedule", None)])
def test_only_a_persons_run_spares(world: World, by: str, reason: str | None) -> None:
    """A nightly schedule's run is no use, and is told from a person's by the runs."""
    policy = {"not_run_by_hand_for": "90d", "exempt_subscribed": False}
    report = world.stale(DAILY)
    units = world.units(policy)
    assert len(units) == 1
    world.sandbox.advance("2d")
    if by == "person":
        world.sandbox.run(report)
        world.sandbox.advance("2d")
    outcome = world.apply(units)
    assert outcome.skipped == ({reason: 1} if reason else {})
    assert report.archived is (reason is None)


def test_the_run_that_the_plan_knew_is_no_new_one(world: World) -> None:
    """A person's run that the plan had weighed already does not spare a report when its schedule runs."""
    policy = {"not_run_by_hand_for": "90d", "exempt_subscribed": False}
    report = world.stale(DAILY)
    (unit,) = world.units(policy)
    known = world.sandbox.run(report).created_at
    world.sandbox.advance("2d")
    outcome = world.apply([replace(unit, evidence=unit.evidence.but(last_run_at=known))])
    assert (outcome.skipped, report.archived) == ({}, True)


def test_a_schedule_that_is_gone_is_not_ours(world: World) -> None:
    """Somebody else deleted it: it is in nobody's account, and the report goes on to be archived."""
    report = world.stale(DAILY, WEEKLY)
    units = world.units()
    first, second = report.schedules
    world.sandbox.delete_schedule(first)
    outcome = world.apply(units)
    assert outcome.archived == (report.token,)
    assert outcome.schedules_deleted == (second,)


class Meddler:
    """A client during whose calls something happens."""

    def __init__(self, client: Any, **happenings: Callable[[], object]) -> None:
        self._client = client
        self._happenings = happenings

    def __getattr__(self, name: str) -> Any:
        held = getattr(self._client, name)
        happening = self._happenings.get(name)
        if happening is None:
            return held

        def meddled(*args: Any, **kwargs: Any) -> Any:
            happening()
            return held(*args, **kwargs)

        return meddled


def test_gone_at_any_moment_is_skipped(world: World) -> None:
    """Deleted between the read and the change, a report is gone, and no failure."""
    report = world.stale(DAILY)
    units = world.units()
    client = Meddler(world.client(), delete_schedule=lambda: world.sandbox.delete(report))
    outcome = world.apply(units, client=client)
    assert (outcome.skipped, outcome.failed, outcome.archived) == ({"gone": 1}, {}, ())
    assert not [entry for entry in world.entries() if entry.open or entry.done]


def test_gone_at_the_last_moment_is_skipped(world: World) -> None:
    """Deleted right before it is archived, a report is gone, and its line says that nothing was made."""
    report = world.stale()
    units = world.units()
    client = Meddler(world.client(), archive=lambda: world.sandbox.delete(report))
    outcome = world.apply(units, client=client)
    assert (outcome.skipped, outcome.failed, outcome.archived) == ({"gone": 1}, {}, ())
    assert not [entry for entry in world.entries() if entry.open or entry.done]


def test_a_schedule_deleted_at_the_same_moment(world: World) -> None:
    """A clear 404 says that somebody else was faster: it is not ours to restore."""
    report = world.stale(DAILY)
    (schedule,) = report.schedules
    units = units_to_unschedule([world.plan()])
    client = Meddler(world.client(), delete_schedule=lambda: world.sandbox.delete_schedule(schedule))
    outcome = world.apply(units, client=client)
    assert outcome.skipped == {"gone": 1}
    assert outcome.schedules_deleted == ()


def test_a_schedule_that_was_replaced_spares_the_report(world: World) -> None:
    """The count is as planned, but one is gone: the list is read again, and holds a new one."""
    report = world.stale(DAILY)
    units = world.units()
    world.sandbox.delete_schedule(next(iter(report.schedules)))
    world.sandbox.add_schedule(report, cron=WEEKLY)
    outcome = world.apply(units)
    assert (outcome.skipped, outcome.archived, outcome.failed) == ({"new_schedule": 1}, (), {})
    assert len(report.schedules) == 1


def test_a_schedule_that_vanished_does_not_keep_the_report(world: World) -> None:
    """Deleted by somebody else at the same moment, and none in its place: the report is archived."""
    report = world.stale(DAILY)
    (schedule,) = report.schedules
    units = world.units()
    client = Meddler(world.client(), delete_schedule=lambda: world.sandbox.delete_schedule(schedule))
    assert world.apply(units, client=client).archived == (report.token,)


def test_a_schedule_made_at_the_last_moment_is_said(world: World) -> None:
    """Archived all the same, and a failure that no retry mends; a later attempt still says so."""
    report = world.stale(DAILY)
    units = world.units()
    client = Meddler(world.client(), archive=lambda: world.sandbox.add_schedule(report, cron=WEEKLY))
    for _ in range(2):
        outcome = world.apply(units, client=client)
        assert outcome.archived == (report.token,)
        assert "it has 1 schedule(s) still" in outcome.failed[report.token]
        assert outcome.permanent


def test_schedules_may_be_left(world: World) -> None:
    """With `delete_schedules=False` only the report is archived; a new schedule still spares it."""
    report, other = world.stale(DAILY), world.stale(DAILY)
    units = units_to_archive([world.plan()], delete_schedules=False)
    world.sandbox.add_schedule(other, cron=WEEKLY)
    outcome = world.apply(units)
    assert outcome.archived == (report.token,)
    assert outcome.skipped == {"new_schedule": 1}
    assert outcome.failed == {}
    assert len(report.schedules) == 1


@pytest.mark.parametrize("counted", [True, False])
def test_a_plan_that_lacks_a_schedule(world: World, *, counted: bool) -> None:
    """A plan of archivings alone holds no schedules: a report that has some is skipped."""
    if not counted:
        world.sandbox.switch(schedules_count="absent")
    scheduled, plain = world.stale(DAILY), world.stale()
    units = units_to_archive([world.plan(kinds=("archive_report",))])
    outcome = world.apply(units)
    assert outcome.skipped == {"new_schedule": 1}
    assert outcome.archived == (plain.token,)
    assert len(scheduled.schedules) == 1


def test_a_schedule_that_cannot_be_made_again_is_kept(world: World) -> None:
    """What could not be restored is not deleted."""
    report = world.stale(DAILY)
    units = world.units()
    lame = {schedule: {"as_read": each["as_read"]} for schedule, each in units[0].schedules.items()}
    outcome = world.apply([replace(units[0], schedules=lame)])
    assert outcome.skipped == {"unknown_definition": 1}
    assert len(report.schedules) == 1


def test_a_list_read_again_mends_a_definition(world: World) -> None:
    """The newer definition is saved; a half-known one does not replace what the plan knew."""
    world.sandbox.switch(schedules_count="absent")
    report = world.stale(DAILY)
    units = world.units()
    world.sandbox.switch(cron_numbers="absent", schedule_forms="absent")
    (schedule,) = report.schedules.values()
    schedule.cron = type(schedule.cron)(frequency="weekly", weekdays=(2,), hour=4, minute=0)
    world.apply(units)
    (entry,) = [entry for entry in world.entries() if entry.kind == DELETE_SCHEDULE]
    assert (entry.before.definition or {})["cron"]["freq"] in {"weekly", "daily"}


@pytest.mark.parametrize("what", ["archive", "delete"])
@pytest.mark.parametrize(
    ("kind", "after"),
    [("truncated", True), *((kind, after) for kind in ("drop", "html", "status") for after in (True, False))],
)
def test_each_fault_once(world: World, kind: str, what: str, *, after: bool) -> None:
    """Done or not done when the reply was lost: the change is made once, and counts as done."""
    report, other = world.stale(DAILY), world.stale()
    units = world.units()
    method, path = {"archive": ("PATCH", "*/archive"), "delete": ("DELETE", "*/schedules/*")}[what]
    world.sandbox.fault(
        kind, method=method, path=path, after=after, status=None if kind == "truncated" else 500
    )
    outcome = world.apply(units)
    assert outcome.archived == tuple(sorted([report.token, other.token]))
    assert len(outcome.schedules_deleted) == 1
    assert outcome.failed == {}
    assert not report.schedules


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("what", ["archive", "delete"])
def test_a_fault_that_lasts(world: World, what: str, *, after: bool) -> None:
    """When patience ends, a look tells what became of the change; a retry ends it."""
    report, other = world.stale(DAILY), world.stale(DAILY)
    units = world.units()
    method, path = {
        "archive": ("PATCH", f"*/{report.token}/archive"),
        "delete": ("DELETE", f"*/{report.token}/schedules/*"),
    }[what]
    world.sandbox.fault("drop", method=method, path=path, after=after, count=None)
    outcome = world.apply(units)
    assert other.archived
    if after:
        assert outcome.failed == {}
    else:
        assert list(outcome.failed) == [report.token]
        assert not outcome.permanent
        assert outcome.archived == (other.token,)
    world.sandbox.clear_faults()
    again = world.apply(units)
    assert again.archived == tuple(sorted([report.token, other.token]))
    assert len(again.schedules_deleted) == 2
    assert again.failed == {}
    done = [entry.key for entry in world.entries() if entry.done]
    assert len(done) == len(set(done)) == 4


@pytest.mark.parametrize("what", ["archive", "delete"])
def test_nobody_can_tell(world: World, what: str) -> None:
    """When even the look fails, no second line is written: the next attempt finds out first."""
    report = world.stale(DAILY)
    units = world.units()
    if what == "archive":
        world.sandbox.fault("drop", method="PATCH", after=True, count=None)
        world.sandbox.fault("status", method="GET", status=503, count=None, skip=1)
    else:
        world.sandbox.fault("drop", method="DELETE", after=True, count=None)
        world.sandbox.fault("status", method="GET", path="*/schedules", status=503, count=None)
    outcome = world.apply(units)
    assert list(outcome.failed) == [report.token]
    assert len([entry for entry in world.entries() if entry.open]) == 1
    world.sandbox.clear_faults()
    again = world.apply(units)
    assert again.archived == (report.token,)
    assert len(again.schedules_deleted) == 1
    assert not [entry for entry in world.entries() if entry.open]
    assert len(world.changes("delete_schedule")) == 1


@pytest.mark.parametrize("status", [403, 400, 422])
@pytest.mark.parametrize("what", ["archive", "delete", "read"])
def test_a_refusal_fails_one_report(world: World, what: str, status: int) -> None:
    """The others go on, and the task need not be tried again."""
    report, other = world.stale(DAILY), world.stale()
    units = world.units()
    method, path = {
        "archive": ("PATCH", f"*/{report.token}/archive"),
        "delete": ("DELETE", f"*/{report.token}/*"),
        "read": ("GET", f"*/{report.token}"),
    }[what]
    world.sandbox.fault("status", method=method, path=path, status=status, count=None)
    outcome = world.apply(units)
    assert outcome.archived == (other.token,)
    assert f"{method} /api/acme/reports/{report.token}" in outcome.failed[report.token]
    assert outcome.permanent
    assert not report.archived


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "*"), ("PATCH", "*"), ("DELETE", "*"), ("GET", "*/subscriptions"), ("GET", "*memberships")],
)
def test_a_key_that_is_refused_ends_it(world: World, method: str, path: str) -> None:
    """401 concerns every report: nothing further is tried."""
    for _ in range(5):
        world.stale(DAILY, subscribers=MAILED)
    units = world.units()
    world.sandbox.fault("status", method=method, path=path, status=401, count=None)
    world.sandbox.clear_requests()
    outcome = world.apply(units)
    assert isinstance(outcome.fatal, AuthenticationError)
    assert outcome.left == 5
    assert len([each for each in world.asked() if each.startswith(method)]) <= 4
    assert not world.changes("archive")


def test_a_key_refused_in_a_look_ends_it(world: World) -> None:
    """Where the look after a lost reply meets a 401, no second line is written."""
    for _ in range(3):
        world.stale()
    units = world.units()
    world.sandbox.fault("drop", method="PATCH", count=None)
    world.sandbox.fault("status", method="GET", status=401, skip=1, count=None)
    outcome = world.apply(units)
    assert isinstance(outcome.fatal, AuthenticationError)


def test_storage_that_fails_ends_it(world: World) -> None:
    """Nothing is deleted whose line is not safely written; what was done before stands."""
    reports = [world.stale(DAILY) for _ in range(4)]
    units = world.units()
    store = Store()

    def fail(what: str, key: str) -> None:
        if what == "write" and len(store.objects) >= 6:
            raise StoreError("no space left")

    store.fail = fail
    folder = store.path("bucket/task")
    outcome = world.apply(units, folder=folder, root=store.path("bucket"))
    assert isinstance(outcome.fatal, StorageError)
    assert sum(report.archived for report in reports) == 1
    assert sum(not report.schedules for report in reports) == 2
    assert outcome.left == 3
    store.fail = well
    again = world.apply(units, folder=folder, root=store.path("bucket"))
    assert len(again.archived) == len(again.schedules_deleted) == 4
    assert len(world.changes("delete_schedule")) == 4


def test_storage_that_fails_at_the_end(world: World) -> None:
    """When the journal cannot be read back, the outcome tells of this attempt, and of the failure."""
    report = world.stale(DAILY)
    units = world.units()
    store = Store()
    reads: list[str] = []

    def fail(what: str, key: str) -> None:
        reads.append(what)
        if what == "list" and world.changes("archive"):
            raise StoreError("endpoint cannot be reached")

    store.fail = fail
    outcome = world.apply(units, folder=store.path("bucket/task"), root=store.path("bucket"))
    assert isinstance(outcome.fatal, StorageError)
    assert outcome.archived == (report.token,)
    assert len(outcome.schedules_deleted) == 1
    assert "list" in reads


def test_it_stops_between_two_changes(world: World) -> None:
    """Asked to stop, it ends after the change at hand; a retry does the rest."""
    reports = [world.stale(DAILY, WEEKLY) for _ in range(3)]
    units = world.units()
    for at in range(1, 12):
        outcome = world.apply(units, stop=counter(at))
        assert outcome.failed == {}
        assert not [entry for entry in world.entries() if entry.open]
        if outcome.left == 0:
            break
    assert world.apply(units).left == 0
    assert all(report.archived and not report.schedules for report in reports)
    assert len(world.changes("archive")) == 3
    assert len(world.changes("delete_schedule")) == 6


def test_progress_is_told(world: World) -> None:
    """One step a report, with the total."""
    for _ in range(3):
        world.stale()
    seen: list[Progress] = []
    world.apply(world.units(), watch=seen.append)
    assert seen == [Progress("reports changed or skipped", number, 3) for number in (1, 2, 3)]


@pytest.mark.parametrize("how", ["single", "all"])
def test_reads_that_count_as_views_are_noticed(
    world: World, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    """If each of the first 20 reads raised the count, it is the reading: nothing is changed."""
    for _ in range(25):
        world.stale()
    world.sandbox.switch(reads_as_views=how)
    units = world.units()
    if how == "single":
        world.apply(units[:19])
    outcome = world.apply(units)
    assert isinstance(outcome.fatal, ApiReadsCountAsViews)
    assert not world.changes("archive")
    assert "If that goes on, Mode counts API reads as views" in caplog.text


def test_views_of_some_are_no_alarm(world: World) -> None:
    """Nineteen viewed reports and one that was not are nineteen viewed reports."""
    reports = [world.stale() for _ in range(30)]
    units = world.units()
    spare = [*reports[:3], world.sandbox.report(units[10].report)]
    for report in reports:
        if report not in spare:
            world.sandbox.view(report)
    outcome = world.apply(units)
    assert outcome.fatal is None
    assert outcome.skipped["viewed"] == 30 - len({each.token for each in spare})


def test_two_runs_at_once(world: World) -> None:
    """On one plan and one workspace, two processes' runs end right, and no change is made twice."""
    for number in range(12):
        world.stale(*([DAILY, WEEKLY][: number % 3]))
    units = world.units()
    outcomes: list[Any] = []

    def run(name: str) -> None:
        journal = world.journal(world.root / name)
        outcomes.append(apply(units, world.client(concurrency=3), journal, clock=world.now))
        journal.close()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(outcome.failed == {} and outcome.fatal is None for outcome in outcomes)
    assert all(
        report.archived and not report.schedules
        for report in map(world.sandbox.report, [u.report for u in units])
    )
    assert len(world.changes("archive")) == 12
    assert len(world.changes("delete_schedule")) == 12
    done = [entry.key for entry in world.entries() if entry.done]
    assert len(done) == len(set(done)) == 24


def test_only_schedules_of_a_plan(world: World) -> None:
    """Exactly the plan's schedules are deleted; the reports stay."""
    report, other = world.stale(DAILY, WEEKLY), world.stale()
    live = world.stale(DAILY, view_count=99)
    plan = world.plan()
    outcome = world.apply(units_to_unschedule([plan]))
    assert len(outcome.schedules_deleted) == 2
    assert outcome.archived == ()
    assert not report.archived
    assert not other.archived
    assert len(live.schedules) == 1
    world.sandbox.clear_requests()
    again = world.apply(units_to_unschedule([plan]))
    assert again.schedules_deleted == outcome.schedules_deleted
    assert world.asked() == []


def test_every_schedule_of_named_reports(world: World) -> None:
    """No policy: live or archived, used or not, their schedules go."""
    live, archived = world.stale(DAILY, WEEKLY, view_count=99), world.stale(DAILY, archived=True)
    bare = world.stale()
    names = [live.token, archived.token, bare.token, live.token]
    client = world.client()
    units = units_of_reports(client, names, world.now())
    assert [unit.evidence.url for unit in units] == [client.report_url(name) for name in names[:3]]
    assert {unit.evidence.as_of for unit in units} == {world.now()}
    outcome = world.apply(units)
    assert len(outcome.schedules_deleted) == 3
    assert not live.archived
    assert outcome.skipped == {}


def test_an_unknown_named_report_fails_before_any_change(world: World) -> None:
    """A typo must not become a half-done job."""
    report = world.stale(DAILY)
    names = [report.token, *(f"nosuchrepo{number:02}" for number in range(12))]
    with pytest.raises(
        SettingError, match=r"reports: Mode knows no report nosuchrepo00, .* and 2 more: nothing"
    ):
        units_of_reports(world.client(), names, world.now())
    with pytest.raises(SettingError, match=r"nosuchrepo08, nosuchrepo09: nothing was changed"):
        units_of_reports(world.client(), names[:11], world.now())
    with pytest.raises(SettingError, match="Mode knows no report nosuchrepo00: nothing was changed"):
        units_of_reports(world.client(), names[:2], world.now())
    assert len(report.schedules) == 1


def test_of_several_plans_the_latest_counts(world: World) -> None:
    """A report in two plans is one unit, with the evidence and schedules of the later plan."""
    report = world.stale(DAILY)
    first = world.plan()
    world.sandbox.advance("1h")
    world.sandbox.add_schedule(report, cron=WEEKLY)
    other = world.stale()
    second = world.plan()
    world.sandbox.advance("1h")
    third = world.plan(kinds=("delete_schedule",))
    units = units_to_archive([third, second, first])
    assert [unit.report for unit in units] == [report.token, other.token]
    assert len(units[0].schedules) == 2
    assert len(world.apply(units).archived) == 2


def test_what_we_restored_is_kept(world: World) -> None:
    """A report that a journal says we archived, and that is live again, is not archived again."""
    report = world.stale()
    plan = world.plan()
    world.apply(units_to_archive([plan]))
    world.sandbox.unarchive(report)
    memory = remember(world.entries(), list, timedelta(days=90), world.now())
    outcome = world.apply(units_to_archive([plan]), folder=world.root / "later", memory=memory)
    assert outcome.skipped == {"restored": 1}
    assert not report.archived


def test_an_attempt_thought_failed_was_ours(world: World) -> None:
    """A change found undone by a look, that landed after all, counts as done when it is met."""
    report, bare = world.stale(DAILY, WEEKLY), world.stale()
    first, second = report.schedules
    units = world.units()
    journal = world.journal()
    for n in (
        journal.before(
            DELETE_SCHEDULE, report.token, schedule=first, definition={"cron": {"freq": "hourly"}}
        ),
        journal.before(ARCHIVE_REPORT, bare.token),
    ):
        journal.after(n, ok=False, error="not made", looked=True)
    journal.close()
    world.sandbox.delete_schedule(first)
    world.sandbox.archive(bare)
    outcome = world.apply(units)
    assert outcome.archived == tuple(sorted([report.token, bare.token]))
    assert outcome.schedules_deleted == tuple(sorted([first, second]))
    assert outcome.skipped == {}


def test_a_schedule_thought_kept_was_deleted_by_us(world: World) -> None:
    """The same where only the deletion itself meets it."""
    report = world.stale(DAILY)
    (schedule,) = report.schedules
    units = world.units()
    journal = world.journal()
    n = journal.before(DELETE_SCHEDULE, report.token, schedule=schedule, definition={})
    journal.after(n, ok=False, error="not made", looked=True)
    journal.close()
    client = Meddler(world.client(), delete_schedule=lambda: world.sandbox.delete_schedule(schedule))
    outcome = world.apply(units, client=client)
    assert outcome.schedules_deleted == (schedule,)
    assert outcome.archived == (report.token,)


def test_unfinished_journals_of_others_are_finished(world: World) -> None:
    """Another run's lines are completed first, whatever this run is about."""
    done, undone = world.stale(DAILY), world.stale(DAILY)
    journal = world.journal(world.root / "killed")
    for report in (done, undone):
        (schedule,) = report.schedules
        journal.before(DELETE_SCHEDULE, report.token, schedule=schedule, definition={})
        journal.before(ARCHIVE_REPORT, report.token)
    journal.close()
    world.sandbox.archive(done)
    world.sandbox.delete_schedule(next(iter(done.schedules)))
    world.apply([])
    entries = world.entries(world.root / "killed")
    assert [(entry.report, entry.done) for entry in entries] == [
        (done.token, True),
        (done.token, True),
        (undone.token, False),
        (undone.token, False),
    ]
    assert all(entry.doubtful for entry in entries if not entry.done)


def test_a_key_refused_while_finishing_ends_it(world: World) -> None:
    """Nothing is begun when the first read already meets a 401."""
    report = world.stale()
    units = world.units()
    journal = world.journal()
    journal.before(ARCHIVE_REPORT, report.token)
    journal.close()
    world.sandbox.fault("status", status=401, count=None)
    outcome = world.apply(units)
    assert isinstance(outcome.fatal, AuthenticationError)
    assert outcome.left == 1


def test_named_reports_are_listed_again_where_they_changed(world: World) -> None:
    """A schedule that somebody deleted meanwhile is no failure; one that somebody made spares the report."""
    fewer, more = world.stale(DAILY, WEEKLY), world.stale(DAILY)
    units = units_of_reports(world.client(), [fewer.token, more.token], world.now())
    first, second = fewer.schedules
    world.sandbox.delete_schedule(first)
    world.sandbox.add_schedule(more, cron=WEEKLY)
    outcome = world.apply(units)
    assert outcome.schedules_deleted == (second,)
    assert outcome.skipped == {"new_schedule": 1}


def test_gone_while_looking(world: World) -> None:
    """A report deleted while nobody knew how its change ended: the change was not made, and that is known."""
    report = world.stale()
    units = world.units()
    world.sandbox.fault("drop", method="PATCH", count=None)
    client = Meddler(world.client(), archive=lambda: world.sandbox.delete(report))
    outcome = world.apply(units, client=client)
    assert list(outcome.failed) == [report.token]
    assert not [entry for entry in world.entries() if entry.open]


def test_saved_subscriptions_bear_no_masked_names() -> None:
    """Links and forms go, and keys that Airflow would mask get other names, however deep."""
    raw = {"api_token": 1, "Secret": [{"proxy_url": 2, "_links": {}}], "_forms": {}, "name": "token"}
    assert unmasked(raw) == {"api_ref": 1, "hidden": [{"via_url": 2}], "name": "token"}
