"""
The hook: resolves a connection, hides what is secret in it, and hands out the client.

The client is imported when it is first asked for: operators and sensors import this module, and a DAG file
should not pay for an HTTP library at every parse.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException, BaseHook

from airflow_provider_mode.hooks.form import CONN_TYPE, DEFAULT_CONN_ID, HOOK_NAME, ui_field_behaviour

if TYPE_CHECKING:
    from airflow_provider_mode.client import ModeClient


class ModeHook(BaseHook):
    """
    The way from an Airflow connection of type ``mode`` to a ``ModeClient``.

    Making a hook reads nothing: the connection is fetched when the client is first asked for.

    :param mode_conn_id: the connection to Mode
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
    def _client(self) -> ModeClient:
        from airflow_provider_mode.hooks.clients import (  # noqa: PLC0415 - see the module's docstring
            client_of,
            masked_config,
        )

        return client_of(masked_config(self.get_connection(self.mode_conn_id)))

    def get_conn(self) -> ModeClient:
        """The client of this connection, the same one at each call; its secrets are masked in every log."""
        return self._client

    def test_connection(self) -> tuple[bool, str]:
        """Whether the connection works, and a sentence: with which workspace and scope, or why not."""
        from airflow_provider_mode.hooks.check import PATIENCE, check  # noqa: PLC0415 - see the docstring
        from airflow_provider_mode.hooks.clients import impatient, masked_config  # noqa: PLC0415 - likewise

        try:
            config = masked_config(self.get_connection(self.mode_conn_id))
            with impatient(config, retry_for=PATIENCE) as client:
                return check(client)
        except (ValueError, AirflowException) as error:  # what the connection holds, or that there is none
            return False, str(error)
