"""The trees of errors in the documentation are those of the classes."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest

from airflow_provider_mode.client import errors as client_errors
from airflow_provider_mode.governance import errors as governance_errors
from tests.docs.pages import DOCS, blocks

PAGE = DOCS / "errors.md"
ROOTS = [(client_errors, "ModeError"), (governance_errors, "GovernanceError")]
_STEP = 4  # columns that a drawn tree moves right for each level


def tree_of(module: ModuleType, root: str) -> dict[str, str | None]:
    """Each error of a module below a root, with its parent there."""
    top = getattr(module, root)
    found = [one for _, one in inspect.getmembers(module, inspect.isclass) if issubclass(one, top)]
    return {one.__name__: None if one is top else one.__mro__[1].__name__ for one in found}


def drawn(text: str) -> dict[str, str | None]:
    """Each name of a drawn tree, with the name it hangs from."""
    found: dict[str, str | None] = {}
    path: list[str] = []
    for line in text.splitlines():
        name = line.lstrip("│├└─ ").split(" ")[0]
        level = (len(line) - len(line.lstrip("│├└─ "))) // _STEP
        path[level:] = [name]
        found[name] = path[level - 1] if level else None
    return found


@pytest.mark.parametrize(("module", "root"), ROOTS, ids=["client", "governance"])
def test_the_drawn_tree_is_that_of_the_classes(module: ModuleType, root: str) -> None:
    """On the page and in the module's docstring: every class, under its parent."""
    wanted = tree_of(module, root)
    page = next(block.text for block in blocks(PAGE) if block.text.startswith(f"{root}\n"))
    assert drawn(page) == wanted
    said = inspect.getdoc(module) or ""
    tree = [line for line in said.splitlines() if line.startswith((root, "├", "└", "│"))]
    assert {name: parent for name, parent in drawn("\n".join(tree)).items() if name in wanted} == wanted


@pytest.mark.parametrize(("module", "root"), ROOTS, ids=["client", "governance"])
def test_every_error_says_whether_to_try_again_and_what_to_do(module: ModuleType, root: str) -> None:
    """One row each, whose third column is what the class says."""
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    cells = [row.strip("| ").split(" | ") for row in rows]
    told = {row[0].strip("`"): row for row in cells}
    for name in tree_of(module, root):
        if name == root:
            continue
        error = getattr(module, name)
        mendable = error.retryable if hasattr(error, "retryable") else not error.permanent
        assert len(told[name]) == 4, name
        assert told[name][2].startswith("yes" if mendable else ("no", "where")), name
