"""
Who may send now, and how long the others wait: decisions over a `State`, without clock, sleep or lock.

A request holds its place until the server's window can no longer hold it beside the next one: a period after its
sending, plus what it may have been counted later than the next one will be (`pacing_evidence`), plus a margin. At
most `requests` places are held at any time, so any window of one period holds at most that many, be it sliding,
fixed at any phase, or a leaky bucket (which drains as many in a period). A request under way holds its place.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from airflow_provider_mode.client import pacing_evidence as evidence
from airflow_provider_mode.client.pace import Seen
from airflow_provider_mode.client.pacing_state import Request, State, Waiter

_MARGIN = 0.002  # seconds; timers and clocks are not better than this
_MARGIN_SHARE = 0.001  # of a period
_UNSEEN = 3.0  # a waiter asks every second; one that did not is dead
_KEPT = 2.0  # periods that a request stays in the books after it gave up its place
_RULES_KEPT = 60.0
_LEAST_SHARE = 10  # strangers leave us a tenth of the limit at least
_GUARD = 1  # place kept free beside those of strangers, who do not ask before they send
_NAP = 0.02  # seconds; the least wait for something whose end is not known
_TICK = 0.0001  # seconds; so that a wait does not end a rounding error too early
_LONGEST_PAUSE = 300.0  # of any Retry-After
_LONGEST_STRIKES = 6  # periods
_TOO_MANY = 429
_JITTER = 0.05  # of a period


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """At most `requests` in `period`; a request is over `bound` seconds after its sending, whatever happened."""

    requests: int
    period: float
    bound: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before so many seconds; `sure` when nothing can make it less."""

    seconds: float
    sure: bool = False


def spend(state: State, now: float, rule: Rule) -> None:
    """Take a whole limit as spent just now: for when what was known is lost."""
    state.clock = state.complete_since = now
    state.requests += [Request("lost", "", now, now) for _ in range(rule.requests)]


def impossible(state: State, now: float, rule: Rule) -> bool:
    """Whether the clock was set back, or the state speaks of a future that nobody can have waited for."""
    periods = [rule.period, *(period for _, period, _ in state.rules)]
    horizon = now + _LONGEST_PAUSE + 2 * _LONGEST_STRIKES * max(periods) + rule.bound
    past = [state.clock, *(one.sent for one in state.requests)]
    future = [state.paused_until, state.next_at, *(one.by for one in state.requests if one.by is not None)]
    return max(past) > now or max(future) > horizon


def ask(state: State, now: float, ticket: str, owner: str, rule: Rule) -> Wait | None:
    """A place for the ticket's request, which is to be sent at once (None), or how long to wait before asking again."""
    rule = _agree(state, now, rule)
    _tidy(state, now, rule)
    rank = _rank(state, now, ticket, owner)
    wait = _pause(state, now, rank) or _place(state, now, rank, rule)
    if wait is None:
        leave(state, ticket)
        state.requests.append(Request(ticket, owner, now))
    return wait


def leave(state: State, ticket: str) -> None:
    """Give up the ticket's place in the queue."""
    state.queue = [waiter for waiter in state.queue if waiter.ticket != ticket]


def settle(state: State, now: float, ticket: str, seen: Seen | None, rule: Rule, *, u: float) -> None:
    """Enter what became of a request; `u` in [0, 1) spreads the end of a pause."""
    rule = _agree(state, now, rule)
    request = next((one for one in state.requests if one.ticket == ticket), None)
    known = request is not None
    if (
        request is None
    ):  # the books were lost meanwhile: it was counted at any time until now, and teaches nothing
        request = Request(ticket, "", now)
        state.requests.append(request)
    request.by = now
    if seen is not None and seen.status == _TOO_MANY:
        _learn(state, now, request, seen, rule)
        _throttled(state, now, request, seen.retry_after, rule, u=u)
    elif seen is not None and known:
        _learn(state, now, request, seen, rule)
        evidence.learn_latency(state, now, now - request.sent, rule.period)
        if request.sent >= state.paused_until:
            state.probing, state.strikes = False, 0


def _learn(state: State, now: float, request: Request, seen: Seen, rule: Rule) -> None:
    """What the headers say, if they can be true."""
    if seen.limit is not None and seen.limit > 0:
        evidence.learn_limit(state, now, seen.limit, rule.period)
        if seen.remaining is not None and 0 <= seen.remaining <= seen.limit:
            request.remaining = seen.remaining
            evidence.learn_foreign(state, request, now, seen.limit - seen.remaining, rule.period)
            if not evidence.foreign_use(state, now, rule.period):
                evidence.learn_order(state, request, now, rule.period)


def owners(state: State) -> set[str]:
    """Whoever has a request under way or waits."""
    return {one.owner for one in state.requests if one.by is None} | {one.owner for one in state.queue}


def bury(state: State, now: float, dead: set[str], rule: Rule) -> None:
    """Take the dead out of the queue; what they had under way counts as answered as late as replies come in."""
    state.queue = [waiter for waiter in state.queue if waiter.owner not in dead]
    longest = evidence.longest_latency(state, now, rule.period, rule.bound)
    for one in state.requests:
        if one.by is None and one.owner in dead:
            one.by = min(one.sent + rule.bound, max(now, one.sent + longest))


def _agree(state: State, now: float, rule: Rule) -> Rule:
    """The strictest of the rules that the key's users go by, this one among them."""
    mine = (rule.requests, rule.period)
    others = [one for one in state.rules if one[:2] != mine and one[2] > now - max(_RULES_KEPT, 2 * one[1])]
    state.rules = [*others, (*mine, now)]
    return replace(
        rule, requests=min(one[0] for one in state.rules), period=max(one[1] for one in state.rules)
    )


def _tidy(state: State, now: float, rule: Rule) -> None:
    """Close what has taken longer than anything may, and strike out what no window can hold any more."""
    state.clock = now
    for one in state.requests:
        if one.by is None and now > one.sent + rule.bound:
            one.by = one.sent + rule.bound
    until = _holds(state, now, rule)
    kept, gone = [], [state.complete_since]
    for one in state.requests:
        if until(one) > now - _KEPT * rule.period:
            kept.append(one)
        else:
            gone.append(one.by or one.sent)
    state.requests, state.complete_since = kept, max(gone)
    state.queue = [waiter for waiter in state.queue if waiter.seen > now - _UNSEEN]


def _holds(state: State, now: float, rule: Rule) -> Callable[[Request], float]:
    """Until when a request holds its place; one under way at least as long as if it were answered now."""
    low = evidence.least_latency(state, now, rule.period)
    share = evidence.counts_by(state)
    after = rule.period + _MARGIN + _MARGIN_SHARE * rule.period

    def until(one: Request) -> float:
        by = max(now, one.sent) if one.by is None else one.by
        return one.sent + after + share * max(0.0, by - one.sent - low)

    return until


def _rank(state: State, now: float, ticket: str, owner: str) -> int:
    """How many are ahead in the queue, the ticket being entered if it is new."""
    for rank, waiter in enumerate(state.queue):
        if waiter.ticket == ticket:
            waiter.seen = now
            return rank
    state.queue.append(Waiter(ticket, owner, now))
    return len(state.queue) - 1


def _pause(state: State, now: float, rank: int) -> Wait | None:
    """The wait for the end of a pause; then one goes ahead, and the others when it has had a good reply."""
    if now < state.paused_until:
        return Wait(state.paused_until - now + _TICK, sure=True)
    trying = any(one.by is None and one.sent >= state.paused_until for one in state.requests)
    if state.probing and (trying or rank):
        return Wait(max(_NAP, min(state.latencies.lows, default=0.0) / 4) * (1 + rank))
    return None


def _place(state: State, now: float, rank: int, rule: Rule) -> Wait | None:
    """The wait for a free place, and for the next turn while strangers are about."""
    places, gap = _places(state, now, rule)
    until = _holds(state, now, rule)
    held = sorted(end for end in map(until, state.requests) if end > now)
    behind = len(held) + rank - places
    free_at = held[min(behind, len(held) - 1)] if behind >= 0 and held else now
    turn_at = state.next_at + rank * gap if gap else now
    if (at := max(free_at, turn_at)) > now or behind >= 0:
        return Wait(max(at - now, 0.0) + _TICK)
    state.next_at = max(state.next_at, now - gap) + gap
    return None


def _places(state: State, now: float, rule: Rule) -> tuple[int, float]:
    """How many places there are, and the time between two sendings while others use the rest (else 0)."""
    limit = evidence.server_limit(state) or rule.requests
    ours = min(rule.requests, limit)
    foreign = evidence.foreign_use(state, now, rule.period)
    left = max(limit - foreign - _GUARD, ours // _LEAST_SHARE, 1) if foreign else ours
    return (left, rule.period / left) if left < ours else (ours, 0.0)


def _throttled(
    state: State, now: float, request: Request, retry_after: float | None, rule: Rule, *, u: float
) -> None:
    """Pause everybody: as the server says, or until a fresh window, longer each time it was of no avail."""
    jitter = u * _JITTER * rule.period
    if request.sent >= state.paused_at:
        state.strikes += 1
        state.paused_at = now
        fresh = rule.period * min(state.strikes, _LONGEST_STRIKES)
        pause = fresh if retry_after is None else 0.0
    else:
        pause = 0.0  # sent before the pause began: the same collision
    if retry_after is not None:
        pause = min(retry_after, _LONGEST_PAUSE)
    state.paused_until = max(state.paused_until, now + pause + jitter)
    state.probing = True
    if not evidence.foreign_use(state, now, rule.period):
        evidence.forget(state)
