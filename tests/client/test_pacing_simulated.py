"""Pacing against a simulated server in virtual time: never throttled, hardly slower than the limit allows."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_mode.client.pacing import window
from airflow_provider_mode.client.pacing.pace import Seen
from airflow_provider_mode.client.pacing.state import State, dumps, loads

LIMIT, PERIOD = 40, 10.0
KINDS = ("sliding", "fixed", "leaky")


@dataclass
class Server:
    """A limit of one of three kinds; a fixed window begins at `phase`."""

    kind: str = "sliding"
    phase: float = 3.3
    headers: bool = True
    limit: int = LIMIT
    counts_refused: bool = False
    refused: list[str] = field(default_factory=list)
    admitted: list[str] = field(default_factory=list)
    taken: deque[float] = field(default_factory=deque)
    level: float = 0.0
    at: float = 0.0

    def count(self, now: float, who: str) -> tuple[bool, int]:
        """Count one request now: whether it passes, and what is left."""
        if self.kind == "leaky":
            self.level = max(0.0, self.level - (now - self.at) * self.limit / PERIOD)
            self.at = now
            passes = self.level + 1 <= self.limit
            self.level += passes or self.counts_refused
            left = int(self.limit - self.level)
        else:
            began = now - PERIOD
            if self.kind == "fixed":
                began = math.floor((now - self.phase) / PERIOD) * PERIOD + self.phase - 1e-9
            while self.taken and self.taken[0] <= began:
                self.taken.popleft()
            passes = len(self.taken) < self.limit
            if passes or self.counts_refused:
                self.taken.append(now)
            left = self.limit - len(self.taken)
        (self.admitted if passes else self.refused).append(who)
        return passes, max(0, left)


@dataclass
class Load:
    """Who asks for what: `hosts` have a state each, and each process has so many `workers`."""

    total: int = 400
    hosts: int = 1
    workers: int = 8
    processes: int = 1
    latency: float = 1.0
    jitter: float = 0.1
    counted_at: float = 0.0  # the part of the way from sending to reply
    stranger: Callable[[random.Random], float] | None = None
    seed: int = 1


@dataclass
class Outcome:
    """What came of it."""

    throttled: float  # share of our requests
    ratio: float  # the least time over the time taken
    filled: float  # of what the limit lets through in the time taken
    asks: int
    state: State


class Run:
    """Virtual time: events in a heap, and workers that ask, send, and settle."""

    def __init__(self, server: Server, load: Load) -> None:
        self.server, self.load = server, load
        self.rule = window.Rule(requests=LIMIT, period=PERIOD, bound=75.0)
        self.states = [State() for _ in range(load.hosts)]
        self.random = random.Random(load.seed)  # noqa: S311  # a repeatable world, no secret
        self.events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.numbers = itertools.count()
        self.left, self.done, self.asks, self.end = load.total, 0, 0, 0.0

    def at(self, when: float, what: Callable[..., None], *of: Any) -> None:
        """Have something happen."""
        heapq.heappush(self.events, (when, next(self.numbers), what, of))

    def work(self, now: float, host: int, process: int, ticket: str | None) -> None:
        """Ask for leave to send the next request."""
        if ticket is None:
            if not self.left:
                return
            self.left -= 1
            ticket = f"{process}#{next(self.numbers)}"
        self.asks += 1
        wait = window.ask(self.states[host], now, ticket, str(process), self.rule)
        if wait is not None:
            self.at(
                now + min(wait.seconds, 1.0) + self.random.uniform(0, 0.001), self.work, host, process, ticket
            )
            return
        latency = self.load.latency * (1 + self.load.jitter * self.random.uniform(-1, 1))
        self.at(now + latency * self.load.counted_at, self.count, (host, process), ticket, now + latency)

    def count(self, now: float, where: tuple[int, int], ticket: str, replies_at: float) -> None:
        """The server counts it."""
        self.at(replies_at, self.reply, where, ticket, *self.server.count(now, str(where[0])))

    def reply(self, now: float, where: tuple[int, int], ticket: str, passes: bool, left: int) -> None:
        """The reply is here, and the worker goes on."""
        host, process = where
        limit = self.server.limit if self.server.headers else None
        seen = Seen(200 if passes else 429, limit, left if self.server.headers else None, None)
        window.settle(self.states[host], now, ticket, seen, self.rule, u=self.random.random())
        if self.random.random() < 0.05:  # a store keeps nothing but this line
            self.states[host] = loads(dumps(self.states[host]))
        self.left += not passes
        self.done += passes
        self.end = now
        self.at(now, self.work, host, process, None)

    def intrude(self, now: float) -> None:
        """Somebody else sends."""
        if self.done < self.load.total and self.load.stranger:
            self.server.count(now, "stranger")
            self.at(now + self.load.stranger(self.random), self.intrude)

    def __call__(self) -> Outcome:
        """Run until all is done."""
        for host, process, _ in itertools.product(
            range(self.load.hosts), range(self.load.processes), range(self.load.workers)
        ):
            self.at(self.random.uniform(0, 0.005), self.work, host, process, None)
        if self.load.stranger:
            self.at(self.load.stranger(self.random), self.intrude)
        while self.events:
            now, _, what, of = heapq.heappop(self.events)
            what(now, *of)
        refused = sum(who != "stranger" for who in self.server.refused)
        least = (math.ceil(self.load.total / LIMIT) - 1) * PERIOD + self.load.latency
        return Outcome(
            throttled=refused / (self.load.total + refused),
            ratio=least / self.end,
            filled=len(self.server.admitted) / (LIMIT * self.end / PERIOD),
            asks=self.asks,
            state=self.states[0],
        )


@pytest.mark.parametrize("latency", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_one_process_fills_the_limit(kind: str, latency: float) -> None:
    """A sweep of 400 requests is never throttled and takes hardly longer than it must."""
    outcome = Run(Server(kind), Load(latency=latency, jitter=0.05))()
    assert outcome.throttled == 0
    assert outcome.ratio >= 0.95


@pytest.mark.parametrize("counted_at", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("latency", [0.05, 1.0])
def test_without_headers(latency: float, counted_at: float) -> None:
    """Where nothing shows when the server counts, strongly jittering replies cost a few percent more."""
    outcome = Run(Server(headers=False), Load(latency=latency, jitter=0.3, counted_at=counted_at))()
    assert outcome.throttled == 0
    assert outcome.ratio >= 0.90


@pytest.mark.parametrize(("kind", "processes"), [("fixed", 4), ("leaky", 4), ("sliding", 16)])
def test_many_processes_share_a_window(kind: str, processes: int) -> None:
    """Processes of one host are as fast together as one, and ask only a few times for each request."""
    outcome = Run(Server(kind), Load(processes=processes, workers=4, latency=0.5))()
    assert outcome.throttled == 0
    assert outcome.ratio >= 0.95
    assert outcome.asks <= 12 * processes * 4 + 20 * 400


def test_headers_show_an_early_server() -> None:
    """Overtaken requests show that the server counts on arrival, and then jitter costs less."""
    load = Load(latency=1.0, jitter=0.3, workers=16)
    told = Run(Server(), load)()
    untold = Run(Server(headers=False), load)()
    late = Run(Server(), Load(latency=1.0, jitter=0.3, workers=16, counted_at=1.0))()
    assert told.throttled == untold.throttled == late.throttled == 0
    assert told.state.early > told.state.late
    assert late.state.late > late.state.early
    assert told.ratio > untold.ratio + 0.01


@pytest.mark.parametrize("latency", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_takes_half(kind: str, latency: float) -> None:
    """Somebody who sends at half the limit's pace costs few 429s, and together we leave little unused."""
    load = Load(latency=latency, stranger=lambda _: 2 * PERIOD / LIMIT)
    outcome = Run(Server(kind), load)()
    assert outcome.throttled <= 0.05
    assert outcome.filled >= 0.9


@pytest.mark.parametrize(
    ("kind", "hosts", "latency"),
    [
        *(("sliding", hosts, latency) for hosts in (2, 3) for latency in (0.05, 0.5)),
        ("sliding", 2, 1.0),
        ("fixed", 2, 1.0),
        ("fixed", 3, 0.5),
        ("leaky", 2, 0.05),
        ("leaky", 3, 0.5),
    ],
)
def test_hosts_share_only_what_replies_tell(kind: str, hosts: int, latency: float) -> None:
    """Hosts that know nothing of each other are seldom throttled, and lose little."""
    total = 400 if latency < 1 else 600  # they collide at first, and it takes them longer to notice
    outcome = Run(Server(kind), Load(hosts=hosts, latency=latency, total=total))()
    assert outcome.throttled <= 0.05
    assert outcome.ratio >= 0.85


def test_full_pace_after_the_stranger_has_gone() -> None:
    """What others do not use any more is ours again."""
    ends = itertools.chain([0.5] * 60, itertools.repeat(1e9))
    outcome = Run(Server(), Load(latency=0.2, total=500, stranger=lambda _: next(ends)))()
    assert outcome.throttled <= 0.02
    assert outcome.filled >= 0.94


def test_a_smaller_limit_than_configured() -> None:
    """The server's own limit holds from the first reply that names it."""
    outcome = Run(Server(limit=20), Load(latency=0.1, total=200))()
    assert outcome.throttled == 0
    assert outcome.filled >= 0.5 * 0.98


def test_one_who_counts_refused_requests() -> None:
    """A server that counts what it refuses is not hammered."""
    load = Load(latency=0.2, total=300, stranger=lambda r: r.expovariate(2))
    outcome = Run(Server(counts_refused=True), load)()
    assert outcome.throttled <= 0.1


@settings(max_examples=20)
@given(
    kind=st.sampled_from(KINDS),
    phase=st.floats(0, PERIOD),
    headers=st.booleans(),
    latency=st.floats(0.01, 3.0),
    jitter=st.floats(0, 0.9),
    counted_at=st.floats(0, 1),
    workers=st.integers(1, 16),
    seed=st.integers(0, 1000),
)
def test_never_throttled_alone(**what: Any) -> None:
    """Whatever the window, the latency and its jitter, and wherever the server counts: no 429."""
    server = Server(what.pop("kind"), what.pop("phase"), what.pop("headers"))
    assert Run(server, Load(total=130, **what))().throttled == 0
