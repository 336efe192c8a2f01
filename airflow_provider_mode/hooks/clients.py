"""From a connection that Airflow has resolved to a client, its secrets masked first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airflow.providers.common.compat.sdk import mask_secret

from airflow_provider_mode.client import ModeClient, ModeConfig
from airflow_provider_mode.hooks.connection import ConnectionFields, config_from, secrets_of


def masked_config(connection: ConnectionFields) -> ModeConfig:
    """The configuration of a connection; from now on its secrets are hidden in every log."""
    config = config_from(connection)
    for hidden in secrets_of(config):
        mask_secret(hidden)
    return config


def impatient(config: ModeConfig, *, retry_for: float, **changes: Any) -> ModeClient:
    """A client that gives up sooner than the connection says, for whoever will ask again by itself."""
    return ModeClient(replace(config, retry_for=min(config.retry_for, retry_for), **changes))
