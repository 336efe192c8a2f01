from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_mode.sandbox.clock import (
    Clock,
    offset_stamp,
    parse_moment,
    parse_span,
    stamp,
    utc_now,
    whole_stamp,
)

START = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def test_a_clock_flows_from_where_it_was_put() -> None:
    """Real time that passes also passes in the workspace."""
    real = [datetime(2026, 1, 1, tzinfo=UTC)]
    clock = Clock(START, wall=lambda: real[0])
    assert clock.now() == START.replace(microsecond=123000)
    real[0] += timedelta(hours=1)
    assert clock.now() == START.replace(microsecond=123000) + timedelta(hours=1)
    assert clock.advance(timedelta(days=1)) == START.replace(microsecond=123000) + timedelta(days=1, hours=1)


def test_a_frozen_clock_moves_only_when_moved() -> None:
    """Frozen, it stands until it is moved; unfrozen, it flows on from there."""
    real = [datetime(2026, 1, 1, tzinfo=UTC)]
    clock = Clock(START, frozen=True, wall=lambda: real[0])
    real[0] += timedelta(hours=1)
    assert clock.frozen
    assert clock.now() == START.replace(microsecond=123000)
    assert clock.move_to(START + timedelta(days=2)).day == 3
    clock.unfreeze()
    clock.unfreeze()
    real[0] += timedelta(hours=1)
    assert not clock.frozen
    assert clock.now().hour == 13


def test_without_a_start_it_is_the_real_time() -> None:
    """A workspace begins now."""
    assert abs(Clock().now() - utc_now()) < timedelta(minutes=1)


def test_moments_are_printed_as_mode_prints_them() -> None:
    """Milliseconds and Z, or an offset, or whole seconds; null stays null."""
    assert stamp(START) == "2026-03-01T12:00:00.123Z"
    assert offset_stamp(START) == "2026-03-01T12:00:00.123+00:00"
    assert whole_stamp(START) == "2026-03-01T12:00:00Z"
    assert (stamp(None), offset_stamp(None), whole_stamp(None)) == (None, None, None)


def test_moments_are_read_in_utc() -> None:
    """A date, a time without zone, and one with another zone."""
    assert parse_moment("2026-03-01") == datetime(2026, 3, 1, tzinfo=UTC)
    assert parse_moment("2026-03-01T02:00:00+02:00") == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90d", 90 * 86400), ("36h", 129600), ("2w", 1209600), ("30m", 1800), ("5", 5), (7, 7)],
)
def test_spans(text: str | int, seconds: int) -> None:
    """Durations as tests like to write them."""
    assert parse_span(text).total_seconds() == seconds


def test_a_span_that_is_none_is_refused() -> None:
    """The error shows what would do."""
    with pytest.raises(ValueError, match="not a duration: 'soon'"):
        parse_span("soon")
