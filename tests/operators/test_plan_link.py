from __future__ import annotations

from pathlib import Path

from airflow_provider_mode.operators import ArchiveStaleReportsOperator, PlanCleanupOperator
from tests.operators.workspace import POLICY, Mode


def test_who_plans_and_who_applies_has_a_button_to_the_page(mode: Mode) -> None:
    """It leads to the page beside the plan, before anything is changed."""
    mode.stale()
    planner, applier = mode.instance("plan"), mode.instance("apply")
    made = mode.run(PlanCleanupOperator, planner, policy=POLICY)
    page = planner.pushed["_link_ModePlanLink"]
    assert page == made["plan"].replace("plan.json", "plan.html")
    assert Path(page.removeprefix("file://")).is_file()
    mode.run(ArchiveStaleReportsOperator, applier, plan=made["plan"], max_changes=5, dry_run=True)
    assert applier.pushed["_link_ModePlanLink"] == page
