"""What Airflow learns about this provider; imported by every Airflow process, so it imports nothing heavy."""

from __future__ import annotations

from typing import Any

from airflow_provider_mode import __version__
from airflow_provider_mode.hooks.form import CONN_TYPE, HOOK_NAME, ui_field_behaviour

PACKAGE = "airflow-provider-mode"
OPERATORS = (
    "archive_stale_reports",
    "delete_schedules",
    "export_results",
    "inventory",
    "move_reports",
    "plan_cleanup",
    "purge_results",
    "restore",
    "run_report",
)
SENSORS = ("report_run", "report_scheduled", "report_viewed")
TRIGGERS = ("report_run", "report_scheduled", "report_viewed")
LINKS = ("plan.ModePlanLink", "report.ModeReportLink", "run.ModeRunLink")
ASSETS = {
    "schemes": ["mode"],
    "handler": "airflow_provider_mode.assets.mode.sanitize_uri",
    "factory": "airflow_provider_mode.assets.mode.create_asset",
    "to_openlineage_converter": "airflow_provider_mode.assets.mode.convert_asset_to_openlineage",
}


def _modules(kind: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    modules = [f"airflow_provider_mode.{kind}.{name}" for name in names]
    return [{"integration-name": HOOK_NAME, "python-modules": modules}]


def get_provider_info() -> dict[str, Any]:
    """The provider's metadata, as Airflow's entry point ``apache_airflow_provider`` asks for it."""
    return {
        "package-name": PACKAGE,
        "name": HOOK_NAME,
        "description": "Mode: archive reports that nobody opens, delete their schedules, and undo it.",
        "versions": [__version__],
        "integrations": [
            {
                "integration-name": HOOK_NAME,
                "external-doc-url": "https://mode.com/developer/",
                "tags": ["service"],
            }
        ],
        "hooks": _modules("hooks", ("mode",)),
        "operators": _modules("operators", OPERATORS),
        "sensors": _modules("sensors", SENSORS),
        "triggers": _modules("triggers", TRIGGERS),
        "extra-links": [f"airflow_provider_mode.links.{name}" for name in LINKS],
        "asset-uris": [ASSETS],
        "dataset-uris": [ASSETS],  # as Airflow 2 calls them
        "connection-types": [
            {
                "connection-type": CONN_TYPE,
                "hook-class-name": "airflow_provider_mode.hooks.mode.ModeHook",
                "hook-name": HOOK_NAME,
                "ui-field-behaviour": ui_field_behaviour("-"),
            }
        ],
    }
