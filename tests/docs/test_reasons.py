"""Every exception from a rule of the linters has its reason beside it."""

from __future__ import annotations

import io
import re
import tokenize
import tomllib
from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT

RULES = r"[A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*"
MARK = re.compile(
    rf"(?:noqa(?:: ?{RULES})?|type: ignore(?:\[[\w, -]+\])?|pragma: no (?:cover|branch))(?P<rest>.*)"
)
WORD = re.compile(r"\w{2,}")


def exceptions() -> Iterator[tuple[str, str]]:
    """Each comment that makes an exception, with where it stands."""
    for folder in ("airflow_provider_mode", "tests", "dags_examples", "bench", "docs", ".ci"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
                if token.type == tokenize.COMMENT and MARK.search(token.string):
                    yield f"{path.relative_to(ROOT)}:{token.start[0]}", token.string


@pytest.mark.parametrize(("where", "comment"), [pytest.param(*one, id=one[0]) for one in exceptions()])
def test_an_exception_says_why(where: str, comment: str) -> None:
    """Words after the mark; a blanket one names no rule and is refused."""
    assert not re.search(r"noqa(?!:)|type: ignore(?!\[)", comment), f"{where}: name the rule"
    found = MARK.search(comment)
    assert found is not None
    assert WORD.search(found["rest"]), f"{where}: no reason beside {comment!r}"


def test_rules_that_are_switched_off_say_why() -> None:
    """Each exception of ruff's and mypy's in pyproject.toml has a comment on its line or the one above."""
    text = (ROOT / "pyproject.toml").read_text()
    settings = tomllib.loads(text)["tool"]
    lines = text.splitlines()
    codes = [*settings["ruff"]["lint"]["ignore"]]
    for rules in settings["ruff"]["lint"]["per-file-ignores"].values():
        codes += rules
    silent = []
    for code in codes:
        at = next(number for number, line in enumerate(lines) if f'"{code}"' in line)
        if "#" not in lines[at] and "#" not in lines[at - 1]:
            silent.append(code)
    assert silent == []
    for override in settings["mypy"]["overrides"]:
        for module in override["module"]:
            at = next(number for number, line in enumerate(lines) if f'"{module}"' in line)
            assert any("#" in line for line in lines[at : at + 3])
