"""Which runs there are."""

from __future__ import annotations

from bench.contest.cell import Cell

WHO = ("ours", "mode-sdk", "plain")
LATENCIES = (0.05, 0.5, 1.0)
PROCESSES = (1, 4, 16)
WINDOWS = ("sliding", "fixed")
FILLS = 80
"""Requests in flight that fill 40 a second also at a second a reply."""

NEEDED_FAST, NEEDED_TRUE = 402, 522
"""A little more than whole windows: looking ahead costs a few requests, which then cost no window more."""

CUT_FAST, CUT_OURS, CUT_TRUE = 18.0, 60.0, 240.0


def fast() -> list[list[Cell]]:
    """The matrix, at forty requests a second: for each place all who take part, this package first."""
    return [
        [
            Cell(
                who=who,
                processes=processes,
                latency=latency,
                window=window,
                period=1.0,
                needed=NEEDED_FAST,
                in_flight=max(8, FILLS // processes) if latency > LATENCIES[0] else 8,
                cut=CUT_OURS if who == "ours" else CUT_FAST,
            )
            for who in WHO
        ]
        for window in WINDOWS
        for processes in PROCESSES
        for latency in LATENCIES
    ]


def true_one_host() -> dict[str, Cell]:
    """What one host has to show at Mode's own limit."""
    return {
        "one process, 50 ms": _true(latency=0.05),
        "one process, 500 ms": _true(latency=0.5),
        "one process, 1 s": _true(latency=1.0),
        "4 processes, 500 ms": _true(processes=4),
        "16 processes, 500 ms": _true(processes=16),
        "fixed window, 500 ms": _true(window="fixed"),
        "leaky window, 500 ms": _true(window="leaky"),
        "no headers, 500 ms": _true(headers=False),
    }


def true_shared(redis: str | None) -> dict[str, Cell]:
    """What several hosts and a stranger do to it."""
    rows = {
        "two hosts, 500 ms": _true(processes=2, hosts=2),
        "two hosts, leaky window, 500 ms": _true(processes=2, hosts=2, window="leaky"),
        "three hosts, 500 ms": _true(processes=3, hosts=3),
        "three hosts, 1 s": _true(processes=3, hosts=3, latency=1.0),
        "a stranger spends half, 500 ms": _true(stranger=True, needed=300),
    }
    if redis is not None:
        rows["two hosts with Redis, 500 ms"] = _true(processes=2, hosts=2, redis=redis)
    return rows


def true_others() -> dict[str, Cell]:
    """The others at Mode's own limit."""
    rows = {}
    for processes, latency in ((1, 0.05), (4, 0.5), (16, 0.5)):
        what = f"{'one process' if processes == 1 else f'{processes} processes'}, {1000 * latency:.0f} ms"
        for who in WHO[1:]:
            rows[f"{who}: {what}"] = _true(who=who, processes=processes, latency=latency)
    rows["mode-sdk, 10 retries: one process, 50 ms"] = _true(who="mode-sdk", latency=0.05, retries=10)
    return rows


def _true(
    *,
    who: str = "ours",
    processes: int = 1,
    hosts: int = 1,
    latency: float = 0.5,
    window: str = "sliding",
    headers: bool = True,
    redis: str | None = None,
    stranger: bool = False,
    retries: int = 0,
    needed: int = NEEDED_TRUE,
) -> Cell:
    """A run at 40 requests in 10 seconds."""
    return Cell(
        who=who,
        processes=processes,
        hosts=hosts,
        latency=latency,
        window=window,
        headers=headers,
        redis=redis,
        stranger=stranger,
        retries=retries,
        needed=needed,
        cut=CUT_TRUE,
    )
