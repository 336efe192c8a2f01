from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox

START = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
frozen = pytest.mark.mode_sandbox(reports=20, collections=4, start=START, frozen=True)
DAILY = {"freq": "daily", "hour": 3}


@frozen
def test_a_schedule_fires_as_time_passes(api: Any, mode_sandbox: Sandbox) -> None:
    """Runs appear, the report's last run moves, and so does the next one; nobody has viewed or edited it."""
    report = mode_sandbox.add_report(name="Orders")
    schedule = mode_sandbox.add_schedule(report, cron=DAILY)
    before = api.get(f"reports/{report.token}").json
    assert mode_sandbox.advance("90d") == START + timedelta(days=90)
    after = api.get(f"reports/{report.token}").json
    assert after["runs_count"] == 90
    assert after["last_run_at"] == "2026-08-30T03:00:00.000Z"
    assert after["last_successfully_run_at"] == "2026-08-30T03:00:02.000Z"
    assert after["updated_at"] == "2026-08-30T03:00:02.200Z"
    assert (after["edited_at"], after["view_count"]) == (before["edited_at"], 0)
    assert schedule.next_run_at == datetime(2026, 8, 31, 3, tzinfo=UTC)
    runs = api.get(f"reports/{report.token}/runs").json
    assert runs["pagination"]["total_count"] == 90
    assert all(
        row["_links"]["report_schedule"]["href"].endswith(schedule.token)
        for row in runs["_embedded"]["report_runs"]
    )
    mode_sandbox.advance(timedelta(days=1))
    assert api.get(f"reports/{report.token}/runs").json["pagination"]["total_count"] == 91


@frozen
def test_runs_outlive_their_schedule(api: Any, mode_sandbox: Sandbox) -> None:
    """Deleted or changed, what it ran stays."""
    report = mode_sandbox.add_report(name="Orders")
    schedule = mode_sandbox.add_schedule(report, cron=DAILY)
    mode_sandbox.advance("10d")
    api(
        "PATCH",
        f"reports/{report.token}/schedules/{schedule.token}",
        {"report_schedule": {"cron": {"hour": 12}}},
    )
    mode_sandbox.advance("10d")
    tokens = [run["token"] for run in api.get(f"reports/{report.token}/runs?per_page=30").rows("report_runs")]
    assert len(tokens) == len(set(tokens)) == 20
    mode_sandbox.delete_schedule(schedule)
    mode_sandbox.advance("10d")
    assert [
        run["token"] for run in api.get(f"reports/{report.token}/runs?per_page=30").rows("report_runs")
    ] == tokens


@frozen
@pytest.mark.parametrize(("how", "fired", "left"), [("keep", 30, 1), ("pause", 20, 1), ("remove", 10, 0)])
def test_schedules_of_archived_reports(mode_sandbox: Sandbox, how: str, fired: int, left: int) -> None:
    """They go on, wait, or are gone, as the switch says."""
    mode_sandbox.switch(archive_schedules=how)
    report = mode_sandbox.add_report(name="Orders")
    mode_sandbox.add_schedule(report, cron=DAILY)
    mode_sandbox.advance("10d")
    mode_sandbox.archive(report)
    mode_sandbox.advance("10d")
    mode_sandbox.unarchive(report)
    mode_sandbox.advance("10d")
    assert (report.runs_count, len(report.schedules)) == (fired, left)
    assert all(len(one.spans) == (2 if how == "pause" else 1) for one in report.schedules.values())


@frozen
def test_runs_take_their_time(api: Any, mode_sandbox: Sandbox) -> None:
    """A run is enqueued, then pending, then over; an old success stays the last until then."""
    report = mode_sandbox.add_report(name="Orders")
    mode_sandbox.switch(run_seconds=60, run_success="completed")
    run = mode_sandbox.run(report)
    path = f"reports/{report.token}/runs/{run.token}"
    assert api.get(path).json["state"] == "enqueued"
    mode_sandbox.advance(30)
    assert api.get(path).json["state"] == "pending"
    assert report.last_success is None
    mode_sandbox.advance(30)
    assert api.get(path).json["state"] == "completed"
    assert report.last_success is run


@frozen
def test_a_run_by_schedule_goes_on_while_the_one_before_is_the_last_success(mode_sandbox: Sandbox) -> None:
    """Long runs overlap the present."""
    report = mode_sandbox.add_report(name="Orders")
    mode_sandbox.switch(run_seconds=3600)
    mode_sandbox.add_schedule(report, cron=DAILY)
    mode_sandbox.set_clock("2026-06-03T03:10:00Z")
    assert report.last_run_at == datetime(2026, 6, 3, 3, tzinfo=UTC)
    assert report.last_success is not None
    assert report.last_success.created_at == datetime(2026, 6, 2, 3, tzinfo=UTC)
    mode_sandbox.delete(report)
    mode_sandbox.advance("1d")


@frozen
@pytest.mark.parametrize(("how", "views"), [("none", 0), ("by_hand", 1), ("all", 11)])
def test_runs_may_count_as_views(mode_sandbox: Sandbox, how: str, views: int) -> None:
    """As the switch says: never, those by hand, or all."""
    report = mode_sandbox.add_report(name="Orders")
    mode_sandbox.switch(runs_as_views=how)
    mode_sandbox.run(report)
    mode_sandbox.add_schedule(report, cron=DAILY)
    mode_sandbox.advance("10d")
    assert report.view_count == views


@frozen
def test_the_clock_may_go_back(mode_sandbox: Sandbox) -> None:
    """An older run never takes the place of a newer one."""
    report = mode_sandbox.add_report(name="Orders")
    first = mode_sandbox.run(report)
    mode_sandbox.set_clock(START - timedelta(days=3))
    older = mode_sandbox.run(report)
    mode_sandbox.set_clock(START + timedelta(days=1))
    assert report.last_run is report.last_success is first
    assert older in report.runs
