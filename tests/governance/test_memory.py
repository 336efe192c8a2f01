from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from airflow_provider_mode.governance.apply.memory import Memory, long_planned, plans_in, remember
from airflow_provider_mode.governance.apply.units import units_to_archive
from airflow_provider_mode.governance.journal.lines import ARCHIVE_REPORT, UNARCHIVE_REPORT
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.storage import write_atomic
from tests.governance.memory_store import Store
from tests.governance.world import World

LONGEST = timedelta(days=90)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A workspace and a folder."""
    with World(tmp_path) as made:
        yield made


def recalled(world: World, plans: list[Plan] | None = None) -> Memory:
    """What the folder's journals, and some plans, tell now."""
    return remember(world.entries(), lambda: plans or [], LONGEST, world.now())


def test_nothing_is_remembered_of_what_we_never_touched(world: World) -> None:
    """An empty folder keeps nothing."""
    memory = recalled(world)
    assert memory == Memory()
    assert not memory.keeps("aaaaaaaaaaa1", LONGEST, world.now())


def test_what_we_archived_is_kept_once_it_is_live(world: World) -> None:
    """Nobody knows when it came back: it is kept at whatever time it is met."""
    report = world.stale()
    world.apply(world.units())
    world.sandbox.advance("400d")
    memory = recalled(world)
    assert memory.keeps(report.token, LONGEST, world.now())
    assert memory.kept(LONGEST, world.now()) == {report.token}


def test_what_restore_brought_back_is_kept_for_the_longest_duration(world: World) -> None:
    """From the restore's own line on; archived anew, the memory begins anew."""
    report = world.stale()
    world.apply(world.units())
    world.sandbox.advance("10d")
    world.restore()
    world.sandbox.advance("89d")
    assert recalled(world).kept(LONGEST, world.now()) == {report.token}
    world.sandbox.advance("2d")
    assert recalled(world).kept(LONGEST, world.now()) == frozenset()
    world.apply(units_to_archive([world.plan()]), folder=world.root / "later")
    assert report.archived
    assert recalled(world).kept(LONGEST, world.now()) == {report.token}


def test_a_plan_that_kept_it_dates_its_return(world: World) -> None:
    """Brought back by hand, it is known to be live since the first plan that kept it as restored."""
    report = world.stale()
    world.apply(world.units())
    world.sandbox.unarchive(report)
    early = world.plan(restored=[report.token])
    assert early.kept["restored"] == [report.token]
    world.sandbox.advance("60d")
    later = world.plan(restored=[report.token])
    world.sandbox.advance("29d")
    assert recalled(world, [later, early]).kept(LONGEST, world.now()) == {report.token}
    world.sandbox.advance("2d")
    assert recalled(world, [later, early]).kept(LONGEST, world.now()) == frozenset()


def test_a_plan_older_than_the_archiving_dates_nothing(world: World) -> None:
    """What an earlier plan kept was another return."""
    report = world.stale()
    before = world.plan(restored=[report.token])
    world.sandbox.advance("1d")
    world.apply(world.units())
    world.sandbox.advance("200d")
    assert recalled(world, [before]).kept(LONGEST, world.now()) == {report.token}


def test_plans_are_read_only_if_they_can_tell(world: World) -> None:
    """A report archived lately is kept in any case."""
    world.stale()
    world.apply(world.units())

    def read() -> list[Plan]:
        raise AssertionError

    assert remember(world.entries(), read, LONGEST, world.now()).archived


def test_only_what_was_done_is_remembered(world: World) -> None:
    """An attempt that failed archived nothing."""
    journal = world.journal()
    journal.after(journal.before(ARCHIVE_REPORT, "aaaaaaaaaaa1"), ok=False)
    journal.after(journal.before(UNARCHIVE_REPORT, "aaaaaaaaaaa2"), ok=True)
    journal.after(journal.before("move_report", "aaaaaaaaaaa3"), ok=True)
    journal.close()
    assert recalled(world) == Memory()


def test_grace_counts_from_a_plan(world: World) -> None:
    """Only what stood in a plan by then, and not only before it was last archived."""
    report = world.stale()
    first = world.plan()
    world.sandbox.advance("8d")
    newcomer = world.stale()
    second = world.plan()
    week_ago = world.now() - timedelta(days=7)
    assert long_planned([first, second], week_ago, Memory()) == {report.token}
    assert long_planned([first, second], world.now(), Memory()) == {report.token, newcomer.token}
    archived = Memory({report.token: first.created_at + timedelta(days=1)})
    assert long_planned([first, second], week_ago, archived) == frozenset()
    assert long_planned([first, second], world.now(), archived) == {report.token, newcomer.token}


def test_plans_of_this_workspace(world: World, tmp_path: Path) -> None:
    """Whatever else is called `plan.json` is passed over."""
    world.stale()
    plan = world.plan()
    store = Store()
    for root in (tmp_path, store.path()):
        write_atomic(root / "a" / "plan.json", b"no plan")
        write_atomic(root / "b" / "plan.json", plan.dumps())
        write_atomic(root / "c" / "plan.json", b"no plan")
        assert [found.digest for found in plans_in(root, "acme")] == [plan.digest]
        assert list(plans_in(root, "other")) == []

    def vanish(what: str, key: str) -> None:
        if what == "read":
            store.objects.clear()

    store.fail = vanish
    assert list(plans_in(store.path(), "acme")) == []
