"""Locks between processes of one host: for a line of a journal, for a folder's writers, for one report.

They are advisory and short. The kernel drops them when a process dies, so that none outlives a kill.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from airflow_provider_mode.client.pacing.file import own_folder
from airflow_provider_mode.governance.errors import StorageError
from airflow_provider_mode.governance.storage import Guard

TRIES = 3000
PAUSE = 0.01
Flock = Callable[[int, int], object]


def lock(number: int, path: object, how: int, sleep: Callable[[float], None], tries: int = TRIES) -> None:
    """Lock an open file, waiting for others half a minute at most, which is far more than they need."""
    for _ in range(tries):
        with Guard("lock", path):
            try:
                fcntl.flock(number, how | fcntl.LOCK_NB)
            except BlockingIOError:
                sleep(PAUSE)
            else:
                return
    raise StorageError(f"another process keeps {path} locked")


class Presence:
    """Says that a process is at work in a local folder, for as long as it is.

    `alone` tells whether nobody else was there first. Where folders cannot be locked (some network disks)
    nobody is ever seen.
    """

    def __init__(self, folder: Path, sleep: Callable[[float], None], *, flock: Flock = fcntl.flock) -> None:
        with Guard("open", folder):
            self._number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        free = _is_free(self._number, flock)
        self.alone = free is not False
        if free is not None:
            lock(self._number, folder, fcntl.LOCK_SH, sleep)

    def close(self) -> None:
        """Leave."""
        os.close(self._number)


def is_attended(folder: Path) -> bool:
    """Whether some process is at work in a local folder."""
    with Guard("open", folder):
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return _is_free(number, fcntl.flock) is False
    finally:
        os.close(number)


def _is_free(number: int, flock: Flock) -> bool | None:
    """Whether nobody else has a folder locked, and then it is ours; None where folders cannot be locked."""
    try:
        flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


class ReportLocks:
    """One process of this host at a time changes a report, so that two runs do nothing twice.

    An advice and no more: where it cannot be had, as between hosts, the report is read again before each
    change, and each change may be repeated without harm.
    """

    def __init__(
        self,
        host: str,
        workspace: str,
        *,
        sleep: Callable[[float], None],
        stop: Callable[[], bool] = lambda: False,
        tries: int = 60 * TRIES,
        folder: Path | None = None,
    ) -> None:
        self._folder = folder
        self._workspace = f"{host}\n{workspace}"
        self._sleep = sleep
        self._stop = stop
        self._tries = tries

    @contextmanager
    def hold(self, report: str) -> Iterator[None]:
        """Keep other processes waiting while this one is at a report, and wait for them."""
        name = hashlib.sha256(f"{self._workspace}\n{report}".encode()).hexdigest()[:32]
        path, number = self._acquire(f"report-{name}.lock")
        try:
            yield
        finally:
            if number is not None:
                with suppress(OSError):
                    path.unlink()
                os.close(number)

    def _acquire(self, name: str) -> tuple[Path, int | None]:
        """The file that holds the lock, opened; None after waiting in vain, or where there are no locks.

        It lies where no other user can make it first and hold it.
        """
        path = Path(name)
        for _ in range(self._tries):
            try:
                path = (self._folder or own_folder()) / name
                number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            except OSError:
                return path, None
            if owns(number, path):
                return path, number
            os.close(number)
            if self._stop():
                return path, None
            self._sleep(PAUSE)
        return path, None


def owns(number: int, path: Path) -> bool:
    """Whether an open lock file is now locked by us, and still the one at its path: holders remove theirs."""
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(number), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
