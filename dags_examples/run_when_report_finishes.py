"""Start whenever a Mode report has run, whoever started it; needs Airflow 3, better 3.3, which remembers."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import DAG, Asset, AssetWatcher, get_current_context, task

from airflow_provider_mode.triggers import ModeReportRunTrigger

# [START run_when_report_finishes]
WORKSPACE = os.environ.get("MODE_WORKSPACE", "acme")
REPORT = os.environ.get("MODE_REPORT", "0123456789ab")

finished = Asset(
    f"mode://{WORKSPACE}/reports/{REPORT}",
    watchers=[AssetWatcher(name="run", trigger=ModeReportRunTrigger(report=REPORT, poll_interval=60))],
)


@task
def use_what_is_new() -> list[dict[str, Any]]:
    """The runs that this DAG run is about: ``{report, report_run, state, url}``."""
    events = get_current_context()["triggering_asset_events"]
    return [event.extra["payload"] for event in events[finished]]


with DAG(
    "run_when_report_finishes",
    schedule=[finished],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
) as dag:
    use_what_is_new()
# [END run_when_report_finishes]
