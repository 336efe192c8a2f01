"""
What the clients of this process cost, on Airflow's metrics: StatsD, Datadog or OpenTelemetry.

Counters `mode.requests`, `mode.throttled`, `mode.retries` and `mode.changes`, and the timer `mode.wait`, each
with the tag `workspace`. With Airflow's metrics off nothing is called, and nothing is imported.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import conf

if TYPE_CHECKING:
    from airflow_provider_mode.client.usage import Told

_SWITCHES = ("statsd_on", "statsd_datadog_enabled", "otel_on")


def told(workspace: str) -> Told | None:
    """What passes a client's counts on to Airflow's metrics; None while those are off."""
    if not any(conf.getboolean("metrics", name, fallback=False) for name in _SWITCHES):
        return None
    from airflow.providers.common.compat.sdk import Stats  # noqa: PLC0415 - see the module's docstring

    tags = {"workspace": workspace}

    def tell(name: str, amount: float) -> None:
        """One count or one wait; as an interval of time, Airflow's settings of units do not matter."""
        if name == "wait":
            Stats.timing("mode.wait", timedelta(seconds=amount), tags=tags)
        else:
            Stats.incr(f"mode.{name}", int(amount), tags=tags)

    return tell
