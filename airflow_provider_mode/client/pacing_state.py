"""What is known of one key's window: plain values that go to JSON and back, with no clock of their own."""

import json
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

FORMAT = "mode-pace/1"


class UnreadableStateError(ValueError):
    """What was stored is not a state, or cannot be true."""


@dataclass(slots=True)
class Request:
    """One of our own requests; the server counted it between `sent` and `by` (None: still under way)."""

    ticket: str
    owner: str
    sent: float
    by: float | None = None
    remaining: int | None = None


@dataclass(slots=True)
class Waiter:
    """Somebody in the queue, and when they last asked."""

    ticket: str
    owner: str
    seen: float


@dataclass(slots=True)
class Latencies:
    """The three shortest and the longest latency among `n` replies since `began`."""

    began: float = -math.inf
    n: int = 0
    lows: list[float] = field(default_factory=list)
    high: float = 0.0


@dataclass(slots=True)
class State:
    """All that pacing knows of one key; times are seconds of the store's clock."""

    clock: float = -math.inf
    requests: list[Request] = field(default_factory=list)
    queue: list[Waiter] = field(default_factory=list)
    rules: list[tuple[int, float, float]] = field(default_factory=list)  # requests, period, last asked under
    complete_since: float = -math.inf  # the requests before this moment are not all known
    paused_at: float = -math.inf
    paused_until: float = -math.inf
    strikes: int = 0  # throttled again and again, with no good reply between
    probing: bool = False  # the pause is over, and nobody has had a good reply yet
    next_at: float = -math.inf  # the earliest next sending while strangers are about
    latencies: Latencies = field(default_factory=Latencies)
    older: Latencies = field(default_factory=Latencies)
    early: int = 0  # pairs of overtaken requests that the server had counted in the order of sending
    late: int = 0  # likewise, in the order of replying
    foreign: list[tuple[float, int]] = field(default_factory=list)  # when, and at least how many of others
    limits: list[tuple[float, int]] = field(default_factory=list)  # when, and the server's limit


def dumps(state: State) -> bytes:
    """One line that tells by itself whether it is whole."""
    body = json.dumps(
        {
            "format": FORMAT,
            "requests": [[r.ticket, r.owner, r.sent, r.by, r.remaining] for r in state.requests],
            "queue": [[w.ticket, w.owner, w.seen] for w in state.queue],
            "rules": state.rules,
            "times": [
                _finite(t)
                for t in (
                    state.clock,
                    state.complete_since,
                    state.paused_at,
                    state.paused_until,
                    state.next_at,
                )
            ],
            "counts": [state.strikes, int(state.probing), state.early, state.late],
            "latencies": [
                [_finite(one.began), one.n, one.lows, one.high] for one in (state.latencies, state.older)
            ],
            "foreign": state.foreign,
            "limits": state.limits,
        },
        separators=(",", ":"),
    ).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def loads(line: bytes) -> State:
    """The state that `dumps` wrote; anything torn, foreign or impossible is an `UnreadableStateError`."""
    checksum, _, rest = line.partition(b" ")
    body = rest.partition(b"\n")[0]
    if checksum != b"%08x" % zlib.crc32(body):
        raise UnreadableStateError("the line is torn")
    try:
        return _state(json.loads(body))
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise UnreadableStateError("the line is no state") from error


def _state(raw: dict[str, Any]) -> State:
    """The state from its JSON."""
    if raw["format"] != FORMAT:
        raise UnreadableStateError("another format")
    clock, since, paused_at, paused_until, next_at = (_infinite(t) for t in raw["times"])
    strikes, probing, early, late = (int(n) for n in raw["counts"])
    latencies, older = (
        Latencies(_infinite(began), int(n), _each(float, lows), float(high))
        for began, n, lows, high in raw["latencies"]
    )
    return State(
        clock=clock,
        requests=[
            Request(
                str(ticket),
                str(owner),
                float(sent),
                None if by is None else float(by),
                None if left is None else int(left),
            )
            for ticket, owner, sent, by, left in raw["requests"]
        ],
        queue=[Waiter(str(ticket), str(owner), float(seen)) for ticket, owner, seen in raw["queue"]],
        rules=[(int(n), float(period), float(seen)) for n, period, seen in raw["rules"]],
        complete_since=since,
        paused_at=paused_at,
        paused_until=paused_until,
        strikes=strikes,
        probing=bool(probing),
        next_at=next_at,
        latencies=latencies,
        older=older,
        early=early,
        late=late,
        foreign=[(float(at), int(n)) for at, n in raw["foreign"]],
        limits=[(float(at), int(n)) for at, n in raw["limits"]],
    )


def _each(kind: Callable[[Any], float], values: list[Any]) -> list[float]:
    """A list of one kind."""
    return [kind(value) for value in values]


def _finite(value: float) -> float | None:
    """JSON has no infinity: null stands for "never yet"."""
    return value if math.isfinite(value) else None


def _infinite(value: Any) -> float:
    """Back from null."""
    return -math.inf if value is None else float(value)
