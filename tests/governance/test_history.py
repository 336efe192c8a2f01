"""What a memory of view counts may say, and above all what it may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_mode.governance.history.history import (
    FORGET_AFTER,
    NEVER,
    History,
    Track,
    Watched,
    begin,
    follow,
    moment_of,
    seconds,
    youngest,
)

START = datetime(2026, 1, 5, 4, tzinfo=UTC)
REPORT = "5c6b1f0e2a34"


def day(number: float) -> datetime:
    """A day of the test's year."""
    return START + timedelta(days=number)


def read(*readings: tuple[float, int], created: datetime | None = None) -> tuple[History, Watched]:
    """A memory that began at the first reading, and what it says after the last one."""
    history = History(day(readings[0][0]))
    said = [history.read(REPORT, views, day(at), created) for at, views in readings]
    return history, said[-1]


def test_the_first_reading_of_a_count_tells_nothing_but_that_it_is_watched() -> None:
    """Seven views may have happened years ago, or a minute ago."""
    assert read((0, 7))[1] == Watched(since=day(0), last_viewed_at=None)


def test_a_count_that_stays_the_same_was_not_viewed_since_it_is_watched() -> None:
    """However long nobody looked at the count itself, it went on running."""
    assert read((0, 7), (7, 7), (300, 7))[1] == Watched(since=day(0), last_viewed_at=None)


def test_growth_is_dated_at_the_later_reading() -> None:
    """The view may have happened just before it, and a gap between runs must not make it older."""
    assert read((0, 7), (7, 7), (60, 8))[1].last_viewed_at == day(60)
    assert read((0, 7), (60, 8), (67, 8))[1].last_viewed_at == day(60)


def test_a_fall_begins_the_watching_anew() -> None:
    """A reset hides views, and is none itself: neither fresh nor stale follows from it."""
    history, said = read((0, 7), (7, 8), (14, 2))
    assert said == Watched(since=day(14), last_viewed_at=None)
    assert history.fallen == 1
    assert history.read(REPORT, 3, day(21)) == Watched(since=day(14), last_viewed_at=day(21))


def test_a_count_of_zero_reaches_back_to_creation_but_not_beyond_the_memory() -> None:
    """It was zero all along; yet a young memory stays a young one."""
    history, said = read((0, 0), created=day(-400))
    assert said == Watched(since=day(0), last_viewed_at=None)
    assert history.read("new", 0, day(30), day(26)) == Watched(since=day(26), last_viewed_at=None)
    assert history.read("hidden", 0, day(30), day(-9)) == Watched(since=day(0), last_viewed_at=None)
    assert history.read("ahead", 0, day(30), day(31)) == Watched(since=day(31), last_viewed_at=None)


def test_a_report_created_since_the_memory_began_was_viewed_since() -> None:
    """Its count began at zero while others were watched already."""
    history, _ = read((0, 7))
    assert history.read("new", 2, day(30), day(26)) == Watched(since=day(26), last_viewed_at=day(30))
    assert history.read("old", 2, day(30), day(-26)) == Watched(since=day(30), last_viewed_at=None)
    assert history.read("undated", 2, day(30)) == Watched(since=day(30), last_viewed_at=None)


def test_a_clock_that_was_set_back_makes_evidence_younger() -> None:
    """Nothing is ever dated before what was dated already."""
    track = Track(7, seconds(day(0)), NEVER, seconds(day(14)))
    assert follow(track, 8, seconds(day(7))).grew == seconds(day(14))
    assert follow(track, 6, seconds(day(7))).since == seconds(day(14))
    assert follow(track, 7, seconds(day(7))) == track


def test_a_clock_that_was_wrong_at_first_dates_nothing_before_the_report_was_there() -> None:
    """A machine whose clock stands in the past would otherwise watch it for ages at once."""
    history, _ = read((0, 7))
    assert history.read("new", 2, day(-3000), day(1)).since == day(1)


def test_moments_are_rounded_to_the_safe_side() -> None:
    """A view in the last half second of the reading is not after it."""
    at = day(0) + timedelta(milliseconds=1)
    assert moment_of(seconds(at)) == day(0) + timedelta(seconds=1)


def test_a_report_that_no_list_shows_for_years_is_forgotten() -> None:
    """The file stays small, and whatever returns later is watched anew."""
    history, _ = read((0, 7))
    history.read("newer", 7, day(9))
    assert [name for name, _ in history.kept(day(9) + FORGET_AFTER)] == ["newer"]
    assert len(history) == 2


def test_two_runs_at_once_join_to_the_younger_evidence() -> None:
    """Each began from the same file; the second to write has what both have read."""
    base, second = Track(10, 0, NEVER, 0), {}
    for views, at in ((10, 5), (4, 5), (12, 5), (10, 6), (12, 6), (4, 6)):
        second[views, at] = follow(base, views, at)
    assert youngest(second[10, 5], second[12, 6]) == Track(12, 0, 6, 6)
    assert youngest(second[12, 6], second[10, 5]) == Track(12, 0, 6, 6)
    assert youngest(second[4, 5], second[10, 6]) == Track(10, 5, 6, 6)  # reset and regrown between them
    assert youngest(second[12, 5], second[4, 6]) == Track(4, 6, NEVER, 6)
    history, _ = read((0, 10), (7, 11))
    other, _ = read((0, 10), (7.5, 12))
    other.read("new", 3, day(8))
    history.join(other.readings())
    assert history.track(REPORT) == Track(12, seconds(day(0)), seconds(day(7.5)), seconds(day(7.5)))
    assert history.track("new") == Track(3, seconds(day(8)), NEVER, seconds(day(8)))


EVENTS = st.lists(
    st.tuples(st.integers(1, 50), st.sampled_from(["view", "reset", "read", "read by A", "read by B"])),
    max_size=40,
)


def bound(track: Track) -> int:
    """The latest moment at which the memory says that a view can have happened."""
    return track.since if track.grew == NEVER else track.grew


@given(EVENTS, st.integers(0, 3), st.booleans())
def test_no_view_is_ever_later_than_the_memory_says(
    events: list[tuple[int, str]], first: int, born: bool
) -> None:
    """Whatever is read, skipped or reset, a report never looks older than it is.

    The one coincidence that no reading can show, a reset count that grew to exactly what it was, is left out.
    """
    at, views, viewed = 100, 0 if born else first, 100 if first else 0
    track, at_reading, hidden = begin(views, at, created=100 if born else None, began=100), views, False
    for wait, event in events:
        at += wait
        if event == "view":
            views, viewed = views + 1, at
        elif event == "reset":
            views, hidden = 0, hidden or viewed > track.seen or views > 0
        else:
            assume(not (hidden and views == at_reading))
            track, at_reading, hidden = follow(track, views, at), views, False
            assert viewed <= bound(track)
            assert track.grew == NEVER or track.grew >= track.since


@given(EVENTS)
def test_a_reading_that_is_lost_makes_evidence_younger(events: list[tuple[int, str]]) -> None:
    """Of two memories of one running count, the one that missed readings never dates a view earlier."""
    at, views = 0, 0
    whole = part = begin(0, 0, created=0, began=0)
    for wait, event in events:
        at += wait
        views += event == "view"
        if event.startswith("read"):
            whole = follow(whole, views, at)
            part = follow(part, views, at) if event == "read by A" else part
    assert bound(follow(part, views, at + 1)) >= bound(follow(whole, views, at + 1))


@given(EVENTS)
def test_two_runs_that_read_in_turns_lose_no_view(events: list[tuple[int, str]]) -> None:
    """The joined memory knows of every view up to its last reading, in whichever order the two are joined."""
    at, views, viewed, known = 0, 0, 0, 0
    runs = dict.fromkeys("AB", begin(0, 0, created=0, began=0))
    for wait, event in events:
        at += wait
        if event == "view":
            views, viewed = views + 1, at
        elif event.startswith("read by"):
            runs[event[-1]], known = follow(runs[event[-1]], views, at), viewed
    assert youngest(runs["A"], runs["B"]) == youngest(runs["B"], runs["A"])
    assert bound(youngest(runs["A"], runs["B"])) >= known
