"""How often to look when many want to: arithmetic of the polls asked for and of what the limit allows."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

SHARE = 0.8
"""Of the rate limit; the rest is for the tasks that use the same key."""


def stretch(intervals: Iterable[float], requests_a_poll: float, allowed_a_second: float | None) -> float:
    """By how much every interval must be longer, so that all polls together keep the pace; 1 when they do."""
    if allowed_a_second is None:
        return 1.0
    asked = sum(requests_a_poll / interval for interval in intervals)
    return max(1.0, asked / (SHARE * allowed_a_second))


def phase(subject: str) -> float:
    """Where in its interval a subject's poll falls, in [0, 1): so that a hundred do not fall together."""
    return zlib.crc32(subject.encode()) / 2**32
