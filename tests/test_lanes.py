"""`.ci/lanes.py`: what runs side by side fails together and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LANES = Path(__file__).resolve().parents[1] / ".ci" / "lanes.py"


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """The program, with its lanes' output in a folder."""
    command = [sys.executable, str(LANES), "--folder", str(folder / "lanes"), *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)


def wait_for(path: Path) -> int:
    """The number that a lane's process writes into a file."""
    deadline = time.monotonic() + 30
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return int(path.read_text())


def is_there(pid: int) -> bool:
    """Whether a process is alive."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def lasting(tmp_path: Path) -> str:
    """A command that leaves a process behind, in a session of its own, and writes down its number."""
    script = tmp_path / "lasting.sh"
    script.write_text("setsid sh -c 'echo $$ >pid; exec sleep 600' &\n")
    return f"sh {script}"


def test_lanes_pass_together_and_show_what_they_said(tmp_path: Path) -> None:
    """The commands of a lane come one after the other, and its output is in one piece."""
    program = started(tmp_path, "echo one; echo two", "echo three")
    said, _ = program.communicate(timeout=60)
    assert program.returncode == 0
    assert "### echo one\none\n\n### echo two\ntwo\n" in said
    assert "### echo three\nthree\n" in said


def test_one_that_fails_ends_the_others(tmp_path: Path, lasting: str) -> None:
    """The output of what failed stands last, and no process of another lane goes on."""
    program = started(tmp_path, "--settled", "0.5", "ls /nowhere; echo never", f"{lasting}; sleep 600")
    said, _ = program.communicate(timeout=60)
    assert program.returncode == 1
    assert said.rstrip().splitlines()[-1].startswith("FAILED: lane 1: ls /nowhere failed (2)")
    assert "### echo never" not in said
    assert said.index("----- lane 2 -----") < said.index("----- lane 1 -----")
    pid = tmp_path / "pid"
    assert not pid.exists() or not is_there(wait_for(pid))


def test_what_is_left_behind_is_a_failure_and_is_ended(tmp_path: Path, lasting: str) -> None:
    """A process that has a session of its own is still found, named and ended."""
    program = started(tmp_path, "--settled", "0.5", lasting)
    said, _ = program.communicate(timeout=60)
    assert program.returncode == 1
    pid = wait_for(tmp_path / "pid")
    assert f"FAILED: processes were left behind:\n  {pid} sleep 600" in said
    assert not is_there(pid)


def test_a_run_that_takes_too_long_is_a_failure(tmp_path: Path) -> None:
    """What was said until then is shown."""
    program = started(tmp_path, "--within", "0.5", "echo begun; sleep 600")
    said, _ = program.communicate(timeout=60)
    assert program.returncode == 1
    assert "begun" in said
    assert "FAILED: not done within 0 s" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_ends_it_ends_everything(tmp_path: Path, lasting: str, number: int) -> None:
    """Ctrl-C and SIGTERM leave nothing behind either."""
    program = started(tmp_path, "--settled", "0.5", f"{lasting}; sleep 600")
    pid = wait_for(tmp_path / "pid")
    os.kill(program.pid, number)
    said, _ = program.communicate(timeout=60)
    assert program.returncode == 1
    assert said.rstrip().endswith("FAILED: interrupted")
    assert not is_there(pid)
