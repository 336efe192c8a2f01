"""
Build the wheel and the sdist twice, and hold them against each other and against what git knows.

`build` makes `dist/`: two builds, in two folders, of the same files must be the same bytes and hold what they
should. `try` installs the wheel where nothing else is, and lets Airflow run an example DAG on a sandbox.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
PACKAGE = "airflow_provider_mode"
FOLDERS = (PACKAGE, "dags_examples", "docs", "tests")
PAGES = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"}
MADE = {"PKG-INFO", "pyproject.toml", ".gitignore"}
"""What the build adds to an sdist."""
EXAMPLE = "archive_stale_reports"


def main() -> int:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deed", choices=["build", "try"])
    parser.add_argument("--airflow", help="a version of Airflow for `try`; by default that of the lock file")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mode-package-") as folder:
        if asked.deed == "build":
            build(Path(folder))
        else:
            try_wheel(Path(folder), asked.airflow)
    return 0


def run(*command: str | Path, **options: Any) -> str:
    """What a command prints; its failure is ours."""
    done = subprocess.run(
        list(map(str, command)),
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **options,
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return str(done.stdout)


def build(folder: Path) -> None:
    """Two builds of what git knows, as it is in the checkout; the first is kept if nothing is wrong."""
    known = [name for name in run("git", "ls-files", cwd=ROOT).splitlines() if (ROOT / name).is_file()]
    when = run("git", "log", "-1", "--format=%ct", cwd=ROOT).strip()
    environment = os.environ | {"SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", when)}
    for path in known:
        (folder / "first" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / "first" / path)
    shutil.copytree(folder / "first", folder / "and/the/second", copy_function=shutil.copyfile)
    made = []
    for copy in (folder / "first", folder / "and/the/second"):
        run(sys.executable, "-m", "build", "--no-isolation", copy, env=environment)
        made.append(copy / "dist")
    names = sorted(path.name for path in made[0].iterdir())
    _, different, missing = filecmp.cmpfiles(made[0], made[1], names, shallow=False)
    if different or missing:
        sys.exit(f"not reproducible: {different + missing}")
    check(made[0], set(known))
    run(sys.executable, "-m", "twine", "check", "--strict", *sorted(made[0].iterdir()))
    print("twine check --strict: passed")
    shutil.rmtree(DIST, ignore_errors=True)
    shutil.copytree(made[0], DIST)
    print(run("sha256sum", *names, cwd=DIST).strip())


def check(dist: Path, known: set[str]) -> None:
    """The sdist holds what git knows of its folders, the wheel the package, and neither anything else."""
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    with tarfile.open(sdist) as archive:
        held = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    wanted = {name for name in known if name.partition("/")[0] in FOLDERS} | PAGES | MADE
    _same("the sdist", held, wanted)
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        more = {name.rpartition("/")[2] for name in archive.namelist() if ".dist-info/" in name}
    _same("the wheel", held, {name for name in known if name.startswith(f"{PACKAGE}/")})
    _same("the wheel's notes", more, {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "LICENSE"})
    if f"{PACKAGE}/py.typed" not in held:
        sys.exit("the wheel is not typed")
    print(f"the same twice: {sdist.name} and {wheel.name}; the wheel holds {len(held)} files")


def _same(what: str, held: set[str], wanted: set[str]) -> None:
    if held != wanted:
        sys.exit(f"{what} lacks {sorted(wanted - held)} and has too much {sorted(held - wanted)}")


def try_wheel(folder: Path, airflow: str | None) -> None:
    """Where only the wheel and what it needs is installed, an example DAG does what it says."""
    (wheel,) = DIST.glob("*.whl")
    uv, python = Path(sys.executable).with_name("uv"), folder / "venv" / "bin" / "python"
    run(uv, "venv", "--python", sys.executable, folder / "venv")
    fixed = [f"apache-airflow=={airflow}"] if airflow else ["--constraints", str(ROOT / "requirements.lock")]
    run(uv, "pip", "install", "--python", python, "--no-verify-hashes", wheel, *fixed)
    (folder / "airflow" / "dags").mkdir(parents=True)
    shutil.copy(ROOT / "dags_examples" / f"{EXAMPLE}.py", folder / "airflow" / "dags")
    where = run(python, "-c", f"import {PACKAGE}; print({PACKAGE}.__file__)", cwd=folder).strip()
    if not where.startswith(str(folder)):
        sys.exit(f"not the wheel was tried but {where}")
    with sandbox(python, folder) as box:
        environment = _environment(box, folder)
        said = run(
            python, "-m", "airflow", "providers", "get", "airflow-provider-mode", cwd=folder, env=environment
        )
        if "airflow-provider-mode" not in said:
            sys.exit(f"Airflow does not know the provider:\n{said}")
        run(python, "-m", "airflow", "db", "migrate", cwd=folder, env=environment)
        before = _archived(box)
        command = ["dags", "test", EXAMPLE, "--conf", json.dumps({"max_changes": "100%"})]
        said = run(python, "-m", "airflow", *command, cwd=folder, env=environment)
        done = _archived(box) - before
        noted = {line["report"] for line in _journal(folder) if line.get("when") == "after" and line["ok"]}
    if not done or done != noted:
        sys.exit(f"archived {sorted(done)}, but the journal has {sorted(noted)}:\n{said[-4000:]}")
    print(f"{wheel.name}, alone with what it needs: `{EXAMPLE}` archived {len(done)} reports of a sandbox")


def _archived(box: Mapping[str, Any]) -> set[str]:
    """The reports that are archived by the sandbox's own records."""
    with urllib.request.urlopen(f"{box['url']}/_sandbox/state", timeout=30) as reply:
        return {report["token"] for report in json.load(reply)["reports"] if report["archived"]}


def _journal(folder: Path) -> list[dict[str, Any]]:
    files = (folder / "airflow" / "mode").rglob("journal*.jsonl")
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


@contextlib.contextmanager
def sandbox(python: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """A sandbox out of the wheel, for as long as the block lasts."""
    command = [str(python), "-m", f"{PACKAGE}.sandbox", "--json", "--reports", "60", "--limit", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
        try:
            yield json.loads(process.stdout.readline() if process.stdout else "")
        finally:
            process.terminate()
            process.wait(timeout=10)


def _environment(box: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """An Airflow of its own, which knows one connection."""
    connection = {"conn_type": "mode", "host": box["url"], "login": box["login"], "password": box["password"]}
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))}
    return ours | {
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_MODE_DEFAULT": json.dumps({**connection, "schema": box["workspace"]}),
        "PATH": f"{folder / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "TMPDIR": str(folder),
    }


if __name__ == "__main__":
    sys.exit(main())
