"""A planted violation breaks the contract that it violates: the contracts are not there for show."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

pytest.importorskip("importlinter")
HERE = Path(sys.executable).parent
PACKAGE = "airflow_provider_mode"
VIOLATIONS = {
    "imports point down: operators and sensors, triggers, hooks, governance, client": (
        "client/errors.py",
        f"{PACKAGE}.governance.errors",
        f"from {PACKAGE}.governance import errors",
    ),
    "the core knows no Airflow": ("governance/durations.py", "airflow", "from airflow import utils"),
    "the sandbox asks nothing of the package": (
        "sandbox/clock.py",
        f"{PACKAGE}.client.hal",
        f"from {PACKAGE}.client import hal",
    ),
    "the package asks nothing of the sandbox": (
        "client/hal.py",
        f"{PACKAGE}.sandbox.options",
        f"from {PACKAGE}.sandbox import options",
    ),
    "only the session sends HTTP": ("client/listing.py", "requests", "import requests"),
}


def names() -> list[str]:
    """The contracts of pyproject.toml."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    return [contract["name"] for contract in tool["importlinter"]["contracts"]]


def test_a_planted_violation_breaks_its_contract(tmp_path: Path) -> None:
    """Each contract is kept as the package stands, and broken by one import too many, which it names."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / PACKAGE, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    for file, _, line in VIOLATIONS.values():
        path = tmp_path / PACKAGE / file
        path.write_text(f"{path.read_text()}\n{line}\n")
    done = subprocess.run(
        [HERE / "lint-imports", "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    states = dict(re.findall(r"^(\S.*?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
    assert states == dict.fromkeys(names(), "BROKEN")
    for contract, (file, imported, _) in VIOLATIONS.items():
        parts = re.split(rf"^{re.escape(contract)}\n-+\n", done.stdout, flags=re.MULTILINE)
        section = " ".join(parts[1].split("\n\n\n")[0].split())  # lines are broken at 80 columns
        importer = f"{PACKAGE}.{file.removesuffix('.py').replace('/', '.')}"
        assert f"{importer} -> {imported} " in section, contract
