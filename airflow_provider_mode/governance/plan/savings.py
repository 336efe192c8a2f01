"""What deleting schedules saves: runs a year, and the time that those runs take."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_provider_mode.governance.plan.plan import DELETE_SCHEDULE, Action
from airflow_provider_mode.governance.render.words import runs_a_year

_HOUR = 3600


def savings_of(actions: Iterable[Action]) -> dict[str, int]:
    """Runs a year of each schedule whose rhythm is known, and their hours where the runtime is."""
    runs, seconds = 0, 0.0
    for action in actions:
        if action.kind == DELETE_SCHEDULE:
            yearly = runs_a_year(action.definition or {}) or 0
            runs += yearly
            seconds += yearly * (action.evidence.get("expected_runtime") or 0)
    return {"runs_per_year": runs, "runtime_hours": round(seconds / _HOUR)}
