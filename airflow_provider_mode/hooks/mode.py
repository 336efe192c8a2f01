"""The hook: resolves a connection, hides what is secret in it, and hands out the client."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.providers.common.compat.sdk import AirflowException, BaseHook, mask_secret

from airflow_provider_mode.client import ModeClient
from airflow_provider_mode.client.config import ModeConfig
from airflow_provider_mode.client.errors import ModeError
from airflow_provider_mode.hooks.connection import config_from, secrets_of
from airflow_provider_mode.hooks.form import CONN_TYPE, DEFAULT_CONN_ID, HOOK_NAME, ui_field_behaviour


class ModeHook(BaseHook):
    """
    The way from an Airflow connection of type ``mode`` to a ``ModeClient``.

    Making a hook reads nothing: the connection is fetched when the client is first asked for.
    """

    conn_name_attr = "mode_conn_id"
    default_conn_name = DEFAULT_CONN_ID
    conn_type = CONN_TYPE
    hook_name = HOOK_NAME

    def __init__(self, mode_conn_id: str = DEFAULT_CONN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mode_conn_id = mode_conn_id

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """The form of Airflow before 3.2; later ones read the same table from the provider's metadata."""
        return ui_field_behaviour()

    @cached_property
    def config(self) -> ModeConfig:
        """The connection, parsed, with its secrets masked in every log from here on."""
        config = config_from(self.get_connection(self.mode_conn_id))
        for hidden in secrets_of(config):
            mask_secret(hidden)
        return config

    @cached_property
    def _client(self) -> ModeClient:
        return ModeClient(self.config)

    def get_conn(self) -> ModeClient:
        """The client of this connection, the same one at each call."""
        return self._client

    def test_connection(self) -> tuple[bool, str]:
        """Whether the connection works, and a sentence: with which workspace and scope, or why not."""
        try:
            credential = self.get_conn().verify()
        except (ModeError, AirflowException) as error:
            return False, str(error)
        asked = self.config.workspace
        if credential.workspace and credential.workspace != asked:
            return False, (
                f"The key belongs to workspace {credential.workspace!r}, but the connection says {asked!r}."
            )
        scope = credential.scope or "unknown"
        sentence = f"Connected to Mode workspace {asked!r} with a key of scope {scope!r}."
        if not credential.sees_everything:
            sentence += " It sees only what its member sees: make a workspace key to see every report."
        return True, sentence
