"""
A few threads of our own, in which the synchronous client works beside a triggerer's event loop.

They are daemons: one that waits for a reply must not keep a triggerer from shutting down.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")
_Job = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class Pool:
    """At most `size` threads, begun when they are needed; for one event loop."""

    def __init__(self, size: int, loop: asyncio.AbstractEventLoop) -> None:
        self._size = size
        self._loop = loop
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._undone = 0

    async def run(self, work: Callable[[], Result]) -> Result:
        """What some work gives, done in one of the threads."""
        future: asyncio.Future[Result] = self._loop.create_future()
        self._undone += 1
        if len(self._threads) < min(self._undone, self._size):
            thread = threading.Thread(target=self._work, name="mode-trigger", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put((work, future))
        return await future

    def close(self) -> None:
        """Let the threads end after what they are at."""
        for _ in self._threads:
            self._jobs.put(None)
        self._threads = []

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, future = job
            outcome: Any = None
            error: BaseException | None = None
            try:
                outcome = None if future.cancelled() else work()
            except BaseException as raised:  # noqa: BLE001 - raised again where the work was asked for
                error = raised
            # A loop that has ended since does not want it any more.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._settle, future, outcome, error)

    def _settle(self, future: asyncio.Future[Any], outcome: Any, error: BaseException | None) -> None:
        """Hand over what came of some work, in the loop; work that nobody waits for any more counts too."""
        self._undone -= 1
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(outcome)
