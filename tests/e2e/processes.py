"""Programs of a stack, each in a session of its own: started, stopped, killed with all that they started."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(holds: Callable[[], object], what: str, *, within: float, every: float = 0.5) -> None:
    """Wait until something holds, or fail with a sentence."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within:.0f} s: {what}")
        time.sleep(every)


def processes() -> list[tuple[int, int, int]]:
    """Every process that is no zombie: its number, its parent's and its session's."""
    shown = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,sess=,stat="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in shown.stdout.splitlines()]
    return [(int(pid), int(parent), int(session)) for pid, parent, session, state in rows if state[0] != "Z"]


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    found, listed = [root], processes()
    for parent in found:
        found += [pid for pid, above, _ in listed if above == parent]
    return found


def in_session(session: int) -> list[int]:
    """The processes of a session: a task that left its worker's process group is one of them still."""
    return [pid for pid, _, found in processes() if found == session]


def belonging_to(folder: Path) -> list[str]:
    """The processes that work in a folder, or whose command or environment names it."""
    found, mark = [], os.fsencode(folder)
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            place = os.fsencode((entry / "cwd").readlink())  # one that renames itself loses the other two
            if mark in command or mark in place or mark in (entry / "environ").read_bytes():
                found.append(f"{entry.name} {command.replace(bytes(1), b' ').decode(errors='replace')}")
    return found


def send(number: int, pids: Iterable[int]) -> None:
    """Send a signal to those that are still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Part:
    """One program of a stack, with a log of its own."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.log = folder / "logs" / f"{name}.log"
        self.starts = 0
        self._command = list(command)
        self._env = dict(env)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of the program's first process, which is that of its session too."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the program itself is running."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the program, adding to its log."""
        self.log.parent.mkdir(exist_ok=True)
        self.starts += 1
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._env,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self) -> None:
        """Ask the whole session to end, and end what does not."""
        if self._process is None:
            return
        send(signal.SIGTERM, in_session(self.pid))
        try:
            eventually(lambda: not self._left(), f"{self.name} has ended", within=30, every=0.2)
        except TimeoutError:
            self.kill()
        self._process.wait(timeout=10)

    def kill(self) -> None:
        """SIGKILL for the program and everything that it started, as if its machine were lost."""
        send(signal.SIGKILL, {*tree(self.pid), *in_session(self.pid)})
        assert self._process is not None
        self._process.wait(timeout=10)

    def _left(self) -> list[int]:
        assert self._process is not None
        self._process.poll()  # so that the program itself is no zombie
        return in_session(self.pid)

    def __str__(self) -> str:
        state = "alive" if self.is_alive else f"ended with {self._process and self._process.returncode}"
        tail = self.log.read_text(errors="replace").splitlines()[-15:] if self.log.exists() else []
        return f"{self.name}: {state}, started {self.starts} times\n    " + "\n    ".join(tail)
