"""
`make versions`: the tests on the lowest and newest versions of what the package needs, and on each Python.

Each cell has an environment of its own in `build/versions`, made for it and removed when it has passed; what
was installed, what the tests said, and a table for `docs/versions.md` stay there.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "versions"
NEVER = ("e2e", "strangers", "browser", "docs", "test_lanes.py")  # environments or places of their own
LONG = ("governance/test_crash.py",)  # hundreds of killed processes, whose story no version changes
NO_LIBRARY = (
    "governance",
    "sandbox",
    "hostile",
    "client/test_pacing_simulated.py",
)  # needs nothing installed
LOCKS = {"3.3": "requirements.lock", "2.11": ".ci/requirements-2.11.lock"}  # each line's latest patch
SHOWN = ("apache-airflow", "common-compat", "common-io", "requests", "tenacity", "redis", "pyarrow")


class Cell(NamedTuple):
    """One environment, and which tests it is for."""

    name: str
    python: str
    airflow: str  # a line, or a version of it and what that version forgets to ask for
    resolution: str = "highest"
    is_whole: bool = False

    @property
    def folder(self) -> Path:
        """Where everything of the cell is."""
        return WORK / self.name

    @property
    def tests(self) -> list[str]:
        """The arguments that leave out what the cell is not for; old libraries warn of each other's ends."""
        left_out = (*NEVER, *LONG, *(() if self.is_whole else NO_LIBRARY))
        ignored = [f"--ignore=tests/{each}" for each in left_out]
        return ignored if self.resolution == "highest" else [*ignored, "-W", "default::DeprecationWarning"]


CELLS = (
    Cell("airflow-3.3-lowest", "3.11", "3.3", "lowest-direct"),
    Cell("airflow-3.3-newest", "3.11", "3.3"),
    Cell("airflow-2.11-lowest", "3.11", "==2.11.0\nuniversal-pathlib<0.3", "lowest-direct"),
    Cell("airflow-2.11-newest", "3.11", "2.11"),
    Cell("airflow-3.3-python-3.12", "3.12", "3.3", is_whole=True),
    Cell("airflow-3.3-python-3.13", "3.13", "3.3", is_whole=True),
    Cell("airflow-2.11-python-3.12", "3.12", "2.11"),
)


def interpreter(version: str) -> str | None:
    """A Python of a version that starts; a shim on the path may not."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places = [shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))]
    for place in filter(None, places):
        if subprocess.run([place, "-c", ""], capture_output=True, check=False).returncode == 0:
            return place
    return None


def uv(*arguments: str) -> None:
    """Run uv in the checkout."""
    command = [str(Path(sys.executable).parent / "uv"), *arguments]
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"UV_PYTHON_DOWNLOADS": "never"})


def make(cell: Cell, python: str) -> Path:
    """The cell's environment: what the package and its extras need, and the tests' tools."""
    shutil.rmtree(cell.folder, ignore_errors=True)
    cell.folder.mkdir(parents=True)
    line, pinned = cell.folder / "line.txt", cell.folder / "pinned.txt"
    lock = LOCKS.get(cell.airflow)
    line.write_text(f"apache-airflow{latest(lock) if lock else cell.airflow}\n")
    uv(
        *("pip", "compile", "--quiet", "pyproject.toml", "--all-extras", "--constraint", str(line)),
        *("--resolution", cell.resolution, "--python-version", cell.python, "--no-header", "--no-annotate"),
        *("--output-file", str(pinned)),
    )
    venv = cell.folder / "venv"
    uv("venv", "--quiet", "--python", python, str(venv))
    into = (
        "pip",
        "install",
        "--quiet",
        "--python",
        str(venv / "bin" / "python"),
        "--constraint",
        str(pinned),
    )
    uv(*into, "--requirement", str(pinned), "--group", "dev")
    uv("pip", "install", "--quiet", "--python", str(venv / "bin" / "python"), "--no-deps", "--editable", ".")
    return venv / "bin" / "python"


def latest(lock: str) -> str:
    """The patch of a line that its lock file holds."""
    found = re.search(r"^apache-airflow(==\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{lock} holds no Airflow")
    return found[1]


def installed(python: Path) -> str:
    """The versions that matter, in one line."""
    shown = subprocess.run(
        [
            str(Path(sys.executable).parent / "uv"),
            "pip",
            "list",
            "--python",
            str(python),
            "--format",
            "freeze",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    held = dict(re.findall(r"^(?:apache-airflow-providers-)?(\S+)==(\S+)$", shown, re.MULTILINE))
    return ", ".join(f"{name} {held[name]}" for name in SHOWN if name in held)


def tested(cell: Cell, python: Path) -> str:
    """Run the cell's tests; the last line of what they said, and all of it in a file."""
    log = cell.folder / "pytest.log"
    with log.open("wb") as output:
        command = [str(python), "-m", "pytest", "-q", "tests", *cell.tests]
        subprocess.run(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, check=False)
    lines = [
        line
        for line in log.read_text(errors="replace").splitlines()
        if re.search(r"\d+ (passed|fail|err)", line)
    ]
    return lines[-1].strip("= ") if lines else "nothing ran"


def row(cell: Cell) -> tuple[bool, str]:
    """Whether a cell passed, and its row of the table."""
    python = interpreter(cell.python)
    if python is None:
        return False, f"| {cell.name} | Python {cell.python} is not installed | |"
    began = time.monotonic()
    try:
        inside = make(cell, python)
    except subprocess.CalledProcessError as error:
        return False, f"| {cell.name} | cannot be installed: {error} | |"
    what, said = installed(inside), tested(cell, inside)
    passed = "passed" in said and not re.search("failed|error", said)
    if passed:
        shutil.rmtree(cell.folder / "venv")
    print(f"{cell.name}: {said} ({time.monotonic() - began:.0f} s)", flush=True)
    scope = "all" if cell.is_whole else "client and Airflow"
    return passed, f"| {cell.name} | Python {cell.python}, {what} | {scope}: {re.sub(' in .*', '', said)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cells that are named, or all."""
    parser = argparse.ArgumentParser(description="Run the tests in environments of several versions.")
    names = [cell.name for cell in CELLS]
    parser.add_argument("cell", nargs="*", choices=[*names, []], help=f"one of {', '.join(names)}")
    chosen = parser.parse_args(arguments).cell or names
    rows = [row(cell) for cell in CELLS if cell.name in chosen]
    table = "\n".join(["| cell | versions | tests |", "|---|---|---|", *(text for _, text in rows)])
    (WORK / "table.md").write_text(f"{table}\n")
    print(table)
    return 0 if all(passed for passed, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
