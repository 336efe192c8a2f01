"""One look at Mode: what several ask about is read once, so all of them see the same moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from airflow_provider_mode.client import ModeClient, ModeError, NotFound, Report, Run, Schedule

NEWEST = 30  # runs on one page, which is one request


class Look:
    """
    Reads what questions are about, each thing once, its error too; for one thread, and for one moment.

    :param shared: whether several questions are asked: then runs are found in the list of the newest, which
        costs one request for all of them
    """

    def __init__(self, client: ModeClient, *, shared: bool = False) -> None:
        self.client = client
        self._shared = shared
        self._read: dict[tuple[str, ...], Any] = {}

    def report(self, report: str) -> Report:
        """A report."""
        found: Report = self._once(("report", report), lambda: self.client.report(report))
        return found

    def schedules(self, report: str) -> list[Schedule]:
        """The schedules of a report; where Mode counts them, the count is believed."""
        count = self.report(report).schedules_count
        found: list[Schedule] = self._once(
            ("schedules", report), lambda: list(self.client.schedules(report, count))
        )
        return found

    def runs(self, report: str) -> Iterator[Run]:
        """The runs of a report, newest first, read as far as somebody looks."""
        lazily: _Lazy = self._once(("runs", report), lambda: _Lazy(self.client.runs(report)))
        return iter(lazily)

    def run(self, report: str, run: str) -> Run:
        """One run."""
        if self._shared:
            newest = islice(self.runs(report), NEWEST)
            found = next((each for each in newest if each.token == run), None)
            if found is not None:
                return found
        one: Run = self._once(("run", report, run), lambda: self.client.report_run(report, run))
        return one

    def last_viewed_at(self, report: str) -> datetime | None:
        """When anybody last opened a report, by Discovery's list of all; None for never."""
        views: dict[str, datetime | None] = self._once(("views",), self._views)
        if report not in views:
            raise NotFound(f"Discovery does not list report {report}")
        return views[report]

    def _views(self) -> dict[str, datetime | None]:
        return {row.token: row.last_viewed_at for row in self.client.discovery.reports()}

    def _once(self, key: tuple[str, ...], read: Callable[[], Any]) -> Any:
        """The same answer for all who ask, be it an error."""
        if key not in self._read:
            try:
                self._read[key] = read()
            except ModeError as error:
                self._read[key] = error
        found = self._read[key]
        if isinstance(found, ModeError):
            raise found
        return found


class _Lazy:
    """An iterator that can be iterated again: what was drawn once is kept, its error too."""

    def __init__(self, source: Iterator[Run]) -> None:
        self._source = source
        self._drawn: list[Run] = []
        self._error: ModeError | None = None

    def __iter__(self) -> Iterator[Run]:
        index = 0
        while index < len(self._drawn) or self._draws():
            yield self._drawn[index]
            index += 1

    def _draws(self) -> bool:
        """Whether one more came."""
        if self._error is not None:
            raise self._error
        try:
            self._drawn.append(next(self._source))
        except StopIteration:
            return False
        except ModeError as error:
            self._error = error
            raise
        return True
