"""From a connection that Airflow has resolved to a client, its secrets masked first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from airflow.providers.common.compat.sdk import mask_secret

from airflow_provider_mode.client import ModeClient, ModeConfig
from airflow_provider_mode.hooks.connection import ConnectionFields, config_from, secrets_of
from airflow_provider_mode.hooks.metrics import told


def masked_config(connection: ConnectionFields) -> ModeConfig:
    """The configuration of a connection; from now on its secrets are hidden in every log."""
    config = _in_environment(config_from(connection))
    for hidden in secrets_of(config):
        mask_secret(hidden)
    return config


def _in_environment(config: ModeConfig) -> ModeConfig:
    """
    With the worker's proxies and certificates where the connection names none, as ``requests`` has it.

    A loopback host is never asked for through a proxy: plain http would show it the key.
    """
    changes: dict[str, Any] = {}
    host = urlsplit(config.host)
    if config.proxies is None and host.scheme == "https":
        proxies = getproxies()
        if "https" in proxies and not proxy_bypass(host.netloc):
            changes["proxies"] = {"https": proxies["https"]}
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if config.verify is True and bundle:
        changes["verify"] = bundle
    return replace(config, **changes) if changes else config


def client_of(config: ModeConfig) -> ModeClient:
    """A client whose requests show on Airflow's metrics."""
    client = ModeClient(config)
    client.usage.tell(told(config.workspace))
    return client


SHORTEST_PATIENCE = 1.0  # seconds that retrying may take though a deadline be over: for a mere hiccup


@contextmanager
def within(client: ModeClient, seconds: float) -> Iterator[ModeClient]:
    """A client that does not retry beyond a deadline so far off: the same, where it would not anyhow."""
    patience = max(seconds, SHORTEST_PATIENCE)
    if client.config.retry_for <= patience:
        yield client
        return
    with impatient(client.config, retry_for=patience) as hurried:
        yield hurried


def impatient(config: ModeConfig, *, retry_for: float, **changes: Any) -> ModeClient:
    """A client that gives up sooner than the connection says, for whoever will ask again by itself."""
    return client_of(replace(config, retry_for=min(config.retry_for, retry_for), **changes))
