from __future__ import annotations

from pathlib import Path

from airflow_provider_mode.operators import ArchiveStaleReportsOperator, PlanCleanupOperator
from tests.operators.workspace import POLICY, Mode, Said


def test_a_plan_on_a_disk_has_no_button(mode: Mode, said: Said) -> None:
    """No browser follows a page of Airflow's to a file; the log says where its page lies."""
    mode.stale()
    planner, applier = mode.instance("plan"), mode.instance("apply")
    made = mode.run(PlanCleanupOperator, planner, policy=POLICY)
    page = made["plan"].replace("plan.json", "plan.html")
    assert Path(page.removeprefix("file://")).is_file()
    told = f"no button for the plan: no web page shows {page}"
    assert told in said()
    mode.run(ArchiveStaleReportsOperator, applier, plan=made["plan"], max_changes=5, dry_run=True)
    assert told in said()
    assert not [key for key in {**planner.pushed, **applier.pushed} if key.startswith("_link")]
