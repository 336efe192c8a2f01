from __future__ import annotations

import importlib
import json
import warnings
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from tests.waiting import AIRFLOW_2


@pytest.fixture(autouse=True)
def connection(mode_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default connection leads to the sandbox."""
    connection = mode_sandbox.connection(rate_limit=None, retry_for=0.2)
    monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", json.dumps(connection))


@pytest.fixture(scope="session", autouse=True)
def database() -> None:
    """Airflow 2.11 looks into its database when a sensor is rescheduled."""
    if AIRFLOW_2:
        migrate: Any = importlib.import_module("airflow.utils.db").initdb
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Airflow's own
            migrate()
