"""Write down every report with its use once a week, and log how many were last viewed when."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, ObjectStoragePath, task

from airflow_provider_mode.operators import InventoryOperator

# [START weekly_inventory]
WIDEST = 50

with DAG(
    "weekly_inventory",
    schedule="@weekly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    params={"history": "file:///mnt/shared/mode-history"},  # or an object store: it has to outlive the worker
) as dag:
    inventory = InventoryOperator(task_id="inventory", history="{{ params.history }}", retries=2)

    @task
    def chart(result: dict[str, Any]) -> dict[str, int]:
        """A bar for each month in which reports were last viewed; what is not known yet has one, too."""
        months: Counter[str] = Counter()
        with ObjectStoragePath(result["inventory"]).open("rt") as file:
            for line in iter(file.readline, ""):
                report = json.loads(line)
                if "last_viewed_at" in report["unsure"] + report["absent"]:
                    months["unknown"] += 1
                else:
                    months[(report["last_viewed_at"] or "never")[:7]] += 1
        most = max(months.values(), default=1)
        for month, reports in sorted(months.items()):
            print(f"{month:8}{'#' * (reports * WIDEST // most):{WIDEST}} {reports}")  # noqa: T201 - the task's log
        return dict(months)

    chart(inventory.output)
# [END weekly_inventory]
