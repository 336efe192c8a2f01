"""Every block of code in the documentation works, or says why it is not run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from tests.docs.pages import PAGES, README, ROOT, WRITTEN, Block, blocks, python_blocks

WITH_PYTHON = [page for page in (README, *PAGES) if python_blocks(page)]
LANGUAGES = {"python", "console", "bash", "text", "json", "sql", "html", "csv", "{toctree}", "{eval-rst}"}
QUOTES = ("{literalinclude}", "{include}")
PLUGIN = "airflow_provider_mode.sandbox.pytest_plugin"
PROGRAMS = {"make", "pip", "airflow", "python", "export", "bash", "git", "cd", "pre-commit", "source"}


def is_test(block: Block) -> bool:
    """Whether a block is a test for pytest to run."""
    return "\ndef test_" in block.text


def is_for_another_airflow(block: Block) -> bool:
    """Whether a block imports what came with Airflow 3 alone, on a line that has it not."""
    return "from airflow.sdk import" in block.text and find_spec("airflow.sdk") is None


@pytest.mark.mode_sandbox(switches={"run_seconds": 0.2, "pdf_polls": 0})
@pytest.mark.filterwarnings("ignore")  # what Airflow warns of while a DAG is written down is not the page's
@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.stem)
def test_the_python_of_a_page_runs(
    page: Path, mode_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From top to bottom, in one namespace, with a sandbox behind ``mode_default``."""
    monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", json.dumps(mode_sandbox.connection(rate_limit=None)))
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": f"page_{page.stem}"}
    for block in python_blocks(page):
        if block.not_run is None and not is_test(block) and not is_for_another_airflow(block):
            code = compile("\n" * (block.line - 1) + block.text, str(page), "exec", dont_inherit=True)
            exec(code, names)  # noqa: S102 - the documentation's own code


def test_the_tests_on_the_pages_pass(tmp_path: Path) -> None:
    """Blocks that are tests are run by pytest, with the fixture that the package brings."""
    tests = [block for page in WITH_PYTHON for block in python_blocks(page) if is_test(block)]
    for block in tests:
        (tmp_path / f"test_{block.page.stem}_{block.line}.py").write_text(block.text)
    manner = ["-q", "-c", "/dev/null", "--rootdir", str(tmp_path), "-p", "no:cacheprovider", "-p", PLUGIN]
    command = [sys.executable, "-m", "pytest", *manner, str(tmp_path)]
    alone = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # what else is installed takes time
    done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{sum(block.text.count('def test_') for block in tests)} passed" in done.stdout


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_blocks_say_what_they_are(page: Path) -> None:
    """Each block has a language; one that is not run has a reason right before it."""
    for block in blocks(page):
        assert block.language in LANGUAGES or block.language.startswith(QUOTES), block
    marks = page.read_text().count("<!-- not run")
    assert marks == sum(block.not_run is not None for block in blocks(page))


def commands(page: Path) -> list[str]:
    """Every command line of a page's console blocks, continued lines put together."""
    found: list[str] = []
    for block in blocks(page):
        if block.language in {"console", "bash"}:
            whole = re.sub(r"'[^']*'", "'...'", block.text)  # an argument may have several lines
            lines = (line.strip() for line in whole.splitlines())
            found += [line for line in lines if line and not line.startswith("#")]
    return found


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_commands_exist(page: Path) -> None:
    """A console block calls programs that are known here, and every make target is in the Makefile."""
    targets = re.findall(r"^([a-z0-9.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for command in commands(page):
        program, *arguments = command.split("#")[0].split()
        assert program in PROGRAMS, command
        if program == "make":
            assert next(word for word in arguments if "=" not in word) in targets, command
        if program == "bash":
            assert (ROOT / arguments[0]).exists(), command


def test_the_sandbox_command_takes_what_the_docs_give_it() -> None:
    """Options of the sandbox in console blocks are options of the program."""
    given = {
        word
        for page in WRITTEN
        for command in commands(page)
        if "airflow_provider_mode.sandbox" in command
        for word in command.split("#")[0].split()
        if word.startswith("--")
    }
    shown = subprocess.run(
        [sys.executable, "-m", "airflow_provider_mode.sandbox", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert given
    assert all(word in shown for word in given), given
