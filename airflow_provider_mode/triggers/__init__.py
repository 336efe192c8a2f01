"""The triggers: they wait in Airflow's triggerer, so that no worker does."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_mode.triggers.report_run import ModeReportRunTrigger
    from airflow_provider_mode.triggers.report_scheduled import ModeReportScheduledTrigger
    from airflow_provider_mode.triggers.report_viewed import ModeReportViewedTrigger

__all__ = ["ModeReportRunTrigger", "ModeReportScheduledTrigger", "ModeReportViewedTrigger"]

_MODULES = {
    "ModeReportRunTrigger": "report_run",
    "ModeReportScheduledTrigger": "report_scheduled",
    "ModeReportViewedTrigger": "report_viewed",
}


def __getattr__(name: str) -> Any:
    """The trigger of that name, out of its own module."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
