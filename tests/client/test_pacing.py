"""The pacer of a configuration: shared by key, patient within bounds, and absent when switched off."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import pytest

from airflow_provider_mode.client.config import ModeConfig, RateLimit
from airflow_provider_mode.client.pacing import store as pacing_store
from airflow_provider_mode.client.pacing.pacing import NoPacer, Pacer, PaceTimeout, Seen, pacer_for
from airflow_provider_mode.client.pacing.state import loads

GOOD = Seen(200, None, None, None)


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1e6
        self.naps: list[float] = []

    def __call__(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Time passes."""
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of its own for each test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def clock() -> Clock:
    """A clock for all who share a pacer in one test."""
    return Clock()


TWO = RateLimit(requests=2)


def pacer(clock: Clock, login: str = "key", limit: RateLimit | None = TWO) -> Pacer:
    """The pacer of a key."""
    config = ModeConfig(workspace="acme", login=login, password="word", rate_limit=limit)
    return pacer_for(config, clock=clock, sleep=clock.sleep, random=lambda: 0.5)


def test_switched_off() -> None:
    """Leave for everybody at once, and nothing is kept."""
    one = pacer_for(ModeConfig(workspace="acme", login="key", password="word", rate_limit=None))
    assert isinstance(one, NoPacer)
    one.acquire(0.0).settle(GOOD)
    assert one.waited == (0, 0.0)


def test_who_stops_waiting_leaves_the_queue(clock: Clock, temporary: Path) -> None:
    """Whatever ends a wait, a signal too, nobody queues behind one who is gone."""

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    config = ModeConfig(workspace="acme", login="interrupted", password="word", rate_limit=TWO)
    one = pacer_for(config, clock=clock, sleep=interrupted, random=lambda: 0.5)
    for _ in range(2):
        one.acquire().settle(GOOD)
    with pytest.raises(KeyboardInterrupt):
        one.acquire()
    (file,) = temporary.rglob("*.pace")
    state = loads(file.read_bytes().partition(b" ")[2])
    assert (state.queue, len(state.requests)) == ([], 2)


def test_clients_of_one_key_share_a_pace(clock: Clock, temporary: Path) -> None:
    """Another key has its own; the file names neither key nor host."""
    pacer(clock).acquire().settle(GOOD)
    pacer(clock).acquire().settle(GOOD)
    pacer(clock, "another").acquire().settle(GOOD)
    began = clock.now
    assert began == 1e6
    pacer(clock).acquire().settle(GOOD)
    assert clock.now - began >= 10
    files = [path.name for path in temporary.rglob("*.pace")]
    assert len(files) == 2
    assert not any("key" in name or "mode.com" in name for name in files)


def test_nobody_polls(clock: Clock) -> None:
    """A wait is slept through, in naps of two seconds while it is long, and then of one."""
    one = pacer(clock)
    for _ in range(3):
        one.acquire().settle(GOOD)
    assert max(clock.naps) <= 2.0
    assert max(clock.naps[-3:]) <= 1.0
    assert len(clock.naps) <= 8


def test_patience_ends(clock: Clock) -> None:
    """Who gives up leaves the queue, and has not waited longer than it said."""
    one = pacer(clock)
    for _ in range(2):
        one.acquire().settle(GOOD)
    with pytest.raises(PaceTimeout):
        one.acquire(give_up_after=3.0)
    assert clock.now == pytest.approx(1e6 + 3.0)
    one.acquire(give_up_after=30.0).settle(GOOD)
    assert clock.now == pytest.approx(1e6 + 10.0, abs=0.1)


def test_no_patience_for_a_pause_that_is_too_long(clock: Clock) -> None:
    """Where the server has said how long it takes, nobody waits in vain."""
    one = pacer(clock)
    one.acquire().settle(Seen(429, None, None, 60.0))
    with pytest.raises(PaceTimeout, match=r"60\."):
        one.acquire(give_up_after=30.0)
    assert clock.naps == []


def test_a_kill_while_waiting_leaves_the_queue(clock: Clock) -> None:
    """Nobody behind waits for one who is gone."""

    class KilledError(BaseException):
        """What a task's kill raises in it."""

    def killed(_: float) -> None:
        raise KilledError

    config = ModeConfig(workspace="acme", login="key", password="word", rate_limit=RateLimit(requests=1))
    one = pacer_for(config, clock=clock, sleep=killed, random=lambda: 0.5)
    one.acquire().settle(GOOD)
    with pytest.raises(KilledError):
        one.acquire()
    clock.now += 11
    one.acquire().settle(GOOD)


def test_threads_share_a_pace(clock: Clock) -> None:
    """Permits taken at the same time are still no more than the limit."""
    one = pacer(clock, limit=RateLimit(requests=8))
    threads = [threading.Thread(target=lambda: one.acquire().settle(GOOD)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.now == 1e6
    one.acquire()
    assert clock.now >= 1e6 + 10


def test_redis_comes_before_the_file(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Where it does not answer, the host keeps a pace of its own."""
    limit = RateLimit(requests=2, redis="redis://:hush@127.0.0.1:1/0")
    pacer(clock, limit=limit).acquire().settle(GOOD)
    assert "Redis at 127.0.0.1:1" in caplog.text
    assert "hush" not in caplog.text


def test_a_child_after_a_fork_gets_new_locks(clock: Clock) -> None:
    """Whoever held one in the parent is not there to give it back."""
    one = pacer(clock)
    one.acquire().settle(GOOD)
    pacing_store._forked()
    one.acquire().settle(GOOD)
