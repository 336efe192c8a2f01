"""What a client has cost so far: live counters, safe to read and write from many threads."""

import threading
from collections.abc import Callable

Told = Callable[[str, float], None]
"""Hears of `requests`, `throttled`, `retries` or `changes` and how many, or of a `wait` and its seconds."""


class Usage:
    """
    Requests sent, 429s met, tries repeated, changes accepted, and the waits for the pace and between tries.

    A change that was made but whose reply got lost is counted when another try is accepted, or not at all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: Told | None = None
        self.requests = 0
        self.throttled = 0
        self.retries = 0
        self.changes = 0
        self.waits = 0
        self.waited_seconds = 0.0

    def tell(self, told: Told | None) -> None:
        """Have somebody hear of each count from now on, in whichever thread it happens; None: nobody."""
        self._told = told

    def count(self, *, requests: int = 0, throttled: int = 0, retries: int = 0, changes: int = 0) -> None:
        """Add to the counters."""
        with self._lock:
            self.requests += requests
            self.throttled += throttled
            self.retries += retries
            self.changes += changes
        if self._told is not None:
            counts = {"requests": requests, "throttled": throttled, "retries": retries, "changes": changes}
            for name, amount in counts.items():
                if amount:
                    self._told(name, amount)

    def waited(self, seconds: float) -> None:
        """Add one wait."""
        with self._lock:
            self.waits += 1
            self.waited_seconds += seconds
        if self._told is not None:
            self._told("wait", seconds)

    def after_fork(self) -> None:
        """A lock that another thread held at the fork would never open in the child."""
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return (
            f"Usage(requests={self.requests}, throttled={self.throttled}, retries={self.retries}, "
            f"changes={self.changes}, waits={self.waits}, waited_seconds={self.waited_seconds:.1f})"
        )
