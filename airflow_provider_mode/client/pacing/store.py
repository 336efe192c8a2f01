"""Where a key's state lives: the protocol of stores, the one of this process, and who is who on this host."""

import contextlib
import functools
import hashlib
import os
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from airflow_provider_mode.client.pacing.state import State
from airflow_provider_mode.client.pacing.window import Rule, bury, impossible, owners, spend

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SPACE = Path("/proc/self/ns/pid")
Result = TypeVar("Result")


class StoreUnusableError(Exception):
    """The state can be neither read nor written here; the message says why, and names no credential."""


class Store(Protocol):
    """Lets one decision at a time work on a key's state."""

    def transact(self, decide: Callable[[State, float], Result], rule: Rule) -> Result:
        """
        What `decide(state, now)` gives, the changed state being kept.

        It may be called more than once. Raises `StoreUnusableError` when the state cannot be kept.
        """


class Forking(Protocol):
    """What has to be told of a fork."""

    def after_fork(self) -> None:
        """Get ready to be used by a child process; it has one thread now."""


class LocalStore:
    """The state of this process alone."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._state = clock, State()
        self._lock = threading.Lock()
        self._rule: Rule | None = None
        watch_forks(self)

    def transact(self, decide: Callable[[State, float], Result], rule: Rule) -> Result:
        """Decide under a lock; a clock that was set back makes the state worthless."""
        with self._lock:
            self._rule, now = rule, self._clock()
            if impossible(self._state, now, rule):
                self._state = State()
                spend(self._state, now, rule)
            return decide(self._state, now)

    def after_fork(self) -> None:
        """The parent's threads are not here to settle what they had under way."""
        self._lock = threading.Lock()
        if self._rule is not None:
            bury(self._state, self._clock(), owners(self._state), self._rule)


_watched: weakref.WeakSet[Forking] = weakref.WeakSet()


def watch_forks(one: Forking) -> None:
    """Have something told of forks: a lock that another thread held would never open in the child."""
    _watched.add(one)


def _forked() -> None:
    """In the child, before anything else runs there."""
    for one in list(_watched):
        one.after_fork()


os.register_at_fork(after_in_child=_forked)


@functools.cache
def boot() -> str:
    """What clock and process numbers belong to: this start of the system, this space of processes."""
    words = [_word(lambda: _BOOT.read_text().strip()), _word(lambda: str(_SPACE.readlink()))]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:12]


def _word(read: Callable[[], str]) -> str:
    """What a system file says; nothing where there is none, as on macOS."""
    try:
        return read()
    except OSError:
        return ""


def owner() -> str:
    """This process, by a name that others of the host can look after."""
    return f"{boot()}:{os.getpid()}"


def is_alive(name: str) -> bool:
    """Whether an owner may still be running; those of other hosts may."""
    where, _, pid = name.rpartition(":")
    if where != boot():
        return True
    try:
        with contextlib.suppress(PermissionError):  # another user's is alive too
            os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True
