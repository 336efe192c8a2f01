"""Plans, journals and histories that an enemy made: refused or harmless; they change nothing."""

from __future__ import annotations

import hashlib
import json
import logging
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException

from airflow_provider_mode.governance.history.file import Damaged, HistoryFile, loads
from airflow_provider_mode.operators import (
    ArchiveStaleReportsOperator,
    DeleteSchedulesOperator,
    PlanCleanupOperator,
    RestoreOperator,
)
from tests.operators.workspace import POLICY, Mode

Json = dict[str, Any]
NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOST = "https://app.mode.com"


def _path(uri: str) -> Path:
    return Path(uri.removeprefix("file://"))


def _plan(mode: Mode) -> tuple[Path, Json]:
    report = mode.stale()
    mode.schedule(report)
    result = mode.run(PlanCleanupOperator, policy=POLICY)
    path = _path(result["plan"])
    return path, json.loads(path.read_bytes())


def _sealed(plan: Json) -> bytes:
    """The plan with the digest that its enemy worked out for it."""
    bare = {key: value for key, value in plan.items() if key != "digest"}
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return json.dumps(bare | {"digest": f"sha256:{hashlib.sha256(text).hexdigest()}"}).encode()


def _alter(plan: Json, where: str, value: Any) -> Json:
    """A copy in which one thing, by a path of keys, is another."""
    copy: Json = json.loads(json.dumps(plan))
    inner: Any = copy
    *steps, last = where.split(".")
    for step in steps:
        inner = inner[int(step) if step.isdigit() else step]
    inner[last] = value
    return copy


ALTERED: dict[str, tuple[str, Any]] = {
    "another report": ("actions.0.report", "ffffffffffff"),
    "a path for a report": ("actions.0.report", "../../verify"),
    "a line in a report": ("actions.0.report", "abc\n"),
    "a report that is a list": ("actions.0.report", ["a"]),
    "another kind": ("actions.0.kind", "delete_report"),
    "a definition that is none": ("actions.0.definition", "rm -rf"),
    "a key more": ("actions.0.command", "rm -rf"),
    "evidence of another": ("actions.0.evidence", {"report": "ffffffffffff"}),
    "no policy": ("policy", {}),
    "a policy of everything": ("policy", {"older_than": "1s"}),
    "a policy with code": ("policy", {"max_views": "__import__('os')"}),
    "another workspace": ("workspace", "globex"),
    "a workspace that climbs": ("workspace", "../globex"),
    "another format": ("format", "mode-plan/2"),
    "a time that is none": ("expires_at", "never"),
    "expired": ("expires_at", "2001-01-01T00:00:00Z"),
    "counts that are no numbers": ("counts.stale", "5"),
    "actions that are none": ("actions", {"0": 1}),
}


@pytest.mark.mode_sandbox(reports=0)
@pytest.mark.parametrize("kind", ALTERED)
def test_an_altered_plan_with_a_digest_to_match(mode: Mode, kind: str) -> None:
    """Whoever can write the plan's file can also write its digest; yet nothing of these is done."""
    path, plan = _plan(mode)
    changes = len(mode.sandbox.state.changes)
    path.write_bytes(_sealed(_alter(plan, *ALTERED[kind])))
    for operator in (ArchiveStaleReportsOperator, DeleteSchedulesOperator):
        with pytest.raises(Exception, match="plan") as caught:
            mode.run(operator, plan=f"file://{path}", max_changes=5)
        assert type(caught.value).__module__.startswith("airflow"), repr(caught.value)
    assert len(mode.sandbox.state.changes) == changes


@pytest.mark.mode_sandbox(reports=0)
def test_the_digest_that_was_approved_is_the_fence(mode: Mode) -> None:
    """A plan that was altered after its approval does not have the digest that was approved."""
    path, plan = _plan(mode)
    other = mode.stale("Another")
    grown = json.loads(json.dumps(plan))
    for action in plan["actions"]:
        if action["kind"] == "archive_report":
            copy = json.loads(json.dumps(action).replace(action["report"], other))
            grown["actions"].append(copy)
    path.write_bytes(_sealed(grown))
    with pytest.raises(Exception, match="digest"):
        mode.run(ArchiveStaleReportsOperator, plan=f"file://{path}", digest=plan["digest"], max_changes=5)
    assert not mode.archived()


@pytest.mark.mode_sandbox(reports=0)
@pytest.mark.parametrize(
    "content",
    [
        b"", b"null", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b'{"format": NaN}',
        b'{"format":"mode-plan/1","format":"mode-plan/1"}', b"9" * 10_000, b'{"format": 1e999}',
    ],
)  # fmt: skip
def test_a_file_that_is_no_plan(mode: Mode, content: bytes) -> None:
    """It is refused in a sentence, whatever is in it."""
    path = mode.output / "plan.json"
    path.write_bytes(content)
    with pytest.raises(Exception, match="plan") as caught:
        mode.run(ArchiveStaleReportsOperator, plan=f"file://{path}", max_changes=5)
    assert type(caught.value).__module__.startswith("airflow"), repr(caught.value)


def _journal(mode: Mode, *rows: Any, **header: Any) -> Path:
    path = mode.output / "journal.jsonl"
    head = {"format": "mode-journal/1", "workspace": "acme", "host": mode.sandbox.url} | header
    path.write_bytes(
        b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in (head, *rows))
    )
    return path


def _pair(n: int = 1, **values: Any) -> tuple[Json, Json]:
    before: Json = {"n": n, "when": "before", "kind": "archive_report", "report": "aaaaaaaaaaaa"} | values
    after: Json = {key: before[key] for key in ("n", "kind", "report") if key in before}
    return before, {**after, "when": "after", "ok": True}


@pytest.mark.mode_sandbox(reports=0)
@pytest.mark.parametrize(
    "values",
    [
        {"report": "../../verify"},
        {"report": "a/b?c"},
        {"report": ["x"]},
        {"report": "x" * 10_000},
        {"kind": "delete_report"},
        {"kind": "../archive"},
        {"kind": "delete_schedule", "schedule": "../x", "definition": {}},
        {"kind": "delete_schedule", "schedule": "abc", "definition": "x"},
        {"kind": "delete_schedule", "schedule": "abc", "definition": {"cron": [1], "name": {}}},
        {"kind": "delete_schedule", "schedule": "abc", "definition": {"cron": {"freq": "x" * 10_000}}},
        {"n": -1},
        {"n": 10**400},
        {"n": True},
        {"at": "9999-99-99"},
        {"subscriptions": {"a": 1}},
    ],
)
def test_a_journal_that_lies(mode: Mode, values: Json) -> None:
    """Of what is no line of a journal nothing is done; what looks like one is asked for and not found."""
    changes = len(mode.sandbox.state.changes)
    path = _journal(mode, *_pair(**values))
    with suppress(AirflowException):  # nothing to bring back may be an error
        result = mode.run(RestoreOperator, journal=f"file://{path}")
        assert result["unarchived"] == result["schedules_created"] == []
    assert len(mode.sandbox.state.changes) == changes
    assert all(
        asked.target.startswith("/api/") and "verify?" not in asked.target for asked in mode.sandbox.requests
    )


@pytest.mark.mode_sandbox(reports=0)
@pytest.mark.parametrize(
    "noise",
    [
        b"\xff\xfe\n",
        b"[" * 100_000 + b"\n",
        b"null\n",
        b'{"n":1e999}\n',
        b"9" * 10_000 + b"\n",
        b"\x00" * 1000,
        b"{",
    ],
)
def test_noise_in_a_journal_hides_nothing(mode: Mode, noise: bytes) -> None:
    """What stands beside it is still found and undone."""
    report = mode.stale()
    mode.sandbox.archive(report)
    path = _journal(mode, noise if noise.endswith(b"\n") else noise + b"\n", *_pair(report=report), noise)
    assert mode.run(RestoreOperator, journal=f"file://{path}")["unarchived"] == [report]


@pytest.mark.mode_sandbox(reports=0)
def test_a_journal_of_another_host(mode: Mode) -> None:
    """It is not undone here, and what it says of this host's reports does not count."""
    report = mode.stale()
    mode.sandbox.archive(report)
    path = _journal(mode, *_pair(report=report), host="https://mode.example.com")
    with pytest.raises(Exception, match=r"mode\.example\.com"):
        mode.run(RestoreOperator, journal=f"file://{path}")
    assert mode.archived() == {report}


def _history(body: bytes, **header: Any) -> bytes:
    head = {
        "format": "mode-history/1",
        "host": HOST,
        "workspace": "acme",
        "began": "2026-01-01T00:00:00Z",
        "checksum": f"sha256:{hashlib.sha256(body).hexdigest()}",
    }
    return json.dumps(head | header).encode() + b"\n" + body


HISTORIES = {
    "nothing": b"",
    "noise": b"\xff" * 1000,
    "deep": b"[" * 100_000,
    "too many numbers": _history(b"aaaaaaaaaaaa 1 2 3 4 5 6\n"),
    "too few": _history(b"aaaaaaaaaaaa 1\n"),
    "no name": _history(b" \n"),
    "words": _history(b"aaaaaaaaaaaa a b c d\n"),
    "a number without end": _history(b"aaaaaaaaaaaa " + b"9" * 10_000 + b" 1 2 3\n"),
    "the year 300000": _history(b"aaaaaaaaaaaa 1 9999999999999 1 1\n"),
    "before time": _history(b"aaaaaaaaaaaa 1 -5 1 1\n"),
    "views below none": _history(b"aaaaaaaaaaaa -5 1 1 1\n"),
    "began never": _history(b"", began="never"),
    "began without a zone": _history(b"", began="2026-01-01T00:00:00"),
    "began as a number": _history(b"", began=5),
    "began in year 1": _history(b"", began="0001-01-01T00:00:00+23:59"),
    "another host": _history(b"", host="https://mode.example.com"),
    "another sum": _history(b"", checksum="sha256:0"),
}


@pytest.mark.parametrize("kind", HISTORIES)
def test_a_history_that_lies(tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    """It is set aside with a loud word, and watching begins anew: a lie costs evidence, never reports."""
    with pytest.raises(Damaged):
        loads(HISTORIES[kind], host=HOST, workspace="acme")
    file = HistoryFile(tmp_path, host=HOST, workspace="acme")
    file.path.write_bytes(HISTORIES[kind])
    with caplog.at_level(logging.WARNING):
        assert file.load(NOW).began == NOW.timestamp()
    assert "begins anew" in caplog.text
    assert [path for path in tmp_path.iterdir() if "damaged" in path.name]
