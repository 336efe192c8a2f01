from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_mode.sandbox import Options
from airflow_provider_mode.sandbox.app import App
from airflow_provider_mode.sandbox.model import Report
from airflow_provider_mode.sandbox.snapshot import counts, state
from airflow_provider_mode.sandbox.workspace import Workspace

START = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)


def _grown(*, reports: int = 2000, collections: int = 40, seed: int = 1) -> Workspace:
    chosen = Options(
        reports=reports, collections=collections, seed=seed, start=START, frozen=True, limit="off"
    )
    return App(chosen).workspace


@pytest.fixture(scope="module")
def ws() -> Workspace:
    """The default workspace; no test changes it."""
    return _grown()


def _stale(ws: Workspace, report: Report) -> bool:
    """What REST shows of a report that nobody needs, with a policy's usual exemptions."""
    before = ws.now - timedelta(days=180)
    times = (
        report.created_at,
        report.edited_at or report.created_at,
        report.last_run_at or report.created_at,
    )
    subscribed = any(report.subscribers(token) for token in report.schedules)
    kept = report.public or subscribed or "#keep" in (report.description or "")
    return max(times) < before and (report.view_count or 0) <= 5 and not kept


def test_the_default_workspace(ws: Workspace) -> None:
    """2,000 reports in 40 collections of uneven size; about a tenth of the live shared ones are stale."""
    found = counts(ws)
    assert (found["collections"], found["reports"], found["personal_collections"]) == (40, 2000, 10)
    shared = [
        one
        for one in ws.reports.values()
        if not (one.is_dataset or one.archived or ws.collections[one.collection].personal)
    ]
    stale = [one for one in shared if _stale(ws, one)]
    assert 0.09 * len(shared) <= len(stale) <= 0.11 * len(shared)
    assert all(one.profile.startswith("stale") for one in stale)
    assert any(one.schedules for one in stale)
    sizes = sorted(len(ws.rows(one, datasets=False)) for one in ws.collections.values())
    assert sizes[0] == 0
    assert 30 in sizes
    assert sizes[-1] > 10 * sizes[20]


def test_all_kinds_of_reports_are_there(ws: Workspace) -> None:
    """Untitled, never run, archived, public, subscribed, importing and unowned ones, in every frequency."""
    reports = list(ws.reports.values())
    assert any(one.name is None for one in reports)
    assert any(one.last_run_at is None for one in reports)
    assert any(one.view_count is None for one in reports)
    assert any(one.last_saved_at is None for one in reports)
    assert any(one.archived and one.schedules for one in reports)
    assert any(one.public for one in reports)
    assert any(one.imports for one in reports)
    assert any(one.is_dataset and list(ws.importers(one)) for one in reports)
    assert any(ws.member_named(one.creator) is None for one in reports)
    assert {one.cron.frequency for one in ws.schedules.values()} == {
        "every_15_minutes", "every_30_minutes", "hourly", "daily", "weekly", "monthly",
    }  # fmt: skip
    assert any(len(one.cron.weekdays) > 1 for one in ws.schedules.values())
    assert any(one.parameters for one in ws.schedules.values())
    assert sum(one.restricted for one in ws.collections.values()) == 1
    assert any(one.channels for report in reports for one in report.subscriptions.values())


def test_nightly_reports_that_nobody_views(ws: Workspace) -> None:
    """Their runs are fresh, their edits and views are not."""
    nightly = [one for one in ws.reports.values() if one.profile == "nightly_unseen" and not one.archived]
    assert len(nightly) > 50
    for one in nightly:
        assert ws.now - (one.last_run_at or one.created_at) < timedelta(days=2)
        assert one.last_run_by_hand_at is None or ws.now - one.last_run_by_hand_at > timedelta(days=180)
        assert (one.view_count or 0) <= 5


def test_the_same_seed_makes_the_same_workspace() -> None:
    """Token for token; another seed makes another."""
    assert state(_grown(reports=50, collections=6)) == state(_grown(reports=50, collections=6))
    assert state(_grown(reports=50, collections=6)) != state(_grown(reports=50, collections=6, seed=2))


def test_small_workspaces() -> None:
    """Of any size, down to none; many collections get numbered names."""
    assert counts(_grown(reports=0, collections=1))["reports"] == 0
    assert counts(_grown(reports=1, collections=1))["reports"] == 1
    assert counts(_grown(reports=400, collections=5))["reports"] == 400
    names = [one.name for one in _grown(reports=3, collections=50).collections.values()]
    assert "Board 2" in names
