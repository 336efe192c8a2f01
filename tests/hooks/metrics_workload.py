"""
One client, made by the hook as a task has it made, configured by the environment alone.

Archives a report that is throttled once, and verifies the key.
"""

from __future__ import annotations

from airflow.configuration import conf
from airflow.providers.common.compat.sdk import Stats

from airflow_provider_mode.hooks.mode import ModeHook


def start_metrics() -> None:
    """What Airflow 3 does at the start of a task's process; before that, metrics start by themselves."""
    if conf.has_option("metrics", "legacy_names_on"):
        from airflow.sdk.observability.metrics.stats_utils import get_stats_factory  # noqa: PLC0415 - not on 2.11

        Stats.initialize(factory=get_stats_factory(), export_legacy_names=False)


start_metrics()
with ModeHook().get_conn() as client:
    report = next(client.reports(next(iter(client.collections()))))
    client.archive(report)
    client.verify()
