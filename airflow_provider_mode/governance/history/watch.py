"""An inventory's view counts on their way through the memory: what they add to it, and it to them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from airflow_provider_mode.client.config import ModeConfig
from airflow_provider_mode.governance.durations import counted
from airflow_provider_mode.governance.evidence.evidence import UNSURE, Evidence
from airflow_provider_mode.governance.history.file import HistoryFile

MOST_VIEWS = 2**62
"""A count above this is no count of views."""
_log = logging.getLogger(__name__)


class Watching:
    """
    Tells when each report was last viewed, as far as its running count shows.

    It has to see rows of lists only, as they are read: should Mode count an API read of one report as a view,
    counts from single reads would look like people.
    """

    def __init__(self, file: HistoryFile, *, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock
        self._history = file.load(clock())
        self.read = 0
        """How many counts this run has read."""

    def seen(self, evidence: Evidence) -> Evidence:
        """The row with its last view and since when views are watched; UNSURE where no growth was seen."""
        views = evidence.view_count
        if not isinstance(views, int) or views > MOST_VIEWS:
            return evidence.but(last_viewed_at=UNSURE)  # also where absent: a lost memory looks like that
        created = evidence.created_at if isinstance(evidence.created_at, datetime) else None
        known = self._history.read(evidence.report, views, self._clock(), created)
        self.read += 1
        return evidence.but(last_viewed_at=known.last_viewed_at or UNSURE, watched_since=known.since)

    def save(self) -> None:
        """Write down what was read; nothing, where nothing was."""
        if not self.read:
            return
        self._file.save(self._history, self._clock())
        _log.info("Views of %s recorded in %s", counted(self.read, "report"), self._file.path)
        if self._history.fallen:
            _log.warning(
                "%s: the view count fell, which a running count should never do; these are watched anew",
                counted(self._history.fallen, "report"),
            )


@contextlib.contextmanager
def watching(folder: Any, config: ModeConfig, *, clock: Callable[[], datetime]) -> Iterator[Watching]:
    """
    A memory in `folder` for one inventory, saved at its end.

    It is saved however the inventory ended: each count is true by itself, and a workspace with one unreadable
    collection would otherwise never get a history.
    """
    watch = Watching(HistoryFile(folder, host=config.host, workspace=config.workspace), clock=clock)
    try:
        yield watch
    finally:
        watch.save()
