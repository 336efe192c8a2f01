"""
How much others spend of the same limit, as far as `X-RateLimit-Remaining` gives them away.

Pure. Of the requests that a reply says were counted, those that cannot be ours are others'. Whether one of
ours can be among them is decided by one rule: of two requests, the one that was sent first *and* answered
first was counted first, give or take the time from the leave to the sending. So neither replies that come out
of order nor a busy machine make strangers of our own requests.
"""

import math

from airflow_provider_mode.client.pacing import evidence
from airflow_provider_mode.client.pacing.state import Mark, Request, State

_MOST_SLOP = 0.1  # seconds: threads and new connections delay a sending after its leave by about as much
_FALL = 8  # counted requests that vanish at once, beyond ours that expired: the server began a new window
_ONE_CLOCK = 0.7  # of a period: new windows that come sooner are different counters, of classes of resources
_AT_ONCE = 0.2  # of a period: what counts as the present
_AFTER_RESET = 1.5  # periods for which a server with fixed windows is taken to be one


def learn(state: State, reply: Request, by: float, used: int, period: float) -> None:
    """Enter what a reply gives away: `used` requests had been counted with it."""
    if state.complete_since > reply.sent - period:
        return
    mark = Mark(reply.sent, by, used)
    _look_for_reset(state, mark, period)
    slop = min(evidence.spread(state, by, period), _MOST_SLOP)
    others = used - sum(_may_be_in(one, mark, period, slop) for one in state.requests)
    first = state.first
    if first is not None and mark.sent > first.sent and by > first.by:
        since = used - first.used - sum(_may_be_between(one, first, mark, slop) for one in state.requests)
        others = max(others, since)
    state.foreign = [one for one in state.foreign if one[0] > by - period]
    state.foreign.append((by, max(0, others)))
    state.last = mark


def _look_for_reset(state: State, mark: Mark, period: float) -> None:
    """Notice that a server with fixed windows began a new one: what it counts is then counted from there."""
    if state.first is not None and mark.by - state.first.by > period:
        state.first = None
    last = state.last
    if last is None or mark.sent <= last.sent:
        return
    if last.used - mark.used >= _FALL + evidence.expired(state, last.sent, mark.by, period):
        state.first = mark if mark.by - state.reset_at >= _ONE_CLOCK * period else None
        state.reset_at = mark.by


def _may_be_in(one: Request, mark: Mark, period: float, slop: float) -> bool:
    """Whether a window of one period that ends with a reply's counting may hold this request."""
    return _may_precede(one, mark, slop) and (
        one.by is None or one.sent > mark.sent - period - slop or one.by > mark.by - period - slop
    )


def _may_be_between(one: Request, first: Mark, mark: Mark, slop: float) -> bool:
    """Whether a request may have been counted after one reply's and not after another's."""
    itself = (one.sent, one.by) == (first.sent, first.by)
    after = one.by is None or one.sent > first.sent - slop or one.by > first.by - slop
    return not itself and after and _may_precede(one, mark, slop)


def _may_precede(one: Request, mark: Mark, slop: float) -> bool:
    """Whether a request may have been counted no later than a reply's."""
    return one.sent <= mark.sent + slop or (one.by is not None and one.by <= mark.by + slop)


def present(state: State, now: float, period: float) -> int:
    """How many requests of others a window holds now; 0 without news for two periods."""
    if not state.foreign or state.foreign[-1][0] < now - 2 * period or not _most(state):
        return 0
    if now - state.reset_at < _AFTER_RESET * period:
        return round(lasting(state, now, period))
    return _at_once(state, period)


def lasting(state: State, now: float, period: float) -> float:
    """
    How many requests of others a window will hold: what the pace is set by.

    Where windows are fixed, what is seen early in one says little of what is to come: the last one tells.
    Else it is between what is and the most that was. One reply alone is not believed where there are more.
    """
    most = _most(state)
    if now - state.reset_at < _AFTER_RESET * period:
        return most
    mean = sum(used for _, used in state.foreign) / len(state.foreign)
    return (most + max(mean, _at_once(state, period))) / 2


def _most(state: State) -> int:
    """The most that two replies of the last period show, or the only one."""
    return sorted(used for _, used in state.foreign)[-2:][0]


def next_window(state: State, now: float, period: float) -> float | None:
    """When a server with fixed windows begins the next one, as far as the last beginning tells; else None."""
    if now - state.reset_at >= _AFTER_RESET * period:
        return None
    return state.reset_at + period * math.ceil((now - state.reset_at) / period)


def _at_once(state: State, period: float) -> int:
    """The most that the newest replies show."""
    last = state.foreign[-1][0]
    return max(used for at, used in state.foreign if at >= last - _AT_ONCE * period)


def unseen(state: State, present: int, flying: int, held: int) -> float:
    """
    How many more may be counted by the time that a reply tells of them, `flying` of ours being under way.

    Others send in proportion to us, but no more than they have grown over as many of our replies.
    """
    before = state.foreign[-min(len(state.foreign), flying + 2)][1]
    growth = max(1, state.foreign[-1][1] - before)
    return min((flying + 1) * present / max(held, 1), growth)
