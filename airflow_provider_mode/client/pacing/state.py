"""What is known of one key's window: plain values that go to JSON and back, with no clock of their own."""

import json
import math
import zlib
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
    """The shortest few and the longest latency among `n` replies since `began`."""

    began: float = -math.inf
    n: int = 0
    lows: list[float] = field(default_factory=list)
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A reply: its bounds, and how many requests the server had counted with it."""

    sent: float
    by: float
    used: int


@dataclass(slots=True)
class State:
    """All that pacing knows of one key; times are seconds of the store's clock."""

    clock: float = -math.inf
    requests: list[Request] = field(default_factory=list)
    queue: list[Waiter] = field(default_factory=list)
    rules: list[tuple[int, float, float]] = field(default_factory=list)  # requests, period, last asked under
    complete_since: float = -math.inf  # the requests before this moment are not all known
    latencies: Latencies = field(default_factory=Latencies)
    older: Latencies = field(default_factory=Latencies)
    early: int = 0  # pairs of overtaken requests that the server had counted in the order of sending
    late: int = 0  # likewise, in the order of replying
    limits: list[tuple[float, int]] = field(default_factory=list)  # when, and the server's limit
    foreign: list[tuple[float, int]] = field(default_factory=list)  # when, and at least how many of others
    last: Mark | None = None  # the newest reply
    first: Mark | None = None  # the first reply since the server began a new window
    reset_at: float = -math.inf  # when that was seen
    next_at: float = -math.inf  # the earliest next sending while strangers are about
    struck_at: float = -math.inf  # the first 429 of a row
    strikes: int = 0  # 429s in a row, with no good reply between
    paused_at: float = -math.inf
    paused_until: float = -math.inf
    probing: bool = False  # one goes ahead after the pause, and nobody has had a good reply yet


def dumps(state: State) -> bytes:
    """One line that tells by itself whether it is whole."""
    raw = {
        "requests": [(r.ticket, r.owner, r.sent, r.by, r.remaining) for r in state.requests],
        "queue": [(waiter.ticket, waiter.owner, waiter.seen) for waiter in state.queue],
        "latencies": _row(state.latencies),
        "older": _row(state.older),
        "last": state.last and (state.last.sent, state.last.by, state.last.used),
        "first": state.first and (state.first.sent, state.first.by, state.first.used),
        **{name: getattr(state, name) for name in _AS_THEY_ARE},
        **{name: _finite(getattr(state, name)) for name in _TIMES},
    }
    body = json.dumps([FORMAT, raw], separators=(",", ":"), allow_nan=False).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


_AS_THEY_ARE = ("rules", "early", "late", "limits", "foreign", "strikes", "probing")
_TIMES = ("clock", "complete_since", "reset_at", "next_at", "struck_at", "paused_at", "paused_until")


def _row(one: Latencies) -> tuple[float | None, int, list[float], float]:
    """One row of latencies."""
    return _finite(one.began), one.n, one.lows, one.high


def _finite(value: float) -> float | None:
    """JSON has no infinity: null stands for "never yet"."""
    return value if math.isfinite(value) else None


def loads(line: bytes) -> State:
    """The state that `dumps` wrote; anything torn, foreign or impossible is an `UnreadableStateError`."""
    checksum, _, rest = line.partition(b" ")
    body = rest.partition(b"\n")[0]
    if checksum != b"%08x" % zlib.crc32(body):
        raise UnreadableStateError("the line is torn")
    try:
        form, raw = json.loads(body)
        return _state(form, raw)
    except (LookupError, TypeError, ValueError) as error:
        raise UnreadableStateError("the line is no state") from error


def _state(form: Any, raw: dict[str, Any]) -> State:
    """The state from its JSON."""
    if form != FORMAT:
        raise UnreadableStateError("another format")
    return State(
        early=int(raw["early"]),
        late=int(raw["late"]),
        strikes=int(raw["strikes"]),
        probing=bool(raw["probing"]),
        clock=_time(raw["clock"]),
        complete_since=_time(raw["complete_since"]),
        reset_at=_time(raw["reset_at"]),
        next_at=_time(raw["next_at"]),
        struck_at=_time(raw["struck_at"]),
        paused_at=_time(raw["paused_at"]),
        paused_until=_time(raw["paused_until"]),
        requests=[Request(str(t), str(o), float(s), _maybe(b), left) for t, o, s, b, left in raw["requests"]],
        queue=[Waiter(str(ticket), str(owner), float(seen)) for ticket, owner, seen in raw["queue"]],
        rules=[(int(n), float(period), float(seen)) for n, period, seen in raw["rules"]],
        latencies=_latencies(*raw["latencies"]),
        older=_latencies(*raw["older"]),
        limits=[(float(at), int(n)) for at, n in raw["limits"]],
        foreign=[(float(at), int(n)) for at, n in raw["foreign"]],
        last=_mark(raw["last"]),
        first=_mark(raw["first"]),
    )


def _time(value: Any) -> float:
    """Null is long ago."""
    return -math.inf if value is None else float(value)


def _maybe(value: Any) -> float | None:
    """Null is not yet."""
    return None if value is None else float(value)


def _latencies(began: Any, n: Any, lows: list[Any], high: Any) -> Latencies:
    """One row of latencies."""
    return Latencies(_time(began), int(n), [float(low) for low in lows], float(high))


def _mark(row: list[Any] | None) -> Mark | None:
    """One reply, or none."""
    return None if row is None else Mark(float(row[0]), float(row[1]), int(row[2]))
