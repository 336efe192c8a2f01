"""What a task read and changed, told to Airflow: asset events for who waits for them, and lineage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow.providers.common.compat.assets import Asset, AssetAlias
from airflow.providers.common.compat.lineage.hook import get_hook_lineage_collector

from airflow_provider_mode.assets.mode import SCHEME, report_uri
from airflow_provider_mode.client import ModeClient

_collector: Callable[[], Any] = get_hook_lineage_collector
TOUCHED = "mode_touched"
"""The attribute of an operator that holds what it touched, for OpenLineage."""


@dataclass(kw_only=True)
class Touched:
    """The URIs that a task read and wrote, and the run that it was about."""

    read: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    run: Mapping[str, Any] | None = None


def reports_changed(
    operator: Any, context: Mapping[str, Any], client: ModeClient, reports: Sequence[str], **extra: Any
) -> None:
    """
    Declare reports as changed.

    Events go to the task's outlets: an outlet that is the report's own asset gets the details, and through an
    ``AssetAlias`` each report's asset gets an event, whichever reports the run turns out to be about.
    """
    uris = [report_uri(client.config.workspace, report) for report in reports]
    operator.__dict__[TOUCHED] = Touched(written=uris, run=extra or None)
    collector = _collector()
    for report in reports:
        collector.add_output_asset(
            context=operator,
            scheme=SCHEME,
            asset_kwargs={"workspace": client.config.workspace, "report": report},
        )
    _events(operator, context, uris, extra)


def report_exported(
    operator: Any,
    context: Mapping[str, Any],
    client: ModeClient,
    report: str,
    files: Sequence[str],
    **extra: Any,
) -> None:
    """Declare a report as read, and files as written."""
    uri = report_uri(client.config.workspace, report)
    operator.__dict__[TOUCHED] = Touched(read=[uri], written=list(files), run=extra or None)
    collector = _collector()
    collector.add_input_asset(
        context=operator, scheme=SCHEME, asset_kwargs={"workspace": client.config.workspace, "report": report}
    )
    for each in files:
        collector.add_output_asset(context=operator, uri=each)
    _events(operator, context, files, extra)


def _events(operator: Any, context: Mapping[str, Any], uris: Sequence[str], extra: Mapping[str, Any]) -> None:
    events = context.get("outlet_events")
    if events is None:
        return
    for outlet in getattr(operator, "outlets", None) or ():
        if isinstance(outlet, AssetAlias):
            for uri in uris:
                events[outlet].add(Asset(uri), extra=dict(extra))
        elif getattr(outlet, "uri", None) in uris:
            events[outlet].extra.update(extra)
