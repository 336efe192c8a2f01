from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from pathlib import Path

import pytest

from airflow_provider_mode.governance.errors import StorageError
from airflow_provider_mode.governance.locks import Presence, ReportLocks, is_attended, lock, owns

HOST, REPORT = "https://app.mode.com", "aaaaaaaaaaa1"


def never(_: float) -> None:
    """A sleep that nobody should need."""
    raise AssertionError


def test_a_report_is_held_by_one(tmp_path: Path) -> None:
    """The second waits until the first is done with the report; another report is free."""
    first = ReportLocks(HOST, "acme", sleep=never, folder=tmp_path)
    order: list[str] = []
    held, waiting = threading.Event(), threading.Event()

    def wait(_: float) -> None:
        waiting.set()

    def work() -> None:
        held.wait(10)
        with ReportLocks(HOST, "acme", sleep=wait, folder=tmp_path).hold(REPORT):
            order.append("second")

    thread = threading.Thread(target=work)
    thread.start()
    with first.hold(REPORT):
        held.set()
        assert waiting.wait(10)
        with (
            first.hold("aaaaaaaaaaa2"),
            ReportLocks(HOST, "other", sleep=never, folder=tmp_path).hold(REPORT),
        ):
            order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_lock_that_cannot_be_had_is_done_without(tmp_path: Path) -> None:
    """It is an advice: a process that hangs does not stop the work, nor does a disk without room."""
    naps: list[float] = []
    first, second = (
        ReportLocks(HOST, "acme", sleep=never, folder=tmp_path),
        ReportLocks(HOST, "acme", sleep=naps.append, tries=3, folder=tmp_path),
    )
    with first.hold(REPORT), second.hold(REPORT):
        assert len(naps) == 3
    assert list(tmp_path.iterdir()) == []
    with ReportLocks(HOST, "acme", sleep=never, folder=tmp_path / "none").hold(REPORT) as nothing:
        assert nothing is None


def test_waiting_ends_with_the_task(tmp_path: Path) -> None:
    """A task that is being killed waits for nobody."""
    stopped = ReportLocks(HOST, "acme", sleep=never, stop=lambda: True, folder=tmp_path)
    with ReportLocks(HOST, "acme", sleep=never, folder=tmp_path).hold(REPORT), stopped.hold(REPORT):
        pass


def test_no_other_user_can_hold_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file lies in the user's own folder; where others may write there, nothing is waited for."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / f"airflow-provider-mode-{os.getuid()}"
    with ReportLocks(HOST, "acme", sleep=never).hold(REPORT):
        (held,) = folder.iterdir()
        assert held.name.startswith("report-")
    assert not list(folder.iterdir())
    folder.chmod(0o777)
    with ReportLocks(HOST, "acme", sleep=never).hold(REPORT):
        assert not list(folder.iterdir())


def test_a_lock_file_that_was_just_removed_is_no_lock(tmp_path: Path) -> None:
    """Who waited on a file that its holder removed locks the next one, and never the same as a third."""
    inside, most = 0, 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        locks = ReportLocks(HOST, "acme", sleep=lambda _: None, folder=tmp_path)
        for _ in range(50):
            with locks.hold(REPORT):
                with guard:
                    inside += 1
                    most = max(most, inside)
                with guard:
                    inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert list(tmp_path.iterdir()) == []


def test_only_the_file_at_the_path_counts(tmp_path: Path) -> None:
    """A lock on a file that was removed, or replaced, keeps nobody out."""
    path = tmp_path / "lock"
    with path.open("wb") as file:
        assert owns(file.fileno(), path)
        with path.open("rb") as other:
            assert not owns(other.fileno(), path)
        path.unlink()
        assert not owns(file.fileno(), path)
        path.touch()
        assert not owns(file.fileno(), path)


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
