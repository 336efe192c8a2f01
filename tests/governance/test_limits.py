from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.governance.errors import LimitExceeded, SettingError
from airflow_provider_mode.governance.plan.limits import check_limit, parse_max_changes
from tests.governance.fake_client import patient


@pytest.mark.parametrize(
    ("value", "total", "allowed"),
    [
        (5, None, 5),
        ("5", 3, 5),
        (0, 10, 0),
        ("5%", 199, 9),
        ("100%", 7, 7),
        ("0%", 7, 0),
        ("2.5%", 1000, 25),
        (" 12.5% ", 8, 1),
    ],
)
def test_a_limit_is_a_number_or_a_share_rounded_down(value: object, total: int | None, allowed: int) -> None:
    """Numbers stand as they are, percentages are of the total and rounded down."""
    assert parse_max_changes(value).allowed(total) == allowed


@pytest.mark.parametrize(
    "value", [True, False, -1, 5.0, None, "", "-5", "101%", "100.1%", "5 %", "%", "nan%", "5%%", [5]]
)
def test_anything_else_is_no_limit(value: object) -> None:
    """A limit that does not parse is an error that names the parameter."""
    with pytest.raises(SettingError) as caught:
        parse_max_changes(value)
    wanted = 'must be a whole number or a percentage up to 100 such as "5%"'
    assert str(caught.value) == f"max_changes: {wanted}, not {value!r}"


def test_a_share_of_an_unknown_total_is_refused() -> None:
    """A percentage cannot hold where nobody knows of how many."""
    with pytest.raises(
        SettingError, match=r"^max_changes: must be a number here: how many there are in scope is not known$"
    ):
        parse_max_changes("5%").allowed(None)


def test_more_than_allowed_says_planned_allowed_and_total() -> None:
    """The error has the numbers, in words and as attributes."""
    check_limit(10, 10, 50)
    with pytest.raises(
        LimitExceeded, match="11 reports would change of 50 in scope, and max_changes allows 10"
    ) as caught:
        check_limit(11, 10, 50)
    assert (caught.value.planned, caught.value.allowed, caught.value.total) == (11, 10, 50)
    assert caught.value.permanent
    with pytest.raises(LimitExceeded, match="11 schedules would change, and"):
        check_limit(11, 10, None, "schedules")


@patient
@given(percent=st.integers(0, 100), total=st.integers(0, 10**6))
def test_a_share_is_never_more_than_its_total(percent: int, total: int) -> None:
    """Whatever the percentage, it allows at most the share and at most everything."""
    allowed = parse_max_changes(f"{percent}%").allowed(total)
    assert allowed * 100 <= percent * total
    assert allowed <= total
