"""Write down every report with its use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.providers.common.compat.sdk import Context

from airflow_provider_mode.operators._base import ModeOperator


class InventoryOperator(ModeOperator):
    """
    Writes every report with its use to a file, and changes nothing.

    Returns ``{inventory, reports, source, requests}``: the file's URI, its number of rows, where the evidence
    comes from and what it cost. With a ``history``, each run adds to what is known of views. A query's rows
    are written down as they are, with ``seen_in_mode`` false: Mode is not asked whether it has the reports.

    :param source: where evidence comes from: ``"rest"``, ``"discovery"``, or ``{"conn_id": ..., "sql": ...}``
    :param history: a folder that remembers view counts from one inventory to the next
    :param collections: names, globs or 12 characters of the collections to look at; all by default
    :param format: ``"jsonl"``, ``"csv"``, or ``"parquet"`` (which needs the package ``pyarrow``)
    """

    template_fields: Sequence[str] = (
        *ModeOperator.template_fields,
        "source",
        "history",
        "collections",
        "format",
    )

    def __init__(
        self,
        *,
        source: str | Mapping[str, str] = "rest",
        history: str | None = None,
        collections: Sequence[str] | str | None = None,
        format: str = "jsonl",  # noqa: A002 - what users call it
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source = source
        self.history = history
        self.collections = collections
        self.format = format

    def execute(self, context: Context) -> dict[str, Any]:
        """Read every report, write a row each, and say where."""
        from airflow_provider_mode.operators._inventory import inventory  # noqa: PLC0415 - see _base

        return inventory(self, context)
