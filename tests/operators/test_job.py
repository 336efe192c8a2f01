from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_mode.client import Usage
from airflow_provider_mode.governance.ports import Progress
from airflow_provider_mode.operators._job import ProgressLog, Spent
from airflow_provider_mode.operators.archive_stale_reports import ArchiveStaleReportsOperator
from tests.operators.workspace import POLICY, Mode


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, text: str, *values: Any) -> None:
        """Keep one line."""
        self.lines.append(text % values)


def test_long_work_says_how_far_it_is_once_in_a_few_seconds() -> None:
    """Not at each report; with the pace, and with the time left where the total is known."""
    seconds = iter([0.0, 1.0, 5.0, 5.0, 11.0])
    log, usage = Lines(), Usage()
    say = ProgressLog(log, usage, every=5.0, clock=lambda: next(seconds))
    usage.count(requests=20)
    progress = [Progress("listed", 10, None), Progress("listed", 500, None)]
    progress += [Progress("changed", 1, 9), Progress("changed", 6, 9)]
    assert [say(each) for each in progress] == [False, True, False, True]
    assert log.lines == [
        "listed: 500 (20 requests, 4.0 a second)",
        "changed: 6 of 9, about 3 s left (20 requests, 1.8 a second)",
    ]


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"requests": "many", "seconds": 1}'])
def test_what_was_spent_before_is_nothing_where_nothing_can_be_read(content: bytes | None) -> None:
    """A file of costs that is cut or missing costs the count, never the task."""
    assert Spent.loads(content) == Spent(0, 0.0)
    assert Spent.loads(Spent(7, 1.5).dumps()) == Spent(7, 1.5)


@pytest.mark.mode_sandbox(reports=0, collections=3)
def test_outside_a_task_a_failure_is_raised_all_the_same(mode: Mode) -> None:
    """Without a task instance there is nowhere to leave the result but the exception."""
    report = mode.stale()
    mode.sandbox.fault("status", method="PATCH", status=403, count=None)
    with pytest.raises(Exception, match=report):
        mode.run(ArchiveStaleReportsOperator, policy=POLICY, max_changes=1)
