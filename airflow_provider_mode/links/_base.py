"""
Buttons in Airflow's UI that lead to Mode, there as soon as a task knows where, not only when it has ended.

Airflow 3 asks a link on the worker when a task ends or defers, and its UI reads what was stored then: so a
task that waits on its worker stores it itself. Airflow 2 asks in its web server, which reads the same XCom.
"""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.providers.common.compat.sdk import BaseOperatorLink, XCom

from airflow_provider_mode.hooks.showing import HELD, key_of


class ModeLink(BaseOperatorLink):
    """A button that leads where its task says."""

    kind: ClassVar[str]
    name = "Mode"

    @property
    def xcom_key(self) -> str:
        """Where the finished link is kept."""
        return key_of(self.kind)

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """The URL: by the task itself at work, else by what it stored; empty if it knew none."""
        if not type(operator).__module__.startswith("airflow."):
            return str(getattr(operator, HELD, {}).get(self.kind, ""))
        return str(XCom.get_value(key=self.xcom_key, ti_key=ti_key) or "")
