"""mode-sdk 0.1.0, one call after the other, with its own retries (three, unless the task says more)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mode_sdk import Mode, ModeError


class Sdk:
    """A loop over its resources."""

    def __init__(self, mode: Mode) -> None:
        self._mode = mode

    def reports(self, collections: list[str]) -> Iterable[str | None]:
        """The tokens of all reports of some collections."""
        for collection in collections:
            try:
                yield from [report.token for report in self._mode.reports.list(space=collection)]
            except ModeError:
                yield None

    def archive(self, reports: list[str]) -> Iterable[str | None]:
        """Archive reports."""
        for report in reports:
            try:
                yield self._mode.reports.archive(report).token
            except ModeError:
                yield None


def contender(task: dict[str, Any]) -> Sdk:
    """The client of a task."""
    retries = {"max_retries": task["retries"]} if task["retries"] else {}
    return Sdk(
        Mode(
            task["workspace"],
            token=task["login"],
            secret=task["password"],
            base_url=f"{task['url']}/api",
            **retries,
        )
    )
