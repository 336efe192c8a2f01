"""What a client has cost so far: live counters, safe to read and write from many threads."""

import threading


class Usage:
    """Requests sent, 429s met, tries repeated, and the time spent waiting for the pace or between tries."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.throttled = 0
        self.retries = 0
        self.waits = 0
        self.waited_seconds = 0.0

    def count(self, *, requests: int = 0, throttled: int = 0, retries: int = 0) -> None:
        """Add to the counters."""
        with self._lock:
            self.requests += requests
            self.throttled += throttled
            self.retries += retries

    def waited(self, seconds: float) -> None:
        """Add one wait."""
        with self._lock:
            self.waits += 1
            self.waited_seconds += seconds

    def after_fork(self) -> None:
        """A lock that another thread held at the fork would never open in the child."""
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return (
            f"Usage(requests={self.requests}, throttled={self.throttled}, retries={self.retries}, "
            f"waits={self.waits}, waited_seconds={self.waited_seconds:.1f})"
        )
