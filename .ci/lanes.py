"""
Run lanes side by side, the commands of each one after the other: `lanes.py "one; two" three` is two lanes.

What a lane says goes into a file, and is shown whole when the lane ends. A command that fails, a run that
takes too long and a process that is left behind fail the run, and then every process of it is ended. So that
none is missed, this program adopts orphans: whatever its session or its name, a process stays a descendant.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ADOPT = 36  # PR_SET_CHILD_SUBREAPER of Linux's prctl(2)
PAUSE = 0.2
POLITE = 120.0  # seconds that a lane may take to end its servers


class Failed(Exception):  # noqa: N818 - named for what happened
    """The run has failed, for the reason that the message tells."""


def say(text: str) -> None:
    """One line for those who wait."""
    print(text, flush=True)


class Lane:
    """Commands to be run one after the other."""

    def __init__(self, number: int, commands: list[str], folder: Path) -> None:
        self.name = f"lane {number}"
        self.output = folder / f"lane-{number}.log"
        self.output.write_bytes(b"")
        self._waiting = [command.strip() for command in commands]
        self._running: subprocess.Popen[bytes] | None = None
        self._command = ""
        self._began = 0.0
        self._is_shown = False
        self.has_failed = False

    def go_on(self) -> bool:
        """Start what comes next, if nothing is running; False when all is done."""
        if self._running is not None:
            code = self._running.poll()
            if code is None:
                return True
            self._running = None
            took = f"{time.monotonic() - self._began:.0f} s"
            if code:
                self.has_failed = True
                raise Failed(f"{self.name}: {self._command} failed ({code}) after {took}")
            say(f"{self.name}: {self._command} passed in {took}")
        if not self._waiting:
            self.show()
            return False
        self._start(self._waiting.pop(0))
        return True

    def _start(self, command: str) -> None:
        self._command, self._began = command, time.monotonic()
        say(f"{self.name}: {command} ...")
        with self.output.open("ab") as output:
            output.write(f"\n### {command}\n".encode())
            output.flush()
            self._running = subprocess.Popen(
                shlex.split(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int | None:
        """The process that is running."""
        return None if self._running is None else self._running.pid

    @property
    def is_running(self) -> bool:
        """Whether a command is running."""
        return self._running is not None and self._running.poll() is None

    def terminate(self) -> None:
        """Ask what is running to end; make passes it on."""
        if self._running is not None:
            self._running.terminate()

    def show(self) -> None:
        """Print what the lane has said, once."""
        if self._is_shown:
            return
        self._is_shown = True
        say(f"\n----- {self.name} -----")
        with self.output.open("rb") as output:
            shutil.copyfileobj(output, sys.stdout.buffer)
        sys.stdout.flush()
        say("-----\n")


def bury(lanes: list[Lane]) -> None:
    """Let the adopted go that have ended, as the first process of a machine does."""
    ours = {lane.pid for lane in lanes}
    options = os.WEXITED | os.WNOHANG
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitid(os.P_ALL, 0, options | os.WNOWAIT)) and found.si_pid not in ours:
            os.waitid(os.P_PID, found.si_pid, options)


def descendants() -> dict[int, str]:
    """Every process below this one with its command, zombies apart."""
    above, zombies = {}, set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            above[int(entry.name)] = int(fields[1])
            if fields[0] == "Z":
                zombies.add(int(entry.name))
    found = [os.getpid()]
    for parent in found:
        found += [pid for pid, its in above.items() if its == parent]
    return {pid: _command_of(pid) for pid in found[1:] if pid not in zombies}


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def are_gone(within: float) -> bool:
    """Whether all descendants end within some seconds."""
    until = time.monotonic() + within
    while descendants():
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE)
    return True


def end(lanes: list[Lane], settled: float) -> None:
    """End every process of the run: first the lanes, which end their servers, then what is left."""
    for lane in lanes:
        lane.terminate()
    until = time.monotonic() + POLITE
    while any(lane.is_running for lane in lanes) and time.monotonic() < until:
        time.sleep(PAUSE)
    if are_gone(3 * settled):  # make may have ended before what it has asked to end
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in descendants():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        if are_gone(settled):
            return


def run(lanes: list[Lane], within: float, settled: float) -> None:
    """Run all lanes to their end."""
    until = time.monotonic() + within
    running = list(lanes)
    while running:
        running = [lane for lane in running if lane.go_on()]
        bury(lanes)
        if time.monotonic() > until:
            raise Failed(f"not done within {within:.0f} s")
        time.sleep(PAUSE)
    if not are_gone(settled):
        left = "\n".join(f"  {pid} {command}" for pid, command in descendants().items())
        raise Failed(f"processes were left behind:\n{left}")


def main() -> int:
    """Run what the command line says; 1 if it fails."""
    parser = argparse.ArgumentParser(description="Run lanes of commands side by side.")
    parser.add_argument("--within", type=float, default=1700, help="seconds that all of it may take")
    parser.add_argument("--settled", type=float, default=10, help="seconds in which the ended may go away")
    parser.add_argument("--folder", type=Path, default=Path("build/ci"), help="where the lanes' output goes")
    parser.add_argument("lane", nargs="+", help="commands, with semicolons between them")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    lanes = [Lane(number, text.split(";"), options.folder) for number, text in enumerate(options.lane, 1)]
    for number in (signal.SIGINT, signal.SIGTERM):  # the first is heard by programs that tests start, too
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(ADOPT, 1)
    try:
        run(lanes, options.within, options.settled)
    except (Failed, KeyboardInterrupt) as error:
        end(lanes, options.settled)
        for lane in sorted(lanes, key=lambda lane: lane.has_failed):  # the reason stands last
            lane.show()
        say(f"FAILED: {str(error) or 'interrupted'}")
        return 1
    say("all lanes passed, and no process is left")
    return 0


if __name__ == "__main__":
    sys.exit(main())
