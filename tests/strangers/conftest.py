"""Clients that others wrote, each on a sandbox of its own; what they ask goes into the ledger."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from tests.strangers.ledger import CATALOGUE, MODE_SDK, PYMODE, Ledger

if any(find_spec(name) is None for name in ("mode_sdk", "pymode", "schemathesis")):
    collect_ignore_glob = ["test_*.py"]  # `make strangers` has an environment for these
LEDGER = Ledger()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The matrix is made of what all the others did, so it comes last."""
    items.sort(key=lambda item: item.path.name == "test_matrix.py")


@pytest.fixture
def ledger() -> Ledger:
    """What every client asked so far."""
    return LEDGER


def _sdk(sandbox: Sandbox, login: str, password: str) -> Any:
    return importlib.import_module("mode_sdk").Mode(
        sandbox.workspace, token=login, secret=password, base_url=f"{sandbox.url}/api", max_retries=0
    )


@pytest.fixture
def sdk(mode_sandbox: Sandbox) -> Iterator[Any]:
    """The `mode-sdk` client with the workspace's key."""
    with _sdk(mode_sandbox, mode_sandbox.login, mode_sandbox.password) as client:
        yield client
    LEDGER.note(MODE_SDK, mode_sandbox)


@pytest.fixture
def member_sdk(mode_sandbox: Sandbox) -> Iterator[Any]:
    """The `mode-sdk` client with a member's key."""
    with _sdk(mode_sandbox, mode_sandbox.member_login, mode_sandbox.member_password) as client:
        yield client
    LEDGER.note(MODE_SDK, mode_sandbox)


@pytest.fixture
def discovery(mode_sandbox: Sandbox) -> Iterator[Any]:
    """The Discovery client of `mode-sdk` with the sandbox's signature."""
    made = importlib.import_module("mode_sdk").Discovery(
        mode_sandbox.workspace, base_url=mode_sandbox.url, max_retries=0, **mode_sandbox.discovery
    )
    with made as client:
        yield client
    LEDGER.note(MODE_SDK, mode_sandbox)


@pytest.fixture
def py_mode(mode_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The `pymode` client, which knows no other way to be told where Mode is."""
    kind = importlib.import_module("pymode").Mode
    monkeypatch.setattr(kind, "_base_url", f"{mode_sandbox.url}/api")
    yield kind(mode_sandbox.workspace, mode_sandbox.login, mode_sandbox.password)
    LEDGER.note(PYMODE, mode_sandbox)


@pytest.fixture
def catalogue(mode_sandbox: Sandbox) -> Iterator[Any]:
    """A plain HTTP client with the workspace's key, for walks in the manner of catalogue crawlers."""
    httpx = importlib.import_module("httpx")
    key = (mode_sandbox.login, mode_sandbox.password)
    with httpx.Client(base_url=mode_sandbox.url, auth=key) as client:
        yield client
    LEDGER.note(CATALOGUE, mode_sandbox)
