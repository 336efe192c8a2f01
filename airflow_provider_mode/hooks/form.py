"""
The fields of a connection of type ``mode``, once: both Airflow lines' forms and our messages are made of it.

Every Airflow process imports this module through the provider's entry point, so it imports nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

CONN_TYPE = "mode"
HOOK_NAME = "Mode"
DEFAULT_CONN_ID = "mode_default"
DEFAULT_HOST = "https://app.mode.com"


class Field(NamedTuple):
    """One standard field of Airflow's connection form: its label and placeholder here, or hidden."""

    name: str
    label: str = ""
    placeholder: str = ""

    @property
    def shown(self) -> bool:
        """Whether the form shows the field."""
        return bool(self.label)


FIELDS = (
    Field("login", "API token", "the token of a workspace API key"),
    Field("password", "API secret", "shown by Mode once, when the key is made"),
    Field("schema", "Workspace", "the name in app.mode.com/<workspace>, in lower case"),
    Field("host", "Base URL", DEFAULT_HOST),
    Field("description"),
    Field("port"),
    Field("extra"),
)
EXTRA_KEYS = ("rate_limit", "timeout", "retry_for", "concurrency", "discovery", "proxies", "verify")


def label(name: str) -> str:
    """The name of a field as a person knows it: ``schema (Workspace)``."""
    known = {field.name: field.label for field in FIELDS if field.shown}
    return f"{name} ({known[name]})" if name in known else name


def ui_field_behaviour(separator: str = "_") -> dict[str, Any]:
    """The form's behaviour; metadata (3.2+) spells ``hidden-fields``, a hook's method ``hidden_fields``."""
    shown = [field for field in FIELDS if field.shown]
    return {
        f"hidden{separator}fields": [field.name for field in FIELDS if not field.shown],
        "relabeling": {field.name: field.label for field in shown},
        "placeholders": {field.name: field.placeholder for field in shown},
    }
