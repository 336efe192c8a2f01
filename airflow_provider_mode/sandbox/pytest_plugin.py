"""A pytest fixture for anybody's tests: `mode_sandbox`, a fresh workspace in this process for each test."""

from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_mode.sandbox.options import Options
from airflow_provider_mode.sandbox.sandbox import Sandbox

MARK = "mode_sandbox"
SMALL: dict[str, Any] = {"reports": 60, "collections": 6, "limit": "off"}


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(**options): how the mode_sandbox fixture starts: reports=60, collections=6, limit='off', "
        "seed, requests, period, latency, jitter, start, frozen, switches={...}",
    )


@pytest.fixture
def mode_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A running sandbox of 60 reports without a rate limit, unless its marker says otherwise."""
    chosen = dict(SMALL)
    for mark in reversed(list(request.node.iter_markers(MARK))):
        chosen |= mark.kwargs
    with Sandbox(Options(**chosen)) as sandbox:
        yield sandbox
