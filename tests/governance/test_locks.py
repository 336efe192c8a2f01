from __future__ import annotations

import fcntl
import tempfile
import threading
from pathlib import Path

import pytest

from airflow_provider_mode.governance.errors import StorageError
from airflow_provider_mode.governance.locks import Presence, ReportLocks, is_attended, lock

HOST, REPORT = "https://app.mode.com", "aaaaaaaaaaa1"


@pytest.fixture
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of this test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return tmp_path / "tmp"


def never(_: float) -> None:
    """A sleep that nobody should need."""
    raise AssertionError


def test_a_report_is_held_by_one(short: Path) -> None:
    """The second waits until the first is done with the report; another report is free."""
    first = ReportLocks(HOST, "acme", sleep=never)
    order: list[str] = []
    held, waiting = threading.Event(), threading.Event()

    def wait(_: float) -> None:
        waiting.set()

    def work() -> None:
        held.wait(10)
        with ReportLocks(HOST, "acme", sleep=wait).hold(REPORT):
            order.append("second")

    thread = threading.Thread(target=work)
    thread.start()
    with first.hold(REPORT):
        held.set()
        assert waiting.wait(10)
        with first.hold("aaaaaaaaaaa2"), ReportLocks(HOST, "other", sleep=never).hold(REPORT):
            order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_lock_that_cannot_be_had_is_done_without(short: Path) -> None:
    """It is an advice: a process that hangs, or no folder for temporary files, does not stop the work."""
    naps: list[float] = []
    first, second = (
        ReportLocks(HOST, "acme", sleep=never),
        ReportLocks(HOST, "acme", sleep=naps.append, tries=3),
    )
    with first.hold(REPORT), second.hold(REPORT):
        assert len(naps) == 3
    for path in short.iterdir():
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    short.rmdir()
    with ReportLocks(HOST, "acme", sleep=never).hold(REPORT) as nothing:
        assert nothing is None


def test_a_lock_that_is_never_free(tmp_path: Path) -> None:
    """Waiting has an end."""
    path = tmp_path / "file"
    with path.open("wb") as one, path.open("wb") as two:
        fcntl.flock(one, fcntl.LOCK_EX)
        with pytest.raises(StorageError, match="another process keeps"):
            lock(two.fileno(), path, fcntl.LOCK_EX, lambda _: None, tries=2)


def test_what_is_no_file_cannot_be_locked(tmp_path: Path) -> None:
    """A filesystem that knows no locks is an error before anything is changed."""
    with pytest.raises(StorageError, match="could not lock"):
        lock(-1, tmp_path, fcntl.LOCK_EX, never)


def test_a_folder_is_attended_while_someone_is_there(tmp_path: Path) -> None:
    """Whoever comes first is alone; others see that, until all have left."""
    assert not is_attended(tmp_path)
    first = Presence(tmp_path, never)
    second = Presence(tmp_path, never)
    assert first.alone
    assert not second.alone
    assert is_attended(tmp_path)
    first.close()
    assert is_attended(tmp_path)
    second.close()
    assert not is_attended(tmp_path)


def test_a_folder_that_cannot_be_locked_is_never_seen_attended(tmp_path: Path) -> None:
    """Some network disks lock files alone: there everybody seems to be alone."""

    def refuse(number: int, how: int) -> None:
        raise OSError(9, "Bad file descriptor")

    presence = Presence(tmp_path, never, flock=refuse)
    assert presence.alone
    presence.close()
