"""Test Connection: whether a client can work, in one sentence."""

from __future__ import annotations

from airflow_provider_mode.client import ModeClient
from airflow_provider_mode.client.errors import ModeError

PATIENCE = 5.0
"""Seconds to go on trying: somebody is looking at a button."""


def check(client: ModeClient) -> tuple[bool, str]:
    """Ask Mode whose key this is, and say with which workspace and scope it works, or why not."""
    try:
        credential = client.verify()
    except ModeError as error:
        return False, str(error)
    asked = client.config.workspace
    if credential.workspace and credential.workspace != asked:
        return (
            False,
            f"The key belongs to workspace {credential.workspace!r}, but the connection says {asked!r}.",
        )
    if not credential.workspace:
        return False, "Mode answered, but did not say which workspace the key belongs to: check the base URL."
    sentence = f"Connected to Mode workspace {asked!r} with a key of scope {credential.scope or 'unknown'!r}."
    if credential.scope is None:
        sentence += " If it is a member's key, it sees only what its member sees."
    elif credential.is_members:
        sentence += " It sees only what its member sees: use a workspace key to see every report."
    return True, sentence
