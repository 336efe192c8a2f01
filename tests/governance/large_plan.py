"""Makes a plan of 50,000 reports, a quarter of them stale, and prints what memory that took, in MB."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.governance.plan.make_plan import make_plan
from tests.governance.fake_client import NOW, FakeClient, report_row, schedule_row

COLLECTIONS, EACH = 50, 1000


class Rows:
    """A collection's rows, made as they are read."""

    def __init__(self, collection: int) -> None:
        self._collection = collection

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for number in range(EACH):
            yield report_row(
                f"{self._collection:03x}{number:09x}",
                view_count=0 if number % 4 == 0 else 50,
                public=number % 10 == 1,
                schedules_count=int(number % 40 == 0),
                _links={"creator": {"href": f"/api/person-{number % 50}"}},
            )


def measured() -> float:
    """The most memory that this process ever held, in MB (Linux counts in KB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Plan, write the plan down, and print reports, actions and the memory above what the imports took."""
    client = FakeClient()
    for number in range(COLLECTIONS):
        client.add(f"c{number}")
        client.rows[f"c{number}"] = Rows(number)
        for report in range(0, EACH, 40):
            client.plans[f"{number:03x}{report:09x}"] = [schedule_row(f"{number:03x}{report:09x}")]
    before = measured()
    plan = make_plan(client, StalePolicy(not_run_for="90d", max_views=3), now=NOW)
    size = len(plan.dumps())
    print(plan.counts["reports"], len(plan.actions), size, round(measured() - before))  # noqa: T201 - its purpose


if __name__ == "__main__":
    main()
