"""
Write the files of this directory anew: `python -m tests.formats.make`, once a version.

A plan, a journal, a memory of views and an inventory, as the operators write them about a sandbox workspace,
where only the sandbox's address is replaced, by that of Mode; and triggers, as Airflow stores them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow_provider_mode import __version__
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.operators import (
    ArchiveStaleReportsOperator,
    InventoryOperator,
    PlanCleanupOperator,
)
from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.options import Options
from airflow_provider_mode.triggers import (
    ModeReportRunTrigger,
    ModeReportScheduledTrigger,
    ModeReportViewedTrigger,
)

HERE = Path(__file__).resolve().parent
HOST = "https://app.mode.com"
POLICY = {"not_run_for": "180d", "not_edited_for": "180d", "max_views": 5, "exempt_subscribed": False}
CRONS: tuple[dict[str, Any], ...] = (
    {"freq": "hourly", "minute": "15"},
    {"freq": "daily", "hour": "8", "minute": "30"},
    {"freq": "weekly", "hour": "0", "minute": "0", "day_of_week": "1"},
    {"freq": "monthly", "hour": "23", "minute": "45", "day_of_month": "15"},
)


class Task:
    """A task instance as far as an operator looks at it."""

    def __init__(self, task_id: str) -> None:
        self.dag_id, self.run_id, self.map_index, self.task_id = "clean_up", "manual__2026", -1, task_id

    def xcom_push(self, key: str, value: Any) -> None:
        """Forget it."""


def furnish(sandbox: Sandbox) -> None:
    """Three old reports, of which the first has a schedule of each frequency, some with subscribers."""
    old = sandbox.now - timedelta(days=400)
    values: dict[str, Any] = {"created_at": old, "edited_at": old, "updated_at": old, "view_count": 2}
    report, *_ = [
        sandbox.add_report(name=name, **values).token for name in ("Old numbers", "Zähler #2 | <b>", "")
    ]
    for number, cron in enumerate(CRONS):
        name = f"Schedule {number}"
        sandbox.add_schedule(
            report,
            cron=cron | {"time_zone": "UTC"},
            name=name,
            parameters={"region": "EU"},
            subscribers=[f"reader{each}@example.com" for each in range(number)],
        )


def run(operator: type, name: str, to: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """Execute an operator as a task instance of a name would."""
    task: Any = operator(task_id=name, **to, **parameters)
    result: dict[str, Any] = task.execute({"ti": Task(name)})
    return result


def write(folder: Path) -> None:
    """Write `plan.json`, `journal.jsonl`, `acme.history` and `inventory.jsonl` into a folder."""
    with Sandbox(Options(reports=12, collections=3, limit="off")) as sandbox:
        furnish(sandbox)
        os.environ["AIRFLOW_CONN_MODE_DEFAULT"] = json.dumps(sandbox.connection(rate_limit=None))
        to: dict[str, Any] = {"output_uri": f"file://{folder}/output"}
        views = {"history": f"file://{folder}/history"}
        policy = POLICY | {"not_viewed_for": "1d", "unknown": "stale"}
        run(PlanCleanupOperator, "watch", to, policy=policy, **views)
        plan = run(PlanCleanupOperator, "plan", to, policy=POLICY)
        done = run(
            ArchiveStaleReportsOperator,
            "apply",
            to,
            plan=plan["plan"],
            digest=plan["digest"],
            max_changes=100,
        )
        rows = run(InventoryOperator, "inventory", to)
        (memory,) = (folder / "history").glob("*.history")
        kept = {
            "plan.json": path_of(plan["plan"]),
            "journal.jsonl": path_of(done["journal"]),
            "acme.history": memory,
            "inventory.jsonl": path_of(rows["inventory"]),
        }
        for name, path in kept.items():
            (folder / name).write_bytes(path.read_bytes().replace(sandbox.url.encode(), HOST.encode()))
    (folder / "triggers.json").write_text(json.dumps(triggers(), indent=1) + "\n")
    plan_file = folder / "plan.json"
    plan_file.write_bytes(sealed(json.loads(plan_file.read_bytes())).dumps())
    for name in ("output", "history"):
        shutil.rmtree(folder / name)


def triggers() -> list[Any]:
    """The triggers that Airflow may hold in its database while the package is upgraded."""
    common: dict[str, Any] = {
        "report": "0123456789ab",
        "mode_conn_id": "mode_default",
        "poll_interval": 30.0,
        "end_time": 2e9,
    }
    made = (
        ModeReportRunTrigger(report_run="ba9876543210", cancel_on_kill=True, **common),
        ModeReportRunTrigger(after="2026-11-24T12:00:00Z", **common),
        ModeReportScheduledTrigger(scheduled=False, **common),
        ModeReportViewedTrigger(min_views=5, **common),
    )
    return [trigger.serialize() for trigger in made]


def sealed(held: dict[str, Any]) -> Plan:
    """The plan that a file with another address in it would be, with the digest of that."""
    body = {key: value for key, value in held.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return Plan.loads(json.dumps(held | {"digest": digest}).encode())


def path_of(uri: str) -> Path:
    """The file of a `file://` URI."""
    return Path(uri.removeprefix("file://"))


def main() -> None:
    """Write them into a folder named for the version."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["AIRFLOW_HOME"] = home
        folder = HERE / __version__
        folder.mkdir(exist_ok=True)
        write(folder)


if __name__ == "__main__":
    main()
