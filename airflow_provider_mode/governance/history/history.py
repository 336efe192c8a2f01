"""
A memory of running view counts: since when each report is watched, and when its count last grew. Pure.

REST tells how often a report was viewed, never when. Of two counts read at two moments, the later one being
higher says that someone looked in between, and the same one that nobody did. From that everything follows:

- Growth is dated at the *later* reading, the latest moment at which the view can have happened; a gap between
  runs therefore makes evidence younger, never older.
- A count that fell was reset or corrected. What was viewed around the fall cannot be known, so watching the
  report begins anew: neither a view nor the absence of one was seen.
- A count is the report's, wherever it is: a report that moved, was archived, or was missing for a while is
  watched on, as its count went on running.
- A count of 0 was 0 ever since the report was created; that is believed back to the memory's own beginning.
- A null count is 0; an absent or malformed one is no reading at all.

So a reading that was never taken, or taken and lost, makes evidence younger. (The one exception: a count that
was reset and then grew to exactly what it had been, all between two readings.)
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

NEVER = -1
FORGET_AFTER = timedelta(days=730)
"""A report that no list has shown for so long is forgotten; should it return, watching begins anew."""


class Track(NamedTuple):
    """One report's count and what became of it, in seconds since 1970; `grew` is NEVER until it did."""

    views: int
    since: int
    grew: int
    seen: int


class Watched(NamedTuple):
    """What the memory says of one report: not viewed after `last_viewed_at`, nor (None) after `since`."""

    since: datetime
    last_viewed_at: datetime | None


def begin(views: int, at: int, *, created: int | None, began: int) -> Track:
    """The first reading of a count, by a memory that began at `began`; a clock before `created` is wrong."""
    at = at if created is None else max(at, created)
    if created is not None and views == 0:
        return Track(views, min(max(created, began), at), NEVER, at)
    if created is not None and created > began and views > 0:
        return Track(views, min(created, at), at, at)
    return Track(views, at, NEVER, at)


def follow(track: Track, views: int, at: int) -> Track:
    """What one more reading makes of a track; a clock that was set back counts as standing still."""
    at = max(at, track.seen)
    if views > track.views:
        return Track(views, track.since, at, at)
    if views < track.views:
        return Track(views, at, NEVER, at)
    return track._replace(seen=at)


def seconds(moment: datetime) -> int:
    """A moment as the memory keeps it: whole seconds, rounded up, as later is the safe side."""
    return math.ceil(moment.timestamp())


def moment_of(second: int) -> datetime:
    """The moment that `seconds` made a number of."""
    return datetime.fromtimestamp(second, UTC)


class History:
    """The tracks of a workspace's reports; ten thousands of them in columns, as they stay in memory."""

    def __init__(self, began: datetime) -> None:
        self.began = seconds(began)
        self._rows: dict[str, int] = {}
        self._columns: tuple[array[int], ...] = tuple(array("q") for _ in Track._fields)
        self._read_now = bytearray()
        self.fallen = 0
        """How many counts were lower than before, which a running count should never be."""

    def __len__(self) -> int:
        return len(self._rows)

    def track(self, report: str) -> Track | None:
        """What is remembered of a report."""
        row = self._rows.get(report)
        return None if row is None else self._at(row)

    def remember(self, report: str, track: Track, *, read_now: bool = False) -> None:
        """Keep a track; `read_now` marks it as read in this run and not in an earlier one."""
        row = self._rows.setdefault(report, len(self._rows))
        if row == len(self._read_now):
            self._read_now.append(False)
            for column, value in zip(self._columns, track, strict=True):
                column.append(value)
        for column, value in zip(self._columns, track, strict=True):
            column[row] = value
        self._read_now[row] |= read_now

    def read(self, report: str, views: int, at: datetime, created: datetime | None = None) -> Watched:
        """Take in a count that was read just before `at`, and say what is known of the report now."""
        known, second = self.track(report), seconds(at)
        if known is None:
            created_second = None if created is None else seconds(created)
            track = begin(views, second, created=created_second, began=self.began)
        else:
            track = follow(known, views, second)
            self.fallen += views < known.views
        self.remember(report, track, read_now=True)
        return Watched(moment_of(track.since), None if track.grew == NEVER else moment_of(track.grew))

    def readings(self) -> Iterator[tuple[str, Track]]:
        """The tracks of what was read in this run."""
        for report, row in self._rows.items():
            if self._read_now[row]:
                yield report, self._at(row)

    def join(self, readings: Iterable[tuple[str, Track]]) -> None:
        """Take in what another run read at the same time: where the two differ, the younger evidence."""
        for report, theirs in readings:
            mine = self.track(report)
            self.remember(report, theirs if mine is None else youngest(mine, theirs))

    def kept(self, now: datetime) -> Iterator[tuple[str, Track]]:
        """The tracks worth keeping, sorted by report."""
        oldest = seconds(now - FORGET_AFTER)
        for report, row in sorted(self._rows.items()):
            track = self._at(row)
            if track.seen >= oldest:
                yield report, track

    def _at(self, row: int) -> Track:
        return Track(*(column[row] for column in self._columns))


def youngest(one: Track, other: Track) -> Track:
    """Two runs' tracks of one report as one: the later reading, watched since the later beginning."""
    first, last = sorted((one, other), key=lambda track: track.seen)
    joined = follow(first, last.views, last.seen)
    since = max(first.since, last.since, joined.since)
    grew = max(first.grew, last.grew, joined.grew)
    return Track(joined.views, since, grew if grew >= since else NEVER, joined.seen)
