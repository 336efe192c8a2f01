"""The hook: from an Airflow connection to a client, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_mode.hooks.mode import ModeHook

__all__ = ["ModeHook"]


def __getattr__(name: str) -> Any:
    """Import the hook when it is asked for: every Airflow process loads this package for its form alone."""
    if name == "ModeHook":
        from airflow_provider_mode.hooks.mode import ModeHook  # noqa: PLC0415 - the point of this function

        return ModeHook
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
