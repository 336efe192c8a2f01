"""
Many collections read at once: which page is asked next, and what comes of it.

Each collection is a chain: a page is only known to exist when the one before it was not the last. So the
chains share the requests that may be in flight, the longest so far first, because it will likely end last.
When nothing else is left to ask, pages are asked ahead; over the whole walk at most as many as may be in
flight can turn out to have been needless. A collection's items come out only when it is known to be complete.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Generic

from airflow_provider_mode.client.errors import (
    AuthenticationError,
    ConfigurationError,
    ModeError,
    RateLimited,
)
from airflow_provider_mode.client.kept import Kept
from airflow_provider_mode.client.listing import Listing, Row, feed, moving, same_page
from airflow_provider_mode.client.pages import MOST_WALKS, Pages

Answer = tuple[list[Row], Mapping[str, Any]]
_CONCERNS_ALL = (AuthenticationError, ConfigurationError, RateLimited)
Fetch = Callable[[Listing[Row], int], Answer[Row]]
Watch = Callable[[int], object]


class Chain(Generic[Row]):
    """One list's walk: what was read, what is asked, what came early."""

    def __init__(self, listing: Listing[Row], order: int) -> None:
        self.listing = listing
        self.order = order
        self.pages = Pages(most_pages=listing.most_pages)
        self.items = Kept(listing.model)
        self.walks = 1
        self.asked = 0
        """The last page asked for in this walk."""
        self._early: dict[int, Answer[Row] | ModeError] = {}
        self._lengths: list[int] = []

    @property
    def ahead(self) -> int:
        """How many pages are asked for that may turn out not to exist."""
        return max(self.asked - self.pages.next_page, 0)

    @property
    def ready(self) -> bool:
        """Whether nobody asked yet for the page that must come next."""
        return self.asked < self.pages.next_page

    @property
    def promising(self) -> bool:
        """Whether to ask ahead: by no more pages than were found, not after a short one or past the end."""
        lengths, known = self._lengths, self.pages.last_page
        full = len(lengths) > self.ahead and lengths[-1] >= lengths[0]
        return full and (known is None or self.asked < known)

    def take(self, number: int, answer: Answer[Row] | ModeError) -> bool:
        """Take in a page, and those after it that came early; whether this walk of the list is over."""
        self._early[number] = answer
        while not self.pages.done and self.pages.next_page in self._early:
            due = self._early.pop(self.pages.next_page)
            if isinstance(due, ModeError):
                raise due
            rows, counters = due
            self._lengths.append(len(rows))
            self.items.add(rows[index] for index in feed(self.pages, self.listing, rows, counters))
        return self.pages.done

    def again(self) -> None:
        """Begin another walk, because rows moved between pages."""
        if self.walks > MOST_WALKS:
            raise moving(self.listing)
        self.pages, self.walks, self.asked = self.pages.again(), self.walks + 1, 0
        self._early, self._lengths = {}, []


@dataclass(frozen=True, slots=True)
class Ask(Generic[Row]):
    """One page of one chain, asked for in one of its walks."""

    chain: Chain[Row]
    walk: int
    page: int


class Walk(Generic[Row]):
    """The chains of a walk, and what may be asked next."""

    def __init__(self, listings: Sequence[Listing[Row]], in_flight: int) -> None:
        self._open = {order: Chain(listing, order) for order, listing in enumerate(listings)}
        self._lists = len(listings)
        self._ready = [(0, order) for order in self._open]
        self._most_needless = in_flight
        self._needless = 0

    @property
    def ended(self) -> int:
        """How many lists are over."""
        return self._lists - len(self._open)

    def next_ask(self) -> Ask[Row] | None:
        """The page to ask for now, if any."""
        if self._ready:
            chain = self._open[heapq.heappop(self._ready)[1]]
        else:
            promising = [chain for chain in self._open.values() if chain.promising]
            risked = self._needless + sum(chain.ahead for chain in self._open.values())
            if not promising or risked >= self._most_needless:
                return None
            chain = min(promising, key=lambda chain: (chain.ahead, -chain.pages.next_page))
        chain.asked += 1
        return Ask(chain, chain.walks, chain.asked)

    def take(self, ask: Ask[Row], answer: Answer[Row] | ModeError) -> Kept[Row] | ModeError | None:
        """Take in what came of an ask: a chain's items or its error when it has ended, else None."""
        chain = ask.chain
        if chain.order not in self._open or chain.walks != ask.walk:
            return None
        try:
            ended = chain.take(ask.page, answer)
            if ended:
                self._needless += chain.asked + 1 - chain.pages.next_page
                if chain.pages.shifted:
                    chain.again()
                    ended = False
        except ModeError as error:
            self._needless += chain.ahead
            del self._open[chain.order]
            return error
        if ended:
            del self._open[chain.order]
            return chain.items
        if chain.ready:
            heapq.heappush(self._ready, (-chain.pages.next_page, chain.order))
        return None


class Doubts(Generic[Row]):
    """
    Whether the server heeds the number of a page at all.

    A list whose full first page came again as its second may be over (Mode is said to repeat the last page),
    or the server may answer every page with the first. One such list is believed; where several end so, and
    no list at all went on past its first page, none of them is.
    """

    def __init__(self) -> None:
        self._held: list[tuple[Chain[Row], Kept[Row]]] = []
        self._pages_count = False

    def holds(self, chain: Chain[Row], ended: Kept[Row] | ModeError) -> bool:
        """Whether to wait for more evidence before an ended list is given out."""
        pages = chain.pages
        self._pages_count = self._pages_count or pages.went_on
        if isinstance(ended, ModeError) or self._pages_count or not pages.repeated_first:
            return False
        self._held.append((chain, ended))
        return True

    def settled(self) -> Iterator[tuple[int, Kept[Row] | ModeError]]:
        """What was held back: the lists, or the error in their place."""
        doubtful = len(self._held) > 1 and not self._pages_count
        for chain, ended in self._held:
            yield chain.order, same_page(chain.listing) if doubtful else ended


def walk(
    fetch: Fetch[Row], listings: Sequence[Listing[Row]], *, workers: int, watch: Watch = lambda _: None
) -> Iterator[tuple[int, Kept[Row] | ModeError]]:
    """
    For each list, by its index, all its items or the error in their place, as each list ends.

    `watch` hears after each page how many lists have ended.

    What concerns every list (a bad key, a limit that leaves no room, a host that is not there) is raised.
    """
    state, doubts = Walk(listings, workers), Doubts[Row]()
    flying: dict[Future[Answer[Row]], Ask[Row]] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="mode") as pool:
        while True:
            while len(flying) < workers and (ask := state.next_ask()) is not None:
                flying[pool.submit(fetch, ask.chain.listing, ask.page)] = ask
            if not flying:
                yield from doubts.settled()
                return
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                ask = flying.pop(future)
                ended = state.take(ask, _answer(future))
                watch(state.ended)
                if ended is not None and not doubts.holds(ask.chain, ended):
                    yield ask.chain.order, ended


def _answer(future: Future[Answer[Row]]) -> Answer[Row] | ModeError:
    """What a page brought, or the error that concerns its list alone."""
    error = future.exception()
    if not isinstance(error, ModeError):
        return future.result()
    if error.never_left or isinstance(error, _CONCERNS_ALL):
        raise error
    return error
