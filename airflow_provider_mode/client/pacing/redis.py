"""
The state of several hosts: one value a key in Redis, by the server's clock.

The decision is the same code as everywhere else; Redis only sees to it, by a short script, that nobody else
changed the value meanwhile.
"""

import importlib
import math
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from airflow_provider_mode.client.pacing.state import State, UnreadableStateError, dumps, loads
from airflow_provider_mode.client.pacing.store import Result, StoreUnusableError, watch_forks
from airflow_provider_mode.client.pacing.window import Rule, impossible, spend

_PATIENCE = 3.0  # seconds for a connection, or for a reply
_TRIES = 200
_RETRY = 0.01  # seconds, at most, before the value is tried again that somebody else has just changed
_KEPT = 3600  # seconds that an unused key stays
_MARK = 8  # bytes of the checksum that a state begins with
_SWAP = """
if redis.call("GETRANGE", KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
return 1
"""
_BACK = 1.0  # seconds that the server's clock may be corrected by


class RedisStore:
    """A key's state in `airflow-provider-mode:<name>`."""

    def __init__(
        self, url: str, name: str, *, sleep: Callable[[float], None], random: Callable[[], float]
    ) -> None:
        self._url, self._key = url, f"airflow-provider-mode:{name}"
        self._sleep, self._random = sleep, random
        self._lock = threading.Lock()
        self._client: Any = None
        self._known = False
        watch_forks(self)

    def transact(self, decide: Callable[[State, float], Result], rule: Rule) -> Result:
        """Decide, and again whenever somebody else was faster."""
        try:
            redis = importlib.import_module("redis")
        except ImportError as error:
            raise self._unusable("the package `redis` is not installed") from error
        with self._lock:
            try:
                for _ in range(_TRIES):
                    state, now, mark = self._read(redis, rule)
                    result = decide(state, now)
                    if self._client.eval(_SWAP, 1, self._key, mark, dumps(state), _KEPT):
                        self._known = True
                        return result
                    self._sleep(self._random() * _RETRY)
            except (redis.RedisError, OSError, ValueError) as error:
                raise self._unusable(type(error).__name__) from error
        raise self._unusable("others change the key all the time")

    def after_fork(self) -> None:
        """Neither the lock nor a connection of the parent is of use in the child."""
        self._lock, self._client = threading.Lock(), None

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _read(self, redis: Any, rule: Rule) -> tuple[State, float, bytes]:
        """The state, the time, and the mark by which a change is noticed."""
        if self._client is None:
            self._client = redis.Redis.from_url(
                self._url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
            )
        stored, (seconds, microseconds) = (
            self._client.pipeline(transaction=False).get(self._key).time().execute()
        )
        return *self._state(stored, seconds + microseconds / 1e6, rule), (stored or b"")[:_MARK]

    def _state(self, stored: bytes | None, now: float, rule: Rule) -> tuple[State, float]:
        """The stored state, and the time: the server's clock may be set back a little, but not by much."""
        try:
            state = State() if stored is None and not self._known else loads(stored or b"")
        except UnreadableStateError:
            state = State(clock=math.inf)
        if now < state.clock <= now + _BACK:
            now = state.clock
        if impossible(state, now, rule):
            state = State()
            spend(state, now, rule)
        return state, now

    def _unusable(self, why: str) -> StoreUnusableError:
        """The reason with the address alone: the rest of the URL may hold a password."""
        return StoreUnusableError(f"Redis at {_address(self._url)} fails ({why}), so by host alone.")


def _address(url: str) -> str:
    """Host and port of a URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or 6379
    except ValueError:
        return "a URL that is none"
    return f"{parts.hostname or 'its socket'}:{port}"
