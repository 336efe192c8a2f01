"""The rate limit as the server keeps it, by key, as one of the three kinds that Mode's pages allow for."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the limit says of one request; `retry_after` is in seconds."""

    allowed: bool
    remaining: int
    retry_after: float


class Window(Protocol):
    """One key's budget."""

    def rule(self, now: float, *, count_refused: bool) -> Ruling:
        """Admit or refuse a request at a moment of the monotonic clock."""


class SlidingWindow:
    """At most N requests in any period."""

    def __init__(self, requests: int, period: float) -> None:
        self.requests, self.period = requests, period
        self._taken: deque[float] = deque()

    def rule(self, now: float, *, count_refused: bool) -> Ruling:
        """Admit or refuse by the requests of the period that ends now."""
        while self._taken and self._taken[0] <= now - self.period:
            self._taken.popleft()
        allowed = len(self._taken) < self.requests
        if allowed or count_refused:
            self._taken.append(now)
        wait = self._taken[-min(self.requests, len(self._taken))] + self.period - now
        return Ruling(allowed, max(0, self.requests - len(self._taken)), wait)


class FixedWindow:
    """At most N requests in each period of the server's own division of time."""

    def __init__(self, requests: int, period: float) -> None:
        self.requests, self.period = requests, period
        self._index, self._taken = -1, 0

    def rule(self, now: float, *, count_refused: bool) -> Ruling:
        """Admit or refuse by the requests since the present period began."""
        index = int(now // self.period)
        if index != self._index:
            self._index, self._taken = index, 0
        allowed = self._taken < self.requests
        self._taken += allowed or count_refused
        return Ruling(allowed, max(0, self.requests - self._taken), (index + 1) * self.period - now)


class LeakyBucket:
    """A bucket of N that loses N a period, evenly."""

    def __init__(self, requests: int, period: float) -> None:
        self.requests, self.rate = requests, requests / period
        self._level, self._at = 0.0, 0.0

    def rule(self, now: float, *, count_refused: bool) -> Ruling:
        """Admit or refuse by how full the bucket is."""
        self._level = max(0.0, self._level - (now - self._at) * self.rate)
        self._at = now
        allowed = self._level + 1 <= self.requests
        if allowed or count_refused:
            self._level += 1
        wait = max(0.0, self._level + 1 - self.requests) / self.rate
        return Ruling(allowed, max(0, int(self.requests - self._level)), wait)


KINDS: dict[str, Callable[[int, float], Window]] = {
    "sliding": SlidingWindow,
    "fixed": FixedWindow,
    "leaky": LeakyBucket,
}


@dataclass(slots=True)
class Account:
    """What one key has asked: all its requests, those refused, and the most in any one period."""

    requests: int = 0
    throttled: int = 0
    worst_window: int = 0
    recent: deque[float] = field(default_factory=deque, repr=False)

    def note(self, now: float, period: float, *, allowed: bool) -> None:
        """Enter one request."""
        self.requests += 1
        self.throttled += not allowed
        self.recent.append(now)
        while self.recent[0] <= now - period:
            self.recent.popleft()
        self.worst_window = max(self.worst_window, len(self.recent))


class Limiter:
    """Windows and accounts of all keys; `kind` is sliding, fixed, leaky or off."""

    def __init__(self, kind: str, requests: int, period: float, monotonic: Callable[[], float]) -> None:
        if kind != "off" and kind not in KINDS:
            raise ValueError(f"limit: {kind!r} is none of off, {', '.join(KINDS)}")
        if requests < 1 or period <= 0:
            raise ValueError("limit: requests and period must be above 0")
        self.kind, self.requests, self.period = kind, requests, period
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._windows: dict[str, Window] = {}
        self.accounts: dict[str, Account] = {}

    def rule(self, key: str, *, count_refused: bool = False) -> Ruling | None:
        """Count one request of a key now and say whether it may pass; None when there is no limit."""
        with self._lock:
            now = self._monotonic()
            ruling = None
            if self.kind != "off":
                window = self._windows.get(key)
                if window is None:
                    window = self._windows[key] = KINDS[self.kind](self.requests, self.period)
                ruling = window.rule(now, count_refused=count_refused)
            account = self.accounts.setdefault(key, Account())
            account.note(now, self.period, allowed=ruling is None or ruling.allowed)
            return ruling

    def reset(self) -> None:
        """Forget everything asked so far."""
        with self._lock:
            self._windows.clear()
            self.accounts.clear()

    def to_json(self) -> dict[str, dict[str, int]]:
        """The accounts by key."""
        with self._lock:
            return {
                key: {
                    "requests": one.requests,
                    "throttled": one.throttled,
                    "worst_window": one.worst_window,
                }
                for key, one in self.accounts.items()
            }
