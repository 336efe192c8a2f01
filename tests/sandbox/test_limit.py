import pytest

from airflow_provider_mode.sandbox.limit import Limiter


class Tape:
    """A monotonic clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def _limiter(kind: str) -> tuple[Limiter, Tape]:
    tape = Tape()
    return Limiter(kind, 4, 10, tape), tape


def _allowed(limiter: Limiter, *, count_refused: bool = False) -> bool:
    ruling = limiter.rule("key", count_refused=count_refused)
    assert ruling is not None
    return ruling.allowed


def test_sliding() -> None:
    """Four in any ten seconds; the fifth may pass when the first is ten seconds old."""
    limiter, tape = _limiter("sliding")
    assert [_allowed(limiter) for _ in range(4)] == [True] * 4
    tape.now += 4
    ruling = limiter.rule("key")
    assert ruling is not None
    assert (ruling.allowed, ruling.remaining, ruling.retry_after) == (False, 0, 6)
    tape.now += 6
    assert _allowed(limiter)


def test_sliding_that_counts_refusals_starves_the_impatient() -> None:
    """Whoever keeps asking is kept out."""
    limiter, tape = _limiter("sliding")
    for _ in range(4):
        _allowed(limiter)
    for _ in range(4):
        tape.now += 5
        assert not _allowed(limiter, count_refused=True) or tape.now > 1005
    assert limiter.accounts["key"].requests == 8


def test_fixed() -> None:
    """A new window of the server's own division of time gives a new budget."""
    limiter, tape = _limiter("fixed")
    tape.now = 1009
    ruling = [limiter.rule("key") for _ in range(5)][-1]
    assert ruling is not None
    assert (ruling.allowed, ruling.retry_after) == (False, 1)
    tape.now = 1010
    assert _allowed(limiter)


def test_leaky() -> None:
    """The bucket empties evenly: room for one more every two and a half seconds."""
    limiter, tape = _limiter("leaky")
    assert [_allowed(limiter) for _ in range(5)] == [True] * 4 + [False]
    ruling = limiter.rule("key")
    assert ruling is not None
    assert ruling.retry_after == pytest.approx(2.5)
    tape.now += 2.5
    assert _allowed(limiter)
    assert not _allowed(limiter)


def test_keys_have_budgets_of_their_own_and_accounts() -> None:
    """The account knows all requests, those refused and the busiest period."""
    limiter, tape = _limiter("sliding")
    for _ in range(6):
        limiter.rule("one")
    tape.now += 20
    limiter.rule("one")
    limiter.rule("two")
    assert limiter.to_json() == {
        "one": {"requests": 7, "throttled": 2, "worst_window": 6},
        "two": {"requests": 1, "throttled": 0, "worst_window": 1},
    }
    limiter.reset()
    assert limiter.to_json() == {}


def test_off_only_keeps_accounts() -> None:
    """Without a limit there is no ruling."""
    limiter, _ = _limiter("off")
    assert limiter.rule("key") is None
    assert limiter.accounts["key"].requests == 1


@pytest.mark.parametrize(("kind", "requests", "period"), [("odd", 1, 1), ("off", 0, 1), ("fixed", 1, 0)])
def test_senseless_limits_are_refused(kind: str, requests: int, period: float) -> None:
    """The error names the limit."""
    with pytest.raises(ValueError, match="limit: "):
        Limiter(kind, requests, period, Tape())
