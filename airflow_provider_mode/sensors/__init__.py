"""The sensors, each imported when it is first asked for: a DAG file pays for what it uses alone."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_mode.sensors.report_run import ReportRunSensor
    from airflow_provider_mode.sensors.report_scheduled import ReportScheduledSensor
    from airflow_provider_mode.sensors.report_viewed import ReportViewedSensor

__all__ = ["ReportRunSensor", "ReportScheduledSensor", "ReportViewedSensor"]

_MODULES = {
    "ReportRunSensor": "report_run",
    "ReportScheduledSensor": "report_scheduled",
    "ReportViewedSensor": "report_viewed",
}


def __getattr__(name: str) -> Any:
    """The sensor of that name, out of its own module."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
