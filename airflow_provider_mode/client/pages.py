"""
Where a list ends: a pure state that is fed pages.

No next link is trusted (Mode's lead past the end, and to wrong URLs), and no short page ends anything: an
empty page does, or one without an unseen row (servers repeat the last page, or clamp the number), or counters
that are exhausted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_mode.client.parse import count

FULL = 30
"""Rows of a full page of reports."""
SECOND = 2
MOST_PAGES = 10_000
"""A list that has not ended by then never will."""
MOST_WALKS = 3
"""How often a list is walked again because its rows moved between pages meanwhile."""


class EndlessError(RuntimeError):
    """The list went on past its last possible page."""


@dataclass(slots=True)
class Pages:
    """One list's walk: which page comes next, which rows are new, and whether rows moved meanwhile."""

    most_pages: int = MOST_PAGES
    next_page: int = 1
    done: bool = False
    shifted: bool = False
    last_page: int | None = None
    went_on: bool = False
    """Whether a page after the first had rows of its own."""
    repeated_first: bool = False
    """Whether the list ended because its second page was the first again, as full as pages are."""
    seen: set[str] = field(default_factory=set)
    _this_walk: set[str] = field(default_factory=set)
    _total: int | None = None

    def feed(self, names: Sequence[str], counters: Mapping[str, Any] | None = None) -> list[int]:
        """Take in the page that came next, as the names of its rows; which of them (by index) are new."""
        if self.next_page > self.most_pages:
            raise EndlessError
        unseen = set(names) - self._this_walk
        if unseen and not self._this_walk.isdisjoint(names):
            self.shifted = True
        new = []
        for index, name in enumerate(names):
            if name not in self.seen:
                self.seen.add(name)
                new.append(index)
        self.went_on = self.went_on or bool(unseen and self._this_walk)
        self.repeated_first = self.next_page == SECOND and not unseen and len(names) >= FULL
        self._this_walk |= unseen
        self.done = not unseen or self._exhausted(counters or {})
        self.next_page += 1
        return new

    def again(self) -> "Pages":
        """A fresh walk of the same list; what was seen stays seen."""
        return Pages(most_pages=self.most_pages, seen=self.seen)

    def _exhausted(self, counters: Mapping[str, Any]) -> bool:
        """Whether the counters say that this was the last page, and do not contradict what was seen."""
        total = count(counters.get("total_count"))
        if self._total is not None and total is not None and total != self._total:
            self.shifted = True
        self._total = total
        self.last_page = count(counters.get("total_pages")) or None
        if self.last_page is None or self.next_page < self.last_page:
            return False
        if total is not None and len(self._this_walk) < total:
            self.last_page = None
            return False
        return True
