"""Delete stored results for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from airflow.providers.common.compat.sdk import BaseOperator, Context

from airflow_provider_mode.hooks.form import DEFAULT_CONN_ID


class PurgeResultsOperator(BaseOperator):
    """
    Deletes the stored results of all runs in the workspace before a date; nothing brings them back.

    Reports, their queries and the list of their runs stay. Mode deletes in its own time. Returns
    ``{workspace, before}``.

    :param before: the date, such as ``2026-01-31``; at the latest yesterday
    :param confirm: the workspace, as in Mode's URLs: whoever writes it there means this workspace
    :param mode_conn_id: the connection to Mode
    """

    template_fields: Sequence[str] = ("before", "confirm")
    ui_color = "#f6d5d5"

    def __init__(
        self,
        *,
        before: date | str,
        confirm: str,
        mode_conn_id: str = DEFAULT_CONN_ID,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.before = before
        self.confirm = confirm
        self.mode_conn_id = mode_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Check what is confirmed, and tell Mode to delete."""
        from airflow_provider_mode.operators._purge_results import purge_results  # noqa: PLC0415 - lazy

        del context  # the parameters say it all
        return purge_results(self)
