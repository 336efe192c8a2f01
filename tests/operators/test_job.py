from __future__ import annotations

import pytest

from airflow_provider_mode.operators._job import Spent
from airflow_provider_mode.operators.archive_stale_reports import ArchiveStaleReportsOperator
from tests.operators.workspace import POLICY, Mode


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
