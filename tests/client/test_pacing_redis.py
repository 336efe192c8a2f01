"""Several hosts share a window through a real Redis."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
import redis

from airflow_provider_mode.client.pacing import window
from airflow_provider_mode.client.pacing.pace import Seen
from airflow_provider_mode.client.pacing.redis import RedisStore, _address
from airflow_provider_mode.client.pacing.state import State
from airflow_provider_mode.client.pacing.store import LocalStore, StoreUnusableError
from airflow_provider_mode.client.pacing.wait import Books, SharedPacer

RULE = window.Rule(requests=3, period=1000.0, bound=75.0)
SERVER = shutil.which("redis-server")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that asks for a password."""
    if SERVER is None:
        pytest.skip("redis-server is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    command = [SERVER, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", "word"]
    process = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
    url = f"redis://:word@127.0.0.1:{port}/0"
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)
    yield url
    process.terminate()
    process.wait()


@pytest.fixture
def client(server: str) -> Iterator[redis.Redis]:
    """A look at the server from outside; everything is forgotten between tests."""
    with redis.Redis.from_url(server) as client:
        client.flushall()
        yield client


def store(url: str) -> RedisStore:
    """A store with a connection of its own, as another host would have."""
    return RedisStore(url, "name", sleep=time.sleep, random=lambda: 0.5)


def granted(one: RedisStore, rule: window.Rule = RULE) -> int:
    """How many requests get leave at once."""
    return sum(_ask(one, f"t{number}", rule) is None for number in range(10))


def _ask(one: RedisStore, ticket: str, rule: window.Rule) -> window.Wait | None:
    return one.transact(lambda state, now: window.ask(state, now, ticket, "me", rule), rule)


@pytest.fixture
def one(server: str, client: redis.Redis) -> Iterator[RedisStore]:
    """A store."""
    made = store(server)
    yield made
    made.close()


def test_hosts_share_a_window(server: str, one: RedisStore) -> None:
    """What one host has sent, another may not send again; an unused key goes by itself."""
    assert granted(one) == 3
    other = store(server)
    assert granted(other) == 0
    other.close()


def test_a_key_that_is_not_used_goes(client: redis.Redis, one: RedisStore) -> None:
    """Nothing is left in the server for good, and nothing there names a credential."""
    granted(one)
    assert client.keys() == [b"airflow-provider-mode:name"]
    assert 0 < client.ttl("airflow-provider-mode:name") <= 3600


@pytest.mark.parametrize("value", [b"nonsense", None])
def test_a_lost_value_counts_as_a_limit_just_spent(
    client: redis.Redis, one: RedisStore, value: bytes | None
) -> None:
    """After a flush nobody knows what was sent."""
    assert granted(one, window.Rule(requests=50, period=1000.0, bound=75.0)) == 10
    if value is None:
        client.flushall()
    else:
        client.set("airflow-provider-mode:name", value)
    assert granted(one) == 0


@pytest.mark.parametrize(("ahead", "left"), [(0.5, 2), (50.0, 0)])
def test_the_servers_clock_is_set_back(one: RedisStore, ahead: float, left: int) -> None:
    """A small correction is ridden out; a large one makes the state worthless."""

    def from_the_future(state: State, now: float) -> None:
        window.ask(state, now + ahead, "early", "me", RULE)

    one.transact(from_the_future, RULE)
    assert granted(one) == left


def test_many_at_once(server: str, client: redis.Redis) -> None:
    """Hosts that decide at the same moment never decide twice on the same places."""
    rule = window.Rule(requests=20, period=1000.0, bound=75.0)
    stores = [store(server) for _ in range(8)]
    won: list[int] = []
    threads = [threading.Thread(target=lambda it=it: won.append(granted(it, rule))) for it in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for it in stores:
        it.close()
    assert sum(won) <= 20


def test_one_who_is_never_fast_enough(server: str, client: redis.Redis, one: RedisStore) -> None:
    """Somebody who changes the key at every moment makes it useless."""
    other = store(server)
    numbers = iter(range(10_000))

    def slow(state: State, now: float) -> None:
        ticket = f"o{next(numbers)}"
        other.transact(lambda its, then: window.ask(its, then, ticket, "other", RULE), RULE)

    quick = RedisStore(server, "name", sleep=lambda _: None, random=lambda: 0.5)
    with pytest.raises(StoreUnusableError, match="all the time"):
        quick.transact(slow, RULE)
    other.close()
    quick.close()


def test_a_server_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    """The pace is kept by host, one warning says so, and no password is in it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        url = f"redis://user:hush@{address}/0"
        books = Books([store(url), LocalStore(time.monotonic)])
        pacer = SharedPacer(books, RULE, clock=time.monotonic, sleep=time.sleep, random=lambda: 0.5)
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                pacer.acquire().settle(Seen(200, None, None, None))
    assert len(caplog.records) == 1
    assert address in caplog.text
    assert "hush" not in caplog.text


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://:hush@somewhere/0", "somewhere:6379"),
        ("unix:///run/redis.sock", "its socket:6379"),
        ("redis://:hush@somewhere:port/0", "a URL that is none"),
    ],
)
def test_addresses_without_passwords(url: str, address: str) -> None:
    """What a warning names of a URL."""
    assert _address(url) == address


def test_a_url_that_redis_does_not_know() -> None:
    """A mistyped scheme is a reason like any other."""
    with pytest.raises(StoreUnusableError, match="ValueError"):
        granted(store("http://somewhere"))


def test_the_password_is_wrong(server: str, client: redis.Redis) -> None:
    """What the server refuses is of no use either."""
    with pytest.raises(StoreUnusableError, match="AuthenticationError") as caught:
        granted(store(server.replace("word", "hush")))
    assert "hush" not in str(caught.value)


def test_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the pace is kept by host, and the reason says what is missing."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(StoreUnusableError, match="the package `redis` is not installed"):
        granted(store("redis://somewhere"))


def test_a_forked_child_makes_its_own_connection(server: str, client: redis.Redis, one: RedisStore) -> None:
    """Two processes on one connection would read each other's replies."""
    assert granted(one) == 3
    one.after_fork()
    assert granted(one) == 0
