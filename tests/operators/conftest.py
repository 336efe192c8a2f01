from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from tests.operators.workspace import Mode, Said


@pytest.fixture
def mode(mode_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mode:
    """A workspace behind the default connection; mark a test `mode_sandbox(reports=0)` for an empty one."""

    def connect(*, member: bool = False, extra: dict[str, Any] | None = None, **changes: Any) -> None:
        extras = {"rate_limit": None, "retry_for": 0.2, "discovery": mode_sandbox.discovery} | (extra or {})
        connection = mode_sandbox.connection(member=member) | {"extra": extras} | changes
        monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", json.dumps(connection))

    connect()
    return Mode(mode_sandbox, tmp_path, connect)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Said:
    """All that was logged: 3.x prints its log, 2.11 logs through Python's own."""

    def read() -> str:
        shown = capsys.readouterr()
        return shown.out + shown.err + caplog.text

    return read
