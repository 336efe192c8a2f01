from __future__ import annotations

from datetime import timedelta

from airflow_provider_mode.governance.evidence.evidence import UNASKED, Evidence
from airflow_provider_mode.governance.plan.sorting import Sorting
from airflow_provider_mode.governance.policy.policy import StalePolicy
from tests.governance.fake_client import NOW


def row(report: str, *, viewed: int) -> Evidence:
    """A report of another source than REST, last viewed so many days ago."""
    return Evidence(
        report=report,
        url=f"https://app.mode.com/acme/reports/{report}",
        as_of=NOW,
        source="sql",
        archived=UNASKED,
        created_at=NOW - timedelta(days=900),
        last_viewed_at=NOW - timedelta(days=viewed),
        description=None,
        schedules_count=2,
        owner=None,
    )


def test_what_we_archived_is_not_restored_unless_rest_says_so() -> None:
    """Other sources list archived reports, too: until REST is asked, it may well be archived still."""
    policy = StalePolicy(not_viewed_for="90d", exempt_subscribed=False)
    sorting = Sorting(policy, now=NOW, restored=["a", "b"])
    rows = [each for each in (row("a", viewed=400), row("b", viewed=400)) if sorting.may_be_stale(each)]
    assert len(rows) == 2
    assert not list(sorting.still_stale([rows[0].but(archived=True), rows[1].but(archived=False)]))
    assert sorting.kept() == {"restored": ["b"]}
    assert sorting.counts([])["archived_already"] == 1


def test_a_percentage_is_of_reports_that_rest_has_told_of() -> None:
    """Rows of other sources may be archived, or reports of nobody: they must not widen the limit."""
    sorting = Sorting(StalePolicy(not_viewed_for="90d", exempt_subscribed=False), now=NOW)
    rows = [row("fresh", viewed=1), row("gone", viewed=400), row("live", viewed=400)]
    candidates = [each for each in rows if sorting.may_be_stale(each)]
    assert [each.report for each in candidates] == ["gone", "live"]
    confirmed = [candidates[0].but(archived=True), candidates[1].but(archived=False)]
    assert [each.report for each, _ in sorting.still_stale(confirmed)] == ["live"]
    counts = sorting.counts([])
    assert (counts["reports"], counts["unarchived"], counts["archived_already"]) == (3, 1, 1)
    assert "schedules" not in counts
