from __future__ import annotations

import json

import pytest

from airflow_provider_mode.sandbox import Sandbox
from tests.waiting import let_reschedule


@pytest.fixture(autouse=True)
def connection(mode_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default connection leads to the sandbox."""
    connection = mode_sandbox.connection(rate_limit=None, retry_for=0.2)
    monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", json.dumps(connection))


@pytest.fixture(scope="session", autouse=True)
def database() -> None:
    """What being rescheduled needs."""
    let_reschedule()
