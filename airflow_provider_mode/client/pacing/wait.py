"""Waiting for a place: the one part of pacing that sleeps, over whichever store can be used."""

import itertools
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from airflow_provider_mode.client.pacing import window
from airflow_provider_mode.client.pacing.pace import PaceTimeout, Permit, Seen
from airflow_provider_mode.client.pacing.state import State
from airflow_provider_mode.client.pacing.store import (
    Result,
    Store,
    StoreUnusableError,
    is_alive,
    owner,
    watch_forks,
)

LONGEST_NAP = 1.0  # seconds; so that a kill, a pause and changed headers are seen
_FAR, _FAR_NAP = 4.0, 2.0  # seconds; whoever stands far back in a long queue looks up less often
_numbers = itertools.count()
log = logging.getLogger(__name__)


class Books:
    """The first store that works; when one fails, the next takes over for good, and one warning says so."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores = list(stores)
        self._lock = threading.Lock()
        self._used = False

    def transact(self, decide: Callable[[State, float], Result], rule: window.Rule) -> Result:
        """Decide on the state of the first store that works."""
        while True:
            store = self._stores[0]
            try:
                result = store.transact(decide, rule)
            except StoreUnusableError as error:
                self._drop(store, error, rule)
            else:
                self._used = True
                return result

    def _drop(self, store: Store, error: StoreUnusableError, rule: window.Rule) -> None:
        """Go on without a store; the next one takes what was sent under it for a limit spent just now."""
        with self._lock:
            if store is not self._stores[0]:
                return  # another thread was first
            if len(self._stores) == 1:
                raise error
            log.warning("Mode's rate limit is shared less widely from here on: %s", error)
            del self._stores[0]
            used, self._used = self._used, False
        if used:
            self.transact(lambda state, now: window.spend(state, now, rule), rule)

    def after_fork(self) -> None:
        """A lock that another thread held at the fork would never open in the child."""
        self._lock = threading.Lock()


class SharedPacer:
    """Hands out places in a window to all threads of this process, and to whoever shares the books."""

    def __init__(
        self,
        books: Books,
        rule: window.Rule,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
    ) -> None:
        self._books, self._rule = books, rule
        self._clock, self._sleep, self._random = clock, sleep, random
        self._lock = threading.Lock()
        self._waited = (0, 0.0)
        watch_forks(self)
        watch_forks(books)

    @property
    def waited(self) -> tuple[int, float]:
        """How many permits had to be waited for in this process, and the seconds in all."""
        return self._waited

    def acquire(self, give_up_after: float | None = None) -> Permit:
        """Wait for a place; when it takes more than `give_up_after` seconds, `PaceTimeout`."""
        began = self._clock()
        ticket = f"{owner()}#{next(_numbers)}"
        with ExitStack() as undo:
            undo.callback(self._leave, ticket)  # also where a signal or a timeout ends the sleep
            self._queue(ticket, began, give_up_after)
            undo.pop_all()
        return _Place(self, ticket)

    def settle(self, ticket: str, seen: Seen | None) -> None:
        """Enter what became of a permit's request."""
        u = self._random()

        def enter(state: State, now: float) -> float:
            window.settle(state, now, ticket, seen, self._rule, u=u)
            return state.paused_until - now

        pause = self._books.transact(enter, self._rule)
        if seen is not None and seen.status == window.TOO_MANY:
            log.info("Mode says that the rate limit is spent: all who use this key pause for %.1f s", pause)

    def after_fork(self) -> None:
        """A lock that another thread held at the fork would never open in the child."""
        self._lock = threading.Lock()

    def _queue(self, ticket: str, began: float, give_up_after: float | None) -> None:
        """Ask until the place is there."""
        waits = 0
        try:
            while (wait := self._ask(ticket)) is not None:
                self._nap(wait, None if give_up_after is None else began + give_up_after)
                waits += 1
        finally:
            if waits:
                self._count(self._clock() - began)

    def _leave(self, ticket: str) -> None:
        self._books.transact(lambda state, _: window.leave(state, ticket), self._rule)

    def _ask(self, ticket: str) -> window.Wait | None:
        """One look at the window, the dead being cleared away first."""
        me = owner()

        def decide(state: State, now: float) -> window.Wait | None:
            dead = {name for name in window.owners(state) if name != me and not is_alive(name)}
            if dead:
                window.bury(state, now, dead, self._rule)
            return window.ask(state, now, ticket, me, self._rule)

        return self._books.transact(decide, self._rule)

    def _nap(self, wait: window.Wait, deadline: float | None) -> None:
        """Sleep as long as it takes, but a second or two at most; give up where waiting on is of no use."""
        nap = min(wait.seconds, LONGEST_NAP if wait.seconds < _FAR else _FAR_NAP)
        if deadline is not None:
            left = deadline - self._clock()
            if left <= 0 or (wait.sure and wait.seconds > left):
                raise PaceTimeout(f"no place within the limit for the next {wait.seconds:.1f} s")
            nap = min(nap, left)
        self._sleep(nap)

    def _count(self, seconds: float) -> None:
        with self._lock:
            self._waited = (self._waited[0] + 1, self._waited[1] + seconds)


class _Place:
    """Leave to send one request."""

    __slots__ = ("_pacer", "_ticket")

    def __init__(self, pacer: SharedPacer, ticket: str) -> None:
        self._pacer, self._ticket = pacer, ticket

    def settle(self, reply: Seen | None) -> None:
        """Tell what came back."""
        self._pacer.settle(self._ticket, reply)
