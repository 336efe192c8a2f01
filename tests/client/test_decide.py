"""Whether a request is sent once more: the pure decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.client.retry import Failure, GiveUp, Outcome, Retry, decide, retry_after
from tests.client.wire import (
    NOW,
)

FAILURES = st.builds(
    Failure,
    outcome=st.sampled_from(Outcome),
    retry_after=st.none() | st.floats(0, 1e6),
    paced=st.booleans(),
)


@given(
    method=st.sampled_from(["GET", "PATCH", "DELETE", "POST", "PUT"]),
    failure=FAILURES,
    attempt=st.integers(1, 10_000),
    elapsed=st.floats(0, 1000),
    retry_for=st.floats(0.1, 1000),
    u=st.floats(0, 1, exclude_max=True),
)
def test_a_retry_never_waits_past_patience(
    *, method: str, failure: Failure, attempt: int, elapsed: float, retry_for: float, u: float
) -> None:
    """A wait ends with patience at the latest, and a POST is repeated only if surely not done."""
    decision = decide(method, failure, attempt=attempt, elapsed=elapsed, retry_for=retry_for, u=u)
    if isinstance(decision, GiveUp):
        assert decision.reason
        return
    assert isinstance(decision, Retry)
    assert 0 <= decision.wait <= retry_for - elapsed
    assert method not in {"POST", "PUT"} or failure.outcome in {Outcome.THROTTLED, Outcome.NEVER_LEFT}
    if failure.retry_after is None:
        assert decision.wait <= 10


@pytest.mark.parametrize("said", [0.0, 0.2])
def test_a_server_that_says_at_once_is_not_obeyed_in_a_loop(said: float) -> None:
    """A `Retry-After` of next to nothing leaves the usual pauses, longer each time."""
    failure = Failure(outcome=Outcome.SERVER, retry_after=said)
    waits = [decide("GET", failure, attempt=n, elapsed=0, retry_for=300, u=0.0) for n in (1, 2, 3)]
    assert waits == [Retry(0.5, "server error"), Retry(1.0, "server error"), Retry(2.0, "server error")]


def test_patience_ends_to_the_second() -> None:
    """What is left of `retry_for` is the longest wait; when nothing is left, no more is tried."""
    failure = Failure(outcome=Outcome.SERVER, retry_after=60.0)
    waits = [decide("GET", failure, attempt=1, elapsed=e, retry_for=300, u=0.0) for e in (0, 240, 299.5, 300)]
    assert waits == [
        Retry(60.0, "server error"),
        Retry(60.0, "server error"),
        Retry(0.5, "server error"),
        GiveUp("retry_for is spent"),
    ]


@pytest.mark.parametrize(
    ("method", "outcome", "reason"),
    [
        ("GET", Outcome.REFUSED, "another try cannot mend it"),
        ("GET", Outcome.GARBLED, "another try cannot mend it"),
        ("POST", Outcome.SERVER, "it may have been done already"),
        ("POST", Outcome.BROKEN, "it may have been done already"),
    ],
)
def test_giving_up_has_a_reason(method: str, outcome: Outcome, reason: str) -> None:
    """What cannot be mended, or may have been done, is not tried again, at the first failure too."""
    decision = decide(method, Failure(outcome=outcome), attempt=1, elapsed=0, retry_for=300, u=0.0)
    assert decision == GiveUp(reason)


def test_the_shortest_pause_that_a_server_can_ask_for() -> None:
    """Half a second is obeyed to the letter, without jitter."""
    failure = Failure(outcome=Outcome.THROTTLED, retry_after=0.5)
    assert decide("GET", failure, attempt=1, elapsed=0, retry_for=300, u=0.9) == Retry(0.5, "throttled")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("12", 12.0),
        ("9" * 400, 86_400.0),
        ("Tue, 24 Nov 2099 12:00:30 GMT", 86_400.0),
        (" 1.5 ", 1.5),
        ("-3", None),
        ("soon", None),
        ("1.2.3", None),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Tue, 24 Nov 2026 12:00:30 +99999999999999999999", None),
        ("Tue, 24 Nov 2026 13:00:30 +0100", 30.0),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30.0),
        ("Tue, 24 Nov 2026 12:00:30", 30.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    """Both forms of the header are read, and nothing else."""
    assert retry_after(value, NOW) == seconds
