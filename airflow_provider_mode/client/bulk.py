"""Many calls at once, in the order of their items."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_HELD_BACK = 4


def _never() -> bool:
    """The stop condition of a map that runs to its end."""
    return False


def bounded_map(
    fn: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int,
    stop: Callable[[], bool] = _never,
) -> Iterator[tuple[Item, Result]]:
    """
    Each item with what `fn` made of it, in the items' order, at most `workers` of them in the making.

    Items are drawn only when a worker is free, and no more once `stop()` says so or a call has failed; the
    first failure is raised after the calls that were running have ended. Closing the iterator stops it too.

    :param fn: what to do with an item
    :param items: the items, drawn as they are needed
    :param workers: how many calls at once
    :param stop: whether to begin no more of them
    """
    source = iter(items)
    held: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="mode") as pool:
        while True:
            _fill(held, source, workers, stop, lambda item: pool.submit(fn, item))
            if not held:
                return
            if held[0][1].done():
                item, future = held.popleft()
                yield item, future.result()
            else:
                wait([future for _, future in held if not future.done()], return_when=FIRST_COMPLETED)


def _fill(
    held: deque[tuple[Item, Future[Result]]],
    source: Iterator[Item],
    workers: int,
    stop: Callable[[], bool],
    submit: Callable[[Item], Future[Result]],
) -> None:
    """Start calls for further items while a worker is free and nothing speaks against it."""
    while len(held) < _HELD_BACK * workers and not stop():
        running = sum(not future.done() for _, future in held)
        failed = any(future.done() and future.exception() is not None for _, future in held)
        if failed or running >= workers:
            return
        try:
            item = next(source)
        except StopIteration:
            return
        held.append((item, submit(item)))
