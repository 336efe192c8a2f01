"""The operators, each imported when it is first asked for: a DAG file pays for what it uses alone."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_mode.operators.archive_stale_reports import ArchiveStaleReportsOperator
    from airflow_provider_mode.operators.delete_schedules import DeleteSchedulesOperator
    from airflow_provider_mode.operators.export_results import ExportResultsOperator
    from airflow_provider_mode.operators.inventory import InventoryOperator
    from airflow_provider_mode.operators.move_reports import MoveReportsOperator
    from airflow_provider_mode.operators.plan_cleanup import PlanCleanupOperator
    from airflow_provider_mode.operators.purge_results import PurgeResultsOperator
    from airflow_provider_mode.operators.restore import RestoreOperator
    from airflow_provider_mode.operators.run_report import RunReportOperator

__all__ = [
    "ArchiveStaleReportsOperator",
    "DeleteSchedulesOperator",
    "ExportResultsOperator",
    "InventoryOperator",
    "MoveReportsOperator",
    "PlanCleanupOperator",
    "PurgeResultsOperator",
    "RestoreOperator",
    "RunReportOperator",
]

_MODULES = {
    "ArchiveStaleReportsOperator": "archive_stale_reports",
    "DeleteSchedulesOperator": "delete_schedules",
    "ExportResultsOperator": "export_results",
    "InventoryOperator": "inventory",
    "MoveReportsOperator": "move_reports",
    "PlanCleanupOperator": "plan_cleanup",
    "PurgeResultsOperator": "purge_results",
    "RestoreOperator": "restore",
    "RunReportOperator": "run_report",
}


def __getattr__(name: str) -> Any:
    """The operator of that name, out of its own module."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
