"""The work of ``PurgeResultsOperator``."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.hooks import templates
from airflow_provider_mode.hooks.failures import failing_fast
from airflow_provider_mode.hooks.mode import ModeHook


def purge_results(operator: Any) -> dict[str, Any]:
    """Check everything before the one request that cannot be undone."""
    with failing_fast():
        before = day(operator.before, today=datetime.now(UTC).date())
        client = ModeHook(operator.mode_conn_id).get_conn()
        workspace = client.config.workspace
        if templates.text(operator.confirm, "confirm") != workspace:
            raise SettingError(
                "confirm",
                f"must be the workspace of the connection, {workspace!r}, not {operator.confirm!r}: "
                "the results would be gone for good",
            )
        operator.log.warning("deleting all results of workspace %s before %s, for good", workspace, before)
        client.purge_results(before)
        operator.log.warning("Mode is deleting the results of workspace %s before %s", workspace, before)
    return {"workspace": workspace, "before": before.isoformat()}


def day(value: Any, *, today: date) -> date:
    """A day before today: Mode refuses later ones, and a mistyped year must not mean everything."""
    try:
        found = date.fromisoformat(value.strip()) if isinstance(value, str) else value
    except ValueError:
        found = None
    if isinstance(found, datetime) or not isinstance(found, date):
        raise SettingError("before", f"must be a date such as 2026-01-31, not {value!r}")
    if found > today - timedelta(days=1):
        raise SettingError("before", f"must be yesterday at the latest, not {found}")
    return found
