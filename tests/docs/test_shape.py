"""The shape of the package: modules and functions that fit a head, few parameters, narrow handlers."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tests.docs.pages import README, ROOT

PACKAGE = ROOT / "airflow_provider_mode"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def nodes() -> tuple[tuple[Path, ast.AST], ...]:
    """Every node of the package's syntax trees, with its file."""
    files = sorted(PACKAGE.rglob("*.py"))
    return tuple((path, node) for path in files for node in ast.walk(ast.parse(path.read_text())))


def functions() -> list[tuple[Path, Function]]:
    """Every function and method."""
    return [(path, node) for path, node in nodes() if isinstance(node, Function)]


def test_modules_are_short() -> None:
    """At most 300 lines each."""
    assert [path for path in PACKAGE.rglob("*.py") if len(path.read_text().splitlines()) > 300] == []


def test_functions_are_short() -> None:
    """None over 50 lines, and 95 % of them at most 30."""
    spans = sorted((node.end_lineno or 0) - node.lineno + 1 for _, node in functions())
    assert spans[-1] <= 50
    assert spans[int(0.95 * len(spans))] <= 30


def test_parameters_are_few() -> None:
    """At most ten a function, operators' constructors included."""
    for path, node in functions():
        given = node.args
        names = {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)} - {"self", "cls"}
        assert len(names) <= 10, f"{path}:{node.lineno}"


def test_handlers_are_narrow() -> None:
    """One catches everything: a triggerer's thread, which hands it to whoever waits for it."""
    broad = [
        path.relative_to(PACKAGE).as_posix()
        for path, node in nodes()
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    ]
    assert broad == ["triggers/_pool.py"]


def test_every_public_thing_has_a_docstring() -> None:
    """Modules, their classes, functions and methods, but for those with an underscore."""
    for path, holder in nodes():
        if not isinstance(holder, ast.Module | ast.ClassDef) or getattr(holder, "name", "").startswith("_"):
            continue
        assert ast.get_docstring(holder) or not holder.body, path
        for node in holder.body:
            if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}:{node.lineno} {node.name}"


def test_the_readme_is_short() -> None:
    """At most 90 lines."""
    assert len(README.read_text().splitlines()) <= 90
