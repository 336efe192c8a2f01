"""The lines by which long work says how far it has come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from airflow_provider_mode.client import Usage
from airflow_provider_mode.governance.ports import Progress

_IN_MINUTES = 120  # seconds; longer is said in minutes


class ProgressLog:
    """Says how far long work has come, at what pace and until when, once in a few seconds."""

    def __init__(
        self, log: Any, usage: Usage, *, every: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = log
        self._usage = usage
        self._every = every
        self._clock = clock
        self._began = self._said = clock()
        self._stage: str | None = None
        self._first = (self._began, 0)  # when the first of the stage was done, and how many that were

    def __call__(self, progress: Progress) -> bool:
        """Log the progress and answer true, unless the last line is too recent."""
        now = self._clock()
        if progress.stage != self._stage:
            self._stage, self._first = progress.stage, (now, progress.done)
        if now - self._said < self._every:
            return False
        self._said = now
        requests = self._usage.requests
        pace = f"{requests} requests, {requests / max(now - self._began, 1e-9):.1f} a second"
        self._log.info("%s (%s)", self._so_far(progress, now), pace)
        return True

    def _so_far(self, progress: Progress, now: float) -> str:
        """How many are done and to do, and the time left as soon as there is a rate to tell it by."""
        if progress.total is None:
            return f"{progress.stage}: {progress.done}"
        to_do = progress.total - progress.done
        line = f"{progress.stage}: {progress.done} of {progress.total}, {to_do} to do"
        since, before = self._first
        if progress.done <= before or now <= since:
            return line
        return f"{line}, about {_span(to_do * (now - since) / (progress.done - before))} left"


def _span(seconds: float) -> str:
    """A time in the unit that one would say it in."""
    return f"{seconds:.0f} s" if seconds < _IN_MINUTES else f"{seconds / 60:.0f} min"
