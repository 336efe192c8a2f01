from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_mode.hooks.metrics import told
from airflow_provider_mode.sandbox import Sandbox

PERIOD = 0.5  # seconds of the window that a 429 waits for
WORKLOAD = Path(__file__).with_name("metrics_workload.py")


class Listener:
    """Where StatsD's lines arrive."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0)
        self.port = self._socket.getsockname()[1]

    def lines(self) -> list[str]:
        """Those of ours that have arrived; on loopback they do so when they are sent."""
        found = []
        while True:
            try:
                found += self._socket.recv(65535).decode().splitlines()
            except BlockingIOError:
                return [line for line in found if ".mode." in line]

    def close(self) -> None:
        """Listen no longer."""
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A StatsD of our own."""
    made = Listener()
    yield made
    made.close()


def work(sandbox: Sandbox, port: int) -> None:
    """Do the work in a process of its own, with Airflow's metrics on."""
    connection = sandbox.connection(rate_limit={"requests": 40, "period": PERIOD})
    settings = {
        "AIRFLOW_CONN_MODE_DEFAULT": json.dumps(connection),
        "AIRFLOW__METRICS__STATSD_ON": "True",
        "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
        "AIRFLOW__METRICS__STATSD_PORT": str(port),
        "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": "True",
    }
    command, env = [sys.executable, str(WORKLOAD)], os.environ | settings
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def totals(lines: list[str]) -> Counter[str]:
    """What the counters come to; of a timer, how often it was told."""
    found: Counter[str] = Counter()
    for line in lines:
        name, _, value = line.partition(":")
        amount, _, kind = value.partition("|")
        assert name.startswith("airflow.mode.")
        assert name.endswith(",workspace=acme")
        found[name.removeprefix("airflow.mode.").partition(",")[0]] += int(amount) if kind == "c" else 1
    return found


@pytest.mark.mode_sandbox(reports=10, collections=2)
def test_statsd_hears_what_a_client_costs(mode_sandbox: Sandbox, listener: Listener) -> None:
    """Each request, 429, retry, change and wait as the sandbox counted them; a tag names the workspace."""
    mode_sandbox.fault("status", method="PATCH", status=429, count=1)
    work(mode_sandbox, listener.port)
    lines = listener.lines()
    found = totals(lines)
    assert found["requests"] == len(mode_sandbox.requests)
    assert found["throttled"] == found["retries"] == 1
    assert found["changes"] == len(mode_sandbox.state.changes) == 1
    assert set(found) == {"requests", "throttled", "retries", "changes", "wait"}
    waits = [line.partition(":")[2] for line in lines if ".wait," in line]
    assert all(wait.endswith("|ms") for wait in waits)
    assert max(float(wait.removesuffix("|ms")) for wait in waits) > 1000 * PERIOD
    assert not any(secret in "".join(lines) for secret in (mode_sandbox.login, mode_sandbox.password))


def test_with_metrics_off_nobody_is_told() -> None:
    """Airflow's default costs nothing."""
    assert told("acme") is None
