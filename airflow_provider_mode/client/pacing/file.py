"""
The state of a host: one small file a key, under a lock, in a folder of the user's own.

The folder is under the temporary one. The file is opened, locked, read, written and closed at each decision:
there is nothing to inherit over a fork, and the kernel takes the lock from a process that dies. The folder is
closed to other users: what they send under the same key shows as a stranger's in `X-RateLimit-Remaining`, and
none of them can make ours wait, or make us write elsewhere.
"""

import fcntl
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from airflow_provider_mode.client.pacing.state import State, UnreadableStateError, dumps, loads
from airflow_provider_mode.client.pacing.store import Result, StoreUnusableError, boot, watch_forks
from airflow_provider_mode.client.pacing.window import Rule, impossible, spend

_PATIENCE = 5.0  # seconds for a lock that is held for a fraction of a millisecond
_RETRY = 0.002
_BLOCK = 4096  # written whole, so that a disk that fills up later has room for what is there already


class FileStore:
    """A key's state in `<temporary folder>/airflow-provider-mode-<uid>/<name>`."""

    def __init__(self, name: str, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._name, self._clock, self._sleep = name, clock, sleep
        self._lock = threading.Lock()
        self._known = False
        self._last: tuple[bytes, State] | None = None
        watch_forks(self)

    def transact(self, decide: Callable[[State, float], Result], rule: Rule) -> Result:
        """Decide under the lock of the file."""
        try:
            with self._lock, self._opened() as file:
                now = self._clock()
                state = self._read(file, now, rule)
                self._last = None
                result = decide(state, now)
                self._last = (_write(file, state), state)
                self._known = True
                return result
        except OSError as error:
            why = error.strerror or type(error).__name__
            where = tempfile.gettempdir()
            raise StoreUnusableError(f"a file in {where} is of no use ({why}), so by process.") from error

    def after_fork(self) -> None:
        """A lock that another thread held at the fork would never open in the child."""
        self._lock = threading.Lock()

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The file, locked; whatever another user may have put in its place is refused."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        folder = own_folder()
        file = os.open(folder / f"{self._name}.pace", flags, 0o600)
        try:
            self._wait_for_lock(file)
            yield file
        finally:
            os.close(file)

    def _wait_for_lock(self, file: int) -> None:
        """A holder that was stopped must not stop everybody else for good."""
        for _ in range(int(_PATIENCE / _RETRY)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._sleep(_RETRY)
            else:
                return
        raise TimeoutError(0, "its lock is held by a process that does not go on")

    def _read(self, file: int, now: float, rule: Rule) -> State:
        """The state in the file; one that is lost, torn or impossible counts as spent."""
        text = os.pread(file, os.fstat(file).st_size, 0)
        if not text and not self._known:
            return State()
        if self._last is not None and text.startswith(self._last[0]):  # nobody else was here since
            state = self._last[1]
            if not impossible(state, now, rule):
                return state
        try:
            mark, _, line = text.partition(b" ")
            state = loads(line)
            if mark == boot().encode() and not impossible(state, now, rule):
                return state
        except UnreadableStateError:
            pass
        state = State()
        spend(state, now, rule)
        return state


def own_folder() -> Path:
    """The user's folder, made on first use and nobody else's."""
    uid = os.getuid()
    folder = Path(tempfile.gettempdir(), f"airflow-provider-mode-{uid}")
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o022:
        raise PermissionError(0, f"{folder.name} belongs to somebody else, or others may write there")
    return folder


def _write(file: int, state: State) -> bytes:
    """Write the state over the last one, in one go; what is in the file then."""
    text = boot().encode() + b" " + dumps(state)
    text = text.ljust(-(-len(text) // _BLOCK) * _BLOCK)
    if os.pwrite(file, text, 0) < len(text):
        raise OSError(0, "the disk is full")
    return text
