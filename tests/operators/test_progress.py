from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_provider_mode.client import Usage
from airflow_provider_mode.governance.ports import Progress
from airflow_provider_mode.operators._progress import ProgressLog


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, text: str, *values: Any) -> None:
        """Keep one line."""
        self.lines.append(text % values)


def said(*steps: tuple[float, Progress], requests: int = 20) -> tuple[Sequence[bool], Sequence[str]]:
    """Which steps were logged, and how, of work that began at 0 s."""
    seconds = iter([0.0, *(at for at, _ in steps)])
    log, usage = Lines(), Usage()
    say = ProgressLog(log, usage, every=5.0, clock=lambda: next(seconds))
    usage.count(requests=requests)
    return [say(progress) for _, progress in steps], log.lines


def test_long_work_says_how_far_it_is_once_in_a_few_seconds() -> None:
    """Not at each report; with the pace, and with the time left where the total is known."""
    logged, lines = said(
        (1.0, Progress("listed", 10, None)),
        (5.0, Progress("listed", 500, None)),
        (5.0, Progress("changed", 1, 9)),
        (11.0, Progress("changed", 7, 9)),
    )
    assert logged == [False, True, False, True]
    assert lines == [
        "listed: 500 (20 requests, 4.0 a second)",
        "changed: 7 of 9, 2 to do, about 2 s left (20 requests, 1.8 a second)",
    ]


def test_the_first_line_of_a_stage_promises_nothing() -> None:
    """Before there is a rate there is no time left to be told, least of all 0 s."""
    _, lines = said((30.0, Progress("changed", 1, 900)), (40.0, Progress("changed", 1, 900)))
    assert lines == [
        "changed: 1 of 900, 899 to do (20 requests, 0.7 a second)",
        "changed: 1 of 900, 899 to do (20 requests, 0.5 a second)",
    ]


def test_long_times_are_in_minutes() -> None:
    """A sweep of an hour is not told in seconds."""
    _, lines = said((1.0, Progress("changed", 0, 900)), (21.0, Progress("changed", 80, 900)), requests=80)
    assert lines == ["changed: 80 of 900, 820 to do, about 3 min left (80 requests, 3.8 a second)"]


def test_work_that_lasted_no_time_has_no_rate() -> None:
    """Two steps at the same moment of a coarse clock."""
    _, lines = said((9.0, Progress("listed", 3, None)), (9.0, Progress("changed", 1, 2)))
    assert lines == ["listed: 3 (20 requests, 2.2 a second)"]
