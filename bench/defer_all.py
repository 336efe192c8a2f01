"""
Defer every task instance of a DAG run to the triggerer, in Airflow's database: no worker takes part.

Run in the environment of an Airflow: `python -m bench.defer_all RUN_ID FILE INTERVAL`; the file holds the
report and run of each map index, or for one that only sleeps for INTERVAL seconds neither.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import Trigger
from airflow.utils.session import create_session
from sqlalchemy import select

from bench.ending_trigger import EndingTrigger, SleepingTrigger


def main(run_id: str, file: str, interval: str) -> None:
    """Give each instance its trigger."""
    held = json.loads(Path(file).read_text())
    instances: Any = select(TaskInstance).where(TaskInstance.run_id == run_id)
    with create_session() as session:
        for instance in session.scalars(instances):
            report, run = held[instance.map_index]
            trigger: Any = (
                EndingTrigger(report=report, report_run=run, poll_interval=float(interval))
                if report
                else SleepingTrigger(seconds=float(interval))
            )
            row = Trigger.from_object(trigger)
            session.add(row)
            session.flush()
            instance.state, instance.trigger_id = "deferred", row.id
            instance.next_method, instance.start_date = "execute_complete", datetime.now(UTC)


if __name__ == "__main__":
    main(*sys.argv[1:])
