"""
What a 429 does to everybody who uses the key: a pause, then one goes ahead, then all go on at full pace.

Pure. A window is fresh for us when our own oldest request has left it. Where strangers share it, that is all
one can wait for, and what is free then is told by headers; where they do not, the 429 is a surprise, and
everything that may have been counted is waited for, which takes a period.
"""

from airflow_provider_mode.client.pacing import evidence, strangers
from airflow_provider_mode.client.pacing.state import Request, State

_LONGEST = 300.0  # seconds, of any Retry-After
_MOST = 3  # periods, of any pause that the server named no length for
_SOON = 0.05  # of a period; the shortest pause
_JITTER = 0.05  # of a period, so that hosts do not all come back at once
_NAP = 0.02  # seconds; the shortest wait for a reply


def longest(period: float) -> float:
    """No pause ends later than so many seconds after it began."""
    return _LONGEST + (_MOST + 1) * period


def probe(state: State, rank: int) -> float | None:
    """After a pause the first in the queue goes ahead: how long the others wait for its reply (None: go)."""
    if not state.probing:
        return None
    under_way = any(one.by is None and one.sent >= state.paused_until for one in state.requests)
    if not under_way and not rank:
        return None
    return max(_NAP, min(state.latencies.lows, default=0.0) / 4) * (1 + rank)


def recover(state: State, request: Request) -> None:
    """A good reply to what was sent after the pause: all go on."""
    if request.sent >= state.paused_until:
        state.probing, state.strikes = False, 0


def strike(
    state: State,
    now: float,
    request: Request,
    retry_after: float | None,
    *,
    period: float,
    free_at: float,
    u: float,
) -> None:
    """
    Pause everybody as long as the server says, or until a fresh window if it says nothing that can be meant.

    What else was under way then may be throttled too. `free_at`: when the oldest of our own requests leaves
    the window. `u` in [0, 1) spreads the ends.
    """
    known = strangers.present(state, now, period) > 0
    if not known:
        evidence.forget(state)
    until = now
    if request.sent >= state.paused_at:  # else it was sent before: the same collision
        state.strikes += 1
        if state.strikes == 1:
            state.struck_at = now
        state.paused_at = now
        fresh_at = strangers.next_window(state, now, period) or free_at
        until = _fresh(state, now, period, free_at=fresh_at if known else now + period, u=u)
    # "At once" (0, or a date that has passed) would be obeyed by everybody in a loop without a pause.
    asked = min(retry_after or 0.0, _LONGEST)
    if asked >= _SOON * period:
        until = now + asked
    state.paused_until = max(state.paused_until, until + u * _JITTER * period)
    state.probing = state.strikes > 1 or not known or asked >= _SOON * period


def _fresh(state: State, now: float, period: float, *, free_at: float, u: float) -> float:
    """The end of a pause of no given length: longer when the last one was of no avail, at no fixed rhythm."""
    soon = now + _SOON * period
    if state.strikes == 1:
        return max(free_at, soon)
    if state.strikes == 2:  # noqa: PLR2004  # a period after the first one, even a fixed window is another
        return max(state.struck_at + period, soon)
    return now + period * min(state.strikes - 2, _MOST) * (0.4 + 0.6 * u)
