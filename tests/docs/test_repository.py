"""What stands around the code: workflows, hooks, templates and commits that pages point to."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT

yaml: Any = importlib.import_module("yaml")  # which has no types
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z0-9.-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def read(path: Path) -> Any:
    """A YAML file."""
    return yaml.safe_load(path.read_text())


def steps(workflow: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every step of a workflow, with its job."""
    return [(job, step) for job in read(workflow)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_calls_what_is_there(workflow: Path) -> None:
    """Each make target and script exists; permissions are named, and no job runs without an end."""
    told = read(workflow)
    assert "permissions" in told
    assert all(job["timeout-minutes"] <= 120 for job in told["jobs"].values())
    for job, step in steps(workflow):
        lines = step.get("run", "").splitlines()
        for line in lines:
            for target in re.findall(r"\bmake (\S+)", line):
                known = job["strategy"]["matrix"]["target"] if "${{" in line else [target]
                assert set(known) <= TARGETS, target
            if line.startswith(".ci/"):
                assert (ROOT / line.split()[0]).exists()
        assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|[0-9a-f]{40})", step.get("uses", "a/b@v1"))


def test_the_workflows_run_what_contributors_run() -> None:
    """Tests on both lines of Airflow, the demo, and the documentation."""
    wanted = read(GITHUB / "workflows" / "test.yml")["jobs"]["test"]["strategy"]["matrix"]["target"]
    assert {"test", "test-2.11", "demo"} <= set(wanted)
    assert any("make docs" in step.get("run", "") for _, step in steps(GITHUB / "workflows" / "docs.yml"))


def test_commits_are_held_to_make_targets() -> None:
    """Each hook of pre-commit calls a target of the Makefile, with this repository's own versions."""
    for repo in read(ROOT / ".pre-commit-config.yaml")["repos"]:
        assert repo["repo"] == "local"
        for hook in repo["hooks"]:
            assert hook["entry"].split()[-1] in TARGETS


def test_issues_have_forms() -> None:
    """Each form has a name, a description and questions with labels; there is a template of pull requests."""
    forms = [path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"]
    assert {path.stem for path in forms} == {"bug", "mode", "wish"}
    for path in forms:
        form = read(path)
        assert form["name"]
        assert form["description"]
        fields = [part for part in form["body"] if part["type"] != "markdown"]
        assert all(part["id"] and part["attributes"]["label"] for part in fields)
    assert "make test" in (GITHUB / "pull_request_template.md").read_text()


def test_every_target_of_the_makefile_has_a_line_of_help() -> None:
    """`make help` tells all that can be made."""
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    told = set(re.findall(r"^([a-zA-Z0-9._-]+):.*## ", text, re.MULTILINE))
    assert set(phony[1].split()) == told


def test_the_commits_that_contributing_shows_are_there() -> None:
    """Each one that CONTRIBUTING.md names touches the files that it says."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not in a clone: a source distribution has no commits")
    shallow = subprocess.run(
        ["git", "rev-parse", "--is-shallow-repository"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    if shallow.stdout.strip() == "true":
        pytest.skip("a shallow clone, which lacks the older commits")
    text = (ROOT / "CONTRIBUTING.md").read_text()
    shown = re.findall(r"Commit\s+`([0-9a-f]{7})`", text)
    assert len(shown) == 3
    for commit in shown:
        done = subprocess.run(
            ["git", "show", "--name-only", "--format=", commit],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert len(done.stdout.split()) >= 3
