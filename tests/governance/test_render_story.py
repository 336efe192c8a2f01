"""What the page says: the verdict, the figures, the rule, the small print."""

from __future__ import annotations

from typing import Any

import pytest

from tests.governance.parsed_page import page
from tests.governance.plans_to_render import archive, evidence, plan, policy, unschedule

DAILY = {"cron": {"freq": "daily", "hour": 8, "minute": 0}}


def test_the_verdict_comes_first() -> None:
    """One sentence with the numbers, then what happens, who can stop it, until when."""
    seen = evidence("000000000001", expected_runtime=36.0)
    other = evidence("000000000002")
    made = plan(
        archive(seen),
        unschedule(seen, DAILY),
        archive(other),
        counts={"reports": 2046, "archived_already": 46},
    )
    parsed = page(made)
    assert parsed.said("h1") == (
        "2 of 2,000 reports in acme have not been viewed for 180 days; "
        "1 of their schedules run 365 times a year, about 4 warehouse hours."
    )
    assert (
        "archives 2 reports (hidden, not lost: they can be unarchived) and deletes 1 schedule" in parsed.text
    )
    assert "putting \u201c#keep\u201d into its description" in parsed.text
    assert "holds for 7 days, until 2026-12-01 09:30 UTC" in parsed.text
    assert parsed.said("h2").startswith("When reports were last viewed|Where they are|By owner|Reports in")


def test_the_four_figures_count_and_filter() -> None:
    """Each figure names its number and shows its part of the table."""
    kept = {
        "exempt_public": ["00000000000a", "00000000000b"],
        "restored": ["00000000000c"],
        "unknown_owner": [],
    }
    parsed = page(plan(archive(evidence("000000000001")), kept=kept, counts={"reports": 10}))
    filters = [given["data-filter"] for tag, given in parsed.elements if "data-filter" in given][:4]
    assert filters == ["show=archive", "show=schedules", "show=kept", "show=unknown"]
    assert "1 to archive 10 % of 10 reports" in parsed.text
    assert "0 schedules to delete none to delete" in parsed.text
    assert "3 kept by exemption most often: public (2)" in parsed.text
    assert "Not known who owns it" not in parsed.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"not_viewed_for": "180d"}, "has not been viewed for 180 days."),
        (
            {"not_viewed_for": "36h", "not_edited_for": "90d"},
            "not been viewed for 36 hours, nor edited for 90",
        ),
        ({"not_viewed_for": None, "max_views": 0}, "acme has been viewed at most 0 times."),
        ({"not_run_for": "90d", "max_views": 1}, "nor run for 90 days, and has been viewed at most 1 time."),
        ({"not_viewed_for": None, "not_run_by_hand_for": "1d"}, "not been run by hand for 1 day."),
    ],
)
def test_the_rule_is_said_in_words(fields: dict[str, Any], said: str) -> None:
    """Every criterion that the policy gives stands in the verdict."""
    assert said in page(plan(archive(evidence("000000000001")), policy=policy(**fields))).said("h1")


def test_a_plan_of_one_report_speaks_of_one() -> None:
    """Grammar follows the numbers, and a policy that is no policy is not made up."""
    seen = evidence("000000000001", expected_runtime=10.0)
    made = plan(unschedule(seen, DAILY), policy={})
    parsed = page(made)
    assert parsed.said("h1") == (
        "1 of 10 reports in acme meets the policy; "
        "its schedules run 365 times a year, about 1 warehouse hour."
    )
    assert "Applying this plan deletes 1 schedule (Mode" in parsed.text
    assert "Anyone can keep a report by opening or editing it in Mode before" in parsed.text


def test_hours_are_a_lower_bound_where_runtimes_are_missing() -> None:
    """A schedule without a known runtime adds runs, not hours; an absurd runtime counts as none."""
    timed, untimed, absurd = (
        evidence(f"00000000000{number}", expected_runtime=runtime)
        for number, runtime in enumerate((3600.0, None, 1e15))
    )
    made = plan(*(unschedule(seen, DAILY) for seen in (timed, untimed, absurd)))
    assert "1,095 times a year, at least 365 warehouse hours" in page(made).said("h1")
    unread = page(plan(unschedule(untimed, {}))).text
    assert "its schedules run 0 times a year." in unread
    assert "1 schedule could not be read well enough to be recreated later" in unread


def test_the_small_print_holds_what_applying_needs() -> None:
    """Digest, policy as words and as JSON, the call that applies, and what cannot be undone."""
    made = plan(
        archive(evidence("000000000001")),
        key_scope=None,
        policy=policy(
            exempt_collections=[f"Team {number}" for number in range(12)],
            exempt_scheduled=True,
            include_datasets=True,
            unknown="stale",
            older_than=None,
            exempt_descriptions=["*", "keep?"],
        ),
    )
    text = page(made).text
    assert made.digest in text
    assert 'ArchiveStaleReportsOperator( task_id="apply", plan="<folder of this file>/plan.json"' in text
    assert f'digest="{made.digest}", max_changes=1, )' in text
    assert "A report is stale when it has not been viewed for 180 days." in text
    assert "\u201cTeam 7\u201d and 4 more" in text
    assert "reports with a schedule" in text
    assert "Datasets are judged too" in text
    assert "counts as stale" in text
    assert "putting \u201c*\u201d or \u201ckeep?\u201d into its description" in text
    assert "Key scope not known" in text
    assert "nor subscriptions" in text


def test_the_call_that_applies_fits_the_plan() -> None:
    """A plan of schedules alone is another operator's; one that leaves schedules alone says so."""
    seen = evidence("000000000001", schedules_count=2)
    assert 'DeleteSchedulesOperator( task_id="apply"' in page(plan(unschedule(seen, DAILY))).text
    assert "max_changes=1, delete_schedules=False, )" in page(plan(archive(seen))).text
    assert "max_changes=1, )" in page(plan(archive(seen), unschedule(seen, DAILY))).text
