from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.triggers._pace import SHARE, phase, stretch

INTERVALS = st.lists(st.floats(0.1, 3600), min_size=1, max_size=50)


@given(INTERVALS, st.floats(1, 20), st.floats(0.1, 10))
def test_stretched_polls_keep_their_share_of_the_pace(
    intervals: list[float], cost: float, allowed: float
) -> None:
    """Whatever is asked for, all polls together stay within it; what fits is not stretched."""
    factor = stretch(intervals, cost, allowed)
    asked = sum(cost / interval for interval in intervals)
    assert asked / factor <= SHARE * allowed * 1.000001
    assert factor == pytest.approx(max(1.0, asked / (SHARE * allowed)))


def test_without_a_limit_nothing_is_stretched() -> None:
    """Pacing may be switched off."""
    assert stretch([0.001] * 1000, 1, None) == 1.0


def test_five_hundred_triggers_on_a_hundred_reports_fit() -> None:
    """A poll a report and minute is less than half of Mode's limit."""
    assert stretch([60.0] * 100, 1, 4.0) == 1.0


def test_phases_are_spread() -> None:
    """A hundred reports fall into every tenth of the interval, the same ones after a restart."""
    phases = [phase(f"{number:012x}") for number in range(100)]
    assert {int(each * 10) for each in phases} == set(range(10))
    assert phases == [phase(f"{number:012x}") for number in range(100)]
