"""
Who may send now, and how long the others wait: decisions over a `State`, without clock, sleep or lock.

A request holds its place until the server's window can no longer hold it beside the next one: for a period
after its sending, plus what it may have been counted later than the next one will be (`evidence`),
plus a margin. At most `requests` places are held at any time. So any window of one period holds at most that
many, be it sliding, fixed at any phase, or a leaky bucket, which drains as many in a period. A request under
way holds its place.

Whoever waits stands in a queue, and sleeps until as many places will be free as stand before it: nobody
polls.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from airflow_provider_mode.client.pacing import evidence, pause, strangers
from airflow_provider_mode.client.pacing.pace import Seen
from airflow_provider_mode.client.pacing.state import Request, State, Waiter

_MARGIN = 0.002  # seconds; timers and clocks are not better than this
_MARGIN_SHARE = 0.001  # of a period
_UNSEEN = 6.0  # seconds; a waiter asks every two seconds at least, and one that did not is dead
_KEPT = 2.0  # periods that a request stays in the books after it gave up its place
_RULES_KEPT = 60.0  # seconds that a rule counts after its last user was here
_LEAST_SHARE = 10  # strangers leave us a tenth of the limit at least
_GUARD = 1  # place that the pace keeps free beside strangers, who do not ask before they send
_FEW = 1  # request of others, or none: a burst of ours is safe
_HURRY = 0.7  # how far free places shorten the time between two sendings
_LEAST_GAP = 0.2  # of that time
_TICK = 0.0001  # seconds; so that a wait does not end a rounding error too early
TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """At most `requests` in `period`; a request is over `bound` seconds after its sending, come what may."""

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
    horizon = now + rule.bound + pause.longest(max([rule.period, *(period for _, period, _ in state.rules)]))
    past = [state.clock, *(one.sent for one in state.requests)]
    future = [state.paused_until, state.next_at, *(one.by for one in state.requests if one.by is not None)]
    return max(past) > now or max(future) > horizon


def ask(state: State, now: float, ticket: str, owner: str, rule: Rule) -> Wait | None:
    """Leave to send the ticket's request at once (None), or how long to wait before asking again."""
    rule = _agree(state, now, rule)
    _tidy(state, now, rule)
    rank = _rank(state, now, ticket, owner)
    if now < state.paused_until:
        return Wait(state.paused_until - now + _TICK, sure=True)
    if (seconds := pause.probe(state, rank)) is not None:
        return Wait(seconds)
    wait = _place(state, now, rank, rule)
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
    if request is None:  # the books were lost meanwhile: it counts as counted just now, and teaches nothing
        request = Request(ticket, "", now)
        state.requests.append(request)
    elif seen is not None and seen.status != TOO_MANY:
        evidence.learn_latency(state, now, now - request.sent, rule.period)
        pause.recover(state, request)
    request.by = now
    request.ticket = request.owner = ""  # nobody asks for it any more, and the books stay small
    if seen is None:
        return
    _learn(state, now, request, seen, rule)
    if seen.status == TOO_MANY:
        free_at = min(_held(state, now, rule), default=now)
        pause.strike(state, now, request, seen.retry_after, period=rule.period, free_at=free_at, u=u)


def _learn(state: State, now: float, request: Request, seen: Seen, rule: Rule) -> None:
    """What the headers say, if they can be true."""
    if seen.limit is None or seen.limit <= 0:
        return
    evidence.learn_limit(state, now, seen.limit, rule.period)
    if seen.remaining is None or not 0 <= seen.remaining <= seen.limit:
        return
    request.remaining = seen.remaining
    strangers.learn(state, request, now, seen.limit - seen.remaining, rule.period)
    if not strangers.present(state, now, rule.period):
        evidence.learn_order(state, request, now, rule.period)


def owners(state: State) -> set[str]:
    """Whoever has a request under way, or waits."""
    return {one.owner for one in state.requests if one.by is None} | {one.owner for one in state.queue}


def bury(state: State, now: float, dead: set[str], rule: Rule) -> None:
    """Take the dead out of the queue; what they had under way counts as answered as late as replies are."""
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
    requests, period = min(one[0] for one in state.rules), max(one[1] for one in state.rules)
    return replace(rule, requests=requests, period=period)


def _tidy(state: State, now: float, rule: Rule) -> None:
    """Close what has taken longer than anything may, and strike out what no window can hold any more."""
    state.clock = now
    for one in state.requests:
        if one.by is None and now > one.sent + rule.bound:
            one.by = one.sent + rule.bound
    until, horizon = _holds(state, now, rule), now - _KEPT * rule.period
    old = [one for one in state.requests if one.sent + rule.period <= horizon and until(one) <= horizon]
    if old:
        state.complete_since = max(state.complete_since, *(one.by or one.sent for one in old))
        gone = {id(one) for one in old}
        state.requests = [one for one in state.requests if id(one) not in gone]
    state.queue = [waiter for waiter in state.queue if waiter.seen > now - _UNSEEN]


def _holds(state: State, now: float, rule: Rule) -> Callable[[Request], float]:
    """Until when a request holds its place; one under way, at least as long as if it were answered now."""
    low = evidence.least_latency(state, now, rule.period)
    share = evidence.counts_by(state)
    after = rule.period + _MARGIN + _MARGIN_SHARE * rule.period

    def until(one: Request) -> float:
        by = now if one.by is None else one.by
        late = by - one.sent - low
        return one.sent + after + (share * late if late > 0 else 0.0)

    return until


def _held(state: State, now: float, rule: Rule) -> list[float]:
    """When the places that are held become free, the next one first."""
    return sorted(end for end in map(_holds(state, now, rule), state.requests) if end > now)


def _rank(state: State, now: float, ticket: str, owner: str) -> int:
    """How many are ahead in the queue, the ticket being entered if it is new."""
    for rank, waiter in enumerate(state.queue):
        if waiter.ticket == ticket:
            waiter.seen = now
            return rank
    state.queue.append(Waiter(ticket, owner, now))
    return len(state.queue) - 1


def _place(state: State, now: float, rank: int, rule: Rule) -> Wait | None:
    """The wait for a free place, and for the next turn while strangers are about."""
    held = _held(state, now, rule)
    places, gap = _places(state, now, len(held), rule)
    behind = len(held) + rank - places
    at = max(held[min(behind, len(held) - 1)] if behind >= 0 and held else now, state.next_at + rank * gap)
    if behind >= 0 or (gap and at > now):
        return Wait(at - now + _TICK)
    state.next_at = max(state.next_at, now - gap) + gap
    return None


def _places(state: State, now: float, held: int, rule: Rule) -> tuple[int, float]:
    """How many places there are, and the time between two sendings while others use the rest (else 0)."""
    limit = evidence.server_limit(state) or rule.requests
    ours = min(rule.requests, limit)
    present = strangers.present(state, now, rule.period)
    if not present:
        return ours, 0.0
    least = max(ours // _LEAST_SHARE, 1)
    flying = sum(one.by is None for one in state.requests)
    counted = sum(one.by is None or one.by > now - rule.period for one in state.requests)
    free = round(limit - present - strangers.unseen(state, present, flying, counted))
    places = max(least, min(ours, free))
    pace = max(least, limit - strangers.lasting(state, now, rule.period) - _GUARD)
    if pace >= ours or present <= _FEW:
        return places, 0.0
    hurry = max(_LEAST_GAP, 1 - _HURRY * max(0, places - held) / limit)
    return places, hurry * rule.period / pace
