"""Whether reading a report counts as a view, which nobody knows of Mode."""

from __future__ import annotations

import logging
import threading

from airflow_provider_mode.governance.errors import ApiReadsCountAsViews

ENOUGH = 20
SUSPICIOUS = 3
_log = logging.getLogger(__name__)


class ViewGuard:
    """Watches the first single reads: if each of them shows more views than before, it is the reading."""

    def __init__(self) -> None:
        self._threads = threading.Lock()
        self._raised = 0
        self._watching = True

    def saw(self, *, more: bool) -> None:
        """One read, and whether the count had grown since the plan; raises where all of the first did."""
        with self._threads:
            self._watching = self._watching and more
            self._raised += self._watching
            if self._watching and self._raised == SUSPICIOUS:
                _log.warning(
                    "Each of the first %s reports that were read again had more views than planned. If that "
                    "goes on, Mode counts API reads as views, and views say nothing here.",
                    SUSPICIOUS,
                )
            if self._watching and self._raised >= ENOUGH:
                raise ApiReadsCountAsViews(
                    f"each of the first {ENOUGH} reports that were read again had more views than planned: "
                    "Mode seems to count API reads as views, so that views say nothing here; "
                    "use another criterion or source"
                )
