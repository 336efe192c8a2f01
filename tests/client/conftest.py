"""Scripted servers that end with their test."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import pytest

from tests.client.wire import Script, Wire

Serve = Callable[..., Wire]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers, each with its script."""
    started: list[Wire] = []

    def start(script: Script, context: ssl.SSLContext | None = None) -> Wire:
        started.append(Wire(script, context))
        return started[-1]

    yield start
    for server in started:
        server.stop()
