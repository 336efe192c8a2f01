"""
What replies teach about the server: its latency, where it counts, its limit, and how much others spend.

Pure: every function looks at a state, or writes what one more reply adds to it. Each estimate errs on the side
that keeps the limit. The arguments, with `sent` and `by` (the reply) as the bounds of the moment of counting:

* A request is counted somewhere between sending and reply, at the same kind of point each time. So of two
  requests, the one that was sent first *and* answered first was counted first.
* If the least latency is `low`, then the way to the counting and the way back together took at least `low` for
  each request; so a request of latency L was counted at most `L - low` later, relative to its sending, than the
  next one will be. That is the price of jitter; the length of a reply costs nothing.
* A request that was overtaken (sent earlier, answered later) shows where the server counts: `remaining` is higher
  for whichever it counted first.
"""

from airflow_provider_mode.client.pacing_state import Latencies, Request, State

ENOUGH = 16  # replies before the least latency is believed
LATELY = 6.0  # periods that a latency is remembered for, at least
_LOWS = 3
_PAIRS = 6  # overtaken pairs before the order of counting is believed
_DOUBTS = 10  # one pair in so many may say the contrary
EARLY = 0.25  # the part of the way from sending to reply by which an early server has counted
_NOISE = 0.02
_MOST_APART = 16


def learn_latency(state: State, now: float, latency: float, period: float) -> None:
    """Add one reply's latency to what is known of the last minute or so."""
    if now - state.latencies.began > LATELY * period:
        fresh = now - state.latencies.began <= 2 * LATELY * period
        state.older = state.latencies if fresh else Latencies()
        state.latencies = Latencies(began=now)
    one = state.latencies
    one.n += 1
    one.lows = sorted([*one.lows, latency])[:_LOWS]
    one.high = max(one.high, latency)


def _recent(state: State, now: float, period: float) -> list[Latencies]:
    """What is known of latencies and not too old."""
    return [one for one in (state.latencies, state.older) if one.n and now - one.began <= 2 * LATELY * period]


def least_latency(state: State, now: float, period: float) -> float:
    """
    A latency that the next reply will hardly undercut; 0 while there is no evidence.

    The end of a distribution lies about as far below the least of a sample as the next ones lie above it.
    """
    recent = _recent(state, now, period)
    if sum(one.n for one in recent) < ENOUGH:
        return 0.0
    lows = sorted(low for one in recent for low in one.lows)[:_LOWS]
    return max(0.0, 2 * lows[0] - lows[-1])


def longest_latency(state: State, now: float, period: float, default: float) -> float:
    """The longest that a reply has lately taken."""
    return max((one.high for one in _recent(state, now, period)), default=default)


def counts_by(state: State) -> float:
    """The part of the way from sending to reply by which the server has counted: 1 until overtakings show less."""
    return EARLY if state.early >= _PAIRS and state.late * _DOUBTS <= state.early else 1.0


def learn_order(state: State, reply: Request, by: float, period: float) -> None:
    """
    Compare a reply with those that overtook it, where no expiry can have moved `remaining` meanwhile.

    `share` is the part of the way at which both would have been counted at once: if the overtaken one was counted
    first, the server counts before that part, and otherwise after it.
    """
    if reply.remaining is None or any(_expires(one, reply.sent, by, period) for one in state.requests):
        return
    for other in state.requests:
        if other.by is None or other.remaining is None or other.sent <= reply.sent or other.by >= by:
            continue
        ahead, behind = other.sent - reply.sent, by - other.by
        apart = reply.remaining - other.remaining
        if _NOISE <= ahead / (ahead + behind) <= EARLY and abs(apart) <= _MOST_APART:
            state.early += apart > 0
            state.late += apart < 0


def _expires(one: Request, since: float, until: float, period: float) -> bool:
    """Whether a request may leave the server's window between two moments."""
    return one.by is not None and one.sent + period <= until and one.by + period >= since


def learn_limit(state: State, by: float, limit: int, period: float) -> None:
    """Keep what replies of the last period said of the limit; classes of resources may differ in it."""
    state.limits = [one for one in state.limits if one[0] > by - period]
    state.limits.append((by, limit))


def server_limit(state: State) -> int | None:
    """The least limit that a reply has named within a period of the last one that named any."""
    return min((limit for _, limit in state.limits), default=None)


def learn_foreign(state: State, reply: Request, by: float, used: int, period: float) -> None:
    """
    Of the `used` requests that the server had counted with this one, those that cannot be ours are others'.

    Ours are all that it may have counted before this one and not yet dropped, by the order of sending and replying.
    """
    if state.complete_since > reply.sent - period:
        return
    ours = sum(_may_be_in(one, reply.sent, by, period) for one in state.requests)
    state.foreign = [one for one in state.foreign if one[0] > by - period]
    state.foreign.append((by, max(0, used - ours)))


def _may_be_in(one: Request, sent: float, by: float, period: float) -> bool:
    """Whether a window that ends with the request of `sent` and `by` may hold this one."""
    before = one.sent <= sent or (one.by is not None and one.by <= by)
    return before and (one.by is None or one.sent > sent - period or one.by > by - period)


def foreign_use(state: State, now: float, period: float) -> int:
    """How many requests of others a window holds, as two replies of the last period confirm; 0 without news."""
    if not state.foreign or state.foreign[-1][0] < now - 2 * period:
        return 0
    seen = sorted(used for _, used in state.foreign)
    return seen[-2] if len(seen) > 1 else seen[0]


def forget(state: State) -> None:
    """After a 429 that no stranger explains, back to the safe reading until there is new evidence."""
    state.latencies, state.older = Latencies(), Latencies()
    state.early = state.late = 0
