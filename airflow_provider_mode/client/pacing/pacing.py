"""
Pacing: at most so many requests in any period as the server counts them, for all who use one key.

`pacer_for` gives the pacer of a configuration. Behind it, from the inside out:
state       what is known of one key
evidence    what replies teach of the server (pure)
strangers   what they teach of others who use the key (pure)
pause       what a 429 does (pure)
window      who may send now (pure)
store       where the state lives: this process, `file` a host, `redis` several
wait        the one part that sleeps
"""

import hashlib
import random as chance
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from airflow_provider_mode.client.config import ModeConfig, RateLimit
from airflow_provider_mode.client.pacing.file import FileStore
from airflow_provider_mode.client.pacing.pace import Pacer, PaceTimeout, Permit, Seen
from airflow_provider_mode.client.pacing.redis import RedisStore
from airflow_provider_mode.client.pacing.store import LocalStore, Store, watch_forks
from airflow_provider_mode.client.pacing.wait import Books, SharedPacer
from airflow_provider_mode.client.pacing.window import Rule

__all__ = ["NoPacer", "PaceTimeout", "Pacer", "Permit", "Seen", "pacer_for"]

_SLACK = 5.0  # seconds beyond its timeouts after which a request is surely over


@dataclass(frozen=True, slots=True)
class _Free:
    """Leave that holds nothing."""

    def settle(self, reply: Seen | None) -> None:
        """Nothing is kept."""


@dataclass(frozen=True, slots=True)
class NoPacer:
    """Pacing switched off: leave for everybody at once."""

    waited: tuple[int, float] = (0, 0.0)

    def acquire(self, give_up_after: float | None = None) -> Permit:  # noqa: ARG002  # it never waits
        """Leave to send now."""
        return _Free()


class _Registry:
    """The books of every key in this process, so that all its clients share them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._books: dict[tuple[object, ...], Books] = {}
        watch_forks(self)

    def books(self, key: tuple[object, ...], stores: Callable[[], list[Store]]) -> Books:
        """The books under a key, opened on first use."""
        with self._lock:
            if key not in self._books:
                self._books[key] = Books(stores())
            return self._books[key]

    def after_fork(self) -> None:
        """A lock that another thread held at the fork would never open in the child."""
        self._lock = threading.Lock()


_registry = _Registry()


def pacer_for(
    config: ModeConfig,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    random: Callable[[], float] = chance.random,
) -> Pacer:
    """
    The pacer of a configuration: clients of one key share it, however many they are.

    `clock` must be the system's monotonic clock, or one that all users of the key share.
    """
    limit = config.rate_limit
    if limit is None:
        return NoPacer()
    key = (config.host, config.key_hash, limit.redis, clock, sleep)
    books = _registry.books(key, lambda: _stores(config, limit, clock, sleep, random))
    rule = Rule(requests=limit.requests, period=limit.period, bound=sum(config.timeout) + _SLACK)
    return SharedPacer(books, rule, clock=clock, sleep=sleep, random=random)


def _stores(
    config: ModeConfig,
    limit: RateLimit,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> list[Store]:
    """The stores of a key, the widest first; the name tells neither key nor host."""
    name = hashlib.sha256(f"{config.host}\n{config.key_hash}".encode()).hexdigest()[:32]
    stores: list[Store] = [FileStore(name, clock=clock, sleep=sleep), LocalStore(clock)]
    if limit.redis is not None:
        stores.insert(0, RedisStore(limit.redis, name, sleep=sleep, random=random))
    return stores
