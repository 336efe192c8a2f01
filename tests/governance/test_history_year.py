"""A year of weekly inventories over REST with a history, beside Discovery, which knows the truth."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airflow_provider_mode.governance.evidence.discovery import DiscoverySource
from airflow_provider_mode.governance.evidence.inventory import RestSource
from airflow_provider_mode.governance.history.watch import watching
from airflow_provider_mode.governance.plan.make_plan import make_plan
from airflow_provider_mode.governance.plan.plan import ARCHIVE_REPORT
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.sandbox.sandbox import Sandbox
from tests.governance.sources import client_of, stale

WEEK, LIMIT, WEEKS = timedelta(days=7), timedelta(days=56), 52
POLICY = StalePolicy(not_viewed_for=LIMIT, older_than=None, exempt_subscribed=False, unknown="stale")
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
SMALL = pytest.mark.mode_sandbox(reports=80, collections=3, frozen=True)


def by_history(sandbox: Sandbox, folder: Path) -> set[str]:
    """What is stale over REST, by a memory that grows with each call."""
    client = client_of(sandbox)
    with watching(folder, client.config, clock=lambda: sandbox.now) as history:
        source = RestSource(client, history=history)
        return stale(make_plan(client, POLICY, now=sandbox.now, source=source, kinds=[ARCHIVE_REPORT]))


def by_discovery(sandbox: Sandbox) -> set[str]:
    """What is stale in truth."""
    client = client_of(sandbox)
    source = DiscoverySource(client)
    return stale(make_plan(client, POLICY, now=sandbox.now, source=source, kinds=[ARCHIVE_REPORT]))


def weeks(sandbox: Sandbox, chance: random.Random) -> Iterator[int]:
    """A year, in which people look at reports now and then, and a few other things happen."""
    reports = sorted(sandbox.state.reports.values(), key=lambda report: report.token)
    busy = {report.token: chance.choice([0.0, 0.0, 0.03, 0.1, 0.5]) for report in reports}
    for week in range(WEEKS):
        yield week
        began = sandbox.now
        sandbox.advance(WEEK)
        for report in reports:
            if chance.random() < busy[report.token]:
                sandbox.view(report, chance.randint(1, 3), at=began + WEEK * chance.random())
        if week % 5 == 4:
            odd = chance.sample(reports, 4)
            sandbox.set_record(odd[0], view_count=(odd[0].view_count or 0) // 2)
            sandbox.move(odd[1], chance.choice(list(sandbox.state.collections.values())))
            sandbox.archive(odd[2])
            sandbox.unarchive(odd[2])
            sandbox.set_record(odd[3], view_count=None)
            new = sandbox.add_report(name=f"New in week {week}", view_count=0)
            reports.append(new)
            busy[new.token] = chance.choice([0.0, 0.1])


@SMALL
def test_a_year_of_weekly_inventories(
    mode_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report viewed within the limit is never called stale, and of the others most are found in time."""
    wrong = late = told = 0
    for week in weeks(mode_sandbox, random.Random(4)):  # noqa: S311 - repeatable chance
        found, truth = by_history(mode_sandbox, tmp_path), by_discovery(mode_sandbox)
        wrong += len(found - truth)
        if week * WEEK < LIMIT:
            assert found == set()
        elif week >= WEEKS // 2:
            late += len(truth - found)
            told += len(truth)
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what this test is for
            f"\nA year over REST with a history: {wrong} reports called stale that were in use; in the "
            f"second half {late} of {told} stale ones not called so yet"
        )
    assert wrong == 0
    assert late <= told * 0.15


@SMALL
def test_an_old_history_reaches_the_verdicts_of_discovery(mode_sandbox: Sandbox, tmp_path: Path) -> None:
    """Exactly, where counts only run; a week after the last view at the latest."""
    chance = random.Random(5)  # noqa: S311 - repeatable chance
    reports = list(mode_sandbox.state.reports.values())
    for week in range(12):
        found, truth = by_history(mode_sandbox, tmp_path), by_discovery(mode_sandbox)
        if week * WEEK > LIMIT:
            ages = [
                mode_sandbox.now - (mode_sandbox.report(each).last_viewed_at or LONG_AGO)
                for each in truth - found
            ]
            assert found <= truth
            assert all(age < LIMIT + WEEK for age in ages)
        for report in chance.sample(reports, 6):
            mode_sandbox.view(report, at=mode_sandbox.now + WEEK * chance.random())
        mode_sandbox.advance(WEEK)
    by_history(mode_sandbox, tmp_path)
    mode_sandbox.advance(LIMIT + WEEK)
    assert by_history(mode_sandbox, tmp_path) == by_discovery(mode_sandbox) != set()


@SMALL
def test_a_mode_that_counts_lists_as_views_makes_nothing_stale(mode_sandbox: Sandbox, tmp_path: Path) -> None:
    """Every inventory then looks like a reader: evidence is worthless, and keeps."""
    mode_sandbox.switch(reads_as_views="all")
    for _ in range(3):
        assert by_history(mode_sandbox, tmp_path) == set()
        mode_sandbox.advance(LIMIT)
