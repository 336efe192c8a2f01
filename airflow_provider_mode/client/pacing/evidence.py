"""
What replies teach about the server: its latency, where between sending and reply it counts, and its limit.

Pure: every function looks at a state, or writes what one more reply adds to it. Each estimate errs on the
side that keeps the limit. The arguments, with `sent` and `by` (the reply) as the bounds of the moment of
counting:

* If the least latency is `low`, then the way to the counting and the way back together take at least `low`
  for every request. So a request of latency L was counted at most `L - low` later after its sending than the
  next one will be. That is the price of jitter; the length of a reply costs nothing.
* A request that was overtaken (sent earlier, answered later) shows where the server counts: `remaining` is
  higher for whichever of the two it counted first.
"""

from airflow_provider_mode.client.pacing.state import Latencies, Request, State

_ENOUGH = 16  # replies before the least latency is believed
_LATELY = 6.0  # periods that a latency is remembered for, at least
_LOWS = 6  # of a latency; so many tell where the end of their distribution is
_PAIRS = 6  # overtaken pairs before the order of counting is believed
_DOUBTS = 10  # one pair in so many may say the contrary
_EARLY = 0.25  # the part of the way from sending to reply by which an early server has counted
_NOISE = 0.02  # of that way: what starts so close together may leave in either order
_MOST_APART = 16  # in `remaining`, of two that were under way together


def learn_latency(state: State, now: float, latency: float, period: float) -> None:
    """Add one reply's latency to what is known of the last minute or so."""
    if now - state.latencies.began > _LATELY * period:
        fresh = now - state.latencies.began <= 2 * _LATELY * period
        state.older = state.latencies if fresh else Latencies()
        state.latencies = Latencies(began=now)
    one = state.latencies
    one.n += 1
    one.lows = sorted([*one.lows, latency])[:_LOWS]
    one.high = max(one.high, latency)


def _recent(state: State, now: float, period: float) -> list[Latencies]:
    """What is known of latencies and not too old."""
    both = (state.latencies, state.older)
    return [one for one in both if one.n and now - one.began <= 2 * _LATELY * period]


def least_latency(state: State, now: float, period: float) -> float:
    """
    A latency that the next reply will hardly undercut; 0 while there is no evidence.

    The end of a distribution lies about as far below the least of a sample as the next ones lie above it.
    """
    recent = _recent(state, now, period)
    if sum(one.n for one in recent) < _ENOUGH:
        return 0.0
    lows = sorted(low for one in recent for low in one.lows)[:_LOWS]
    return max(0.0, 2 * lows[0] - lows[-1])


def longest_latency(state: State, now: float, period: float, default: float) -> float:
    """The longest that a reply has lately taken."""
    return max((one.high for one in _recent(state, now, period)), default=default)


def spread(state: State, now: float, period: float) -> float:
    """By how much latencies have lately differed."""
    recent = _recent(state, now, period)
    return max((one.high for one in recent), default=0.0) - min((one.lows[0] for one in recent), default=0.0)


def counts_by(state: State) -> float:
    """By which part of the way from sending to reply the server has counted: 1 until replies show less."""
    return _EARLY if state.early >= _PAIRS and state.late * _DOUBTS <= state.early else 1.0


def learn_order(state: State, reply: Request, by: float, period: float) -> None:
    """
    Compare a reply with those that overtook it, where no expiry can have moved `remaining` meanwhile.

    Had the server counted both at once, it would have been at a certain part of the way: it counts before
    that part if the overtaken one was counted first, and after it if not.
    """
    if any(_expires(one, reply.sent, by, period) for one in state.requests):
        return
    for other in state.requests:
        if other.by is None or other.remaining is None or other.sent <= reply.sent or other.by >= by:
            continue
        ahead, behind = other.sent - reply.sent, by - other.by
        apart = (reply.remaining or 0) - other.remaining
        if _NOISE <= ahead / (ahead + behind) <= _EARLY and abs(apart) <= _MOST_APART:
            state.early += apart > 0
            state.late += apart < 0


def _expires(one: Request, since: float, until: float, period: float) -> bool:
    """Whether a request may leave the server's window between two moments."""
    return one.by is not None and one.sent + period <= until and one.by + period >= since


def expired(state: State, since: float, until: float, period: float) -> int:
    """How many of ours may have left the server's window between two moments."""
    return sum(_expires(one, since, until, period) for one in state.requests)


def forget(state: State) -> None:
    """After a 429 that no stranger explains: back to the safe reading until there is new evidence."""
    state.latencies, state.older = Latencies(), Latencies()
    state.early = state.late = 0


def learn_limit(state: State, by: float, limit: int, period: float) -> None:
    """Keep what replies of the last period said of the limit."""
    state.limits = [one for one in state.limits if one[0] > by - period]
    state.limits.append((by, limit))


def server_limit(state: State) -> int | None:
    """
    The least limit that a reply has named within a period of the last one that named any.

    Classes of resources may differ in it, and no request tells its class before its reply: the least holds
    for all of them, and is given up when a whole period of replies named more.
    """
    return min((limit for _, limit in state.limits), default=None)
