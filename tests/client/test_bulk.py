"""Many calls at once, in order, bounded, and ending as soon as something speaks against going on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from airflow_provider_mode.client.bulk import bounded_map


def test_results_come_in_the_order_of_their_items() -> None:
    """A slow first item holds back the results of the others, not their making."""
    gate = threading.Event()

    def double(number: int) -> int:
        if number == 0:
            gate.wait(10)
        if number == 5:
            gate.set()
        return number * 2

    assert list(bounded_map(double, range(30), workers=2)) == [(n, 2 * n) for n in range(30)]
    assert list(bounded_map(double, [], workers=2)) == []


def test_only_so_many_run_at_once_and_items_are_drawn_as_needed() -> None:
    """No more than `workers` calls run, and an endless source is no trouble."""
    lock, running, most, drawn = threading.Lock(), [0], [0], [0]

    def source() -> Iterator[int]:
        while True:
            drawn[0] += 1
            yield drawn[0]

    def work(number: int) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.001)
        with lock:
            running[0] -= 1
        return number

    results = bounded_map(work, source(), workers=3)
    assert [next(results) for _ in range(10)] == [(n, n) for n in range(1, 11)]
    results.close()  # type: ignore[attr-defined]  # it is a generator
    assert most[0] <= 3
    assert drawn[0] <= 10 + 4 * 3


def test_the_first_failure_is_raised_after_what_was_running() -> None:
    """Earlier results still come, nothing new is begun, and the failure is raised."""
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise KeyError(number)
        return number

    results = bounded_map(work, range(1000), workers=2)
    got: list[int] = []
    with pytest.raises(KeyError):
        got.extend(number for number, _ in results)
    assert len(begun) < 20


def test_stop_ends_it_between_items() -> None:
    """What is running ends and comes out; nothing more is begun."""
    done: list[int] = []
    results = bounded_map(lambda n: n, range(1000), workers=2, stop=lambda: len(done) >= 5)
    for number, _ in results:
        done.append(number)
    assert done == list(range(len(done)))
    assert 5 <= len(done) <= 5 + 8
