from __future__ import annotations

import asyncio
import threading
import time

import pytest

from airflow_provider_mode.triggers._pool import Pool


def test_work_is_done_beside_the_loop_by_few_threads() -> None:
    """At most as many at once as there are threads, and the loop goes on meanwhile."""
    at_once, most, lock = 0, 0, threading.Lock()

    def work() -> str:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1
        return threading.current_thread().name

    async def main() -> set[str]:
        pool = Pool(3, asyncio.get_running_loop())
        names = await asyncio.gather(*(pool.run(work) for _ in range(12)))
        pool.close()
        return set(names)

    assert asyncio.run(main()) == {"mode-trigger"}
    assert 1 < most <= 3


def test_what_work_raises_is_raised_where_it_was_asked_for() -> None:
    """The thread goes on with other work."""

    def bad() -> None:
        raise ZeroDivisionError

    async def main() -> int:
        pool = Pool(1, asyncio.get_running_loop())
        with pytest.raises(ZeroDivisionError):
            await pool.run(bad)
        return await pool.run(lambda: 1)

    assert asyncio.run(main()) == 1


def test_work_that_nobody_waits_for_is_not_begun_or_not_missed() -> None:
    """A stuck thread keeps neither another from working nor the loop from ending."""
    gate, begun = threading.Event(), threading.Event()

    def stuck() -> None:
        begun.set()
        gate.wait(10)

    async def main() -> list[int]:
        pool = Pool(2, asyncio.get_running_loop())
        first = asyncio.create_task(pool.run(stuck))
        await asyncio.to_thread(begun.wait)
        first.cancel()
        done = [await pool.run(lambda: 1)]
        waiting = asyncio.create_task(pool.run(stuck))
        queued = asyncio.create_task(pool.run(lambda: done.append(2)))
        await asyncio.sleep(0)
        queued.cancel()
        waiting.cancel()
        await asyncio.gather(queued, waiting, return_exceptions=True)
        return done

    assert asyncio.run(main()) == [1]
    gate.set()
