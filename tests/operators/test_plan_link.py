from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from airflow_provider_mode.operators import ArchiveStaleReportsOperator, PlanCleanupOperator
from tests.operators.workspace import POLICY, Mode, Said


@pytest.mark.filterwarnings("ignore:in a future version of UPath")  # in Airflow 2.11's own paths
def test_who_plans_and_who_applies_has_a_button_to_the_page(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leads to the page beside the plan, in the console of its store, before anything is changed."""
    memory = importlib.import_module("fsspec.implementations.memory").MemoryFileSystem
    monkeypatch.setitem(importlib.import_module("fsspec.registry")._registry, "gs", memory)
    mode.stale()
    planner, applier = mode.instance("plan"), mode.instance("apply")
    made = mode.run(PlanCleanupOperator, planner, policy=POLICY, output_uri="gs://plans")
    page = planner.pushed["_link_ModePlanLink"]
    where = made["plan"].removeprefix("gs://").replace("plan.json", "plan.html")
    assert page == f"https://storage.cloud.google.com/{where}"
    mode.run(ArchiveStaleReportsOperator, applier, plan=made["plan"], max_changes=5, dry_run=True)
    assert applier.pushed["_link_ModePlanLink"] == page


def test_a_plan_on_a_disk_has_no_button(mode: Mode, said: Said) -> None:
    """No browser follows a page of Airflow's to a file; the log says where it lies."""
    mode.stale()
    planner = mode.instance("plan")
    made = mode.run(PlanCleanupOperator, planner, policy=POLICY)
    page = made["plan"].replace("plan.json", "plan.html")
    assert not [key for key in planner.pushed if key.startswith("_link")]
    assert f"no button for the plan: no web page shows {page}" in said()
    assert Path(page.removeprefix("file://")).is_file()
