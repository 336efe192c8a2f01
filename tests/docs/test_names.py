"""Every public name is documented, exemplified and reachable, and so is each of its parameters described."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import pytest

from airflow_provider_mode import client, governance
from airflow_provider_mode.client import discovery_models
from airflow_provider_mode.client import errors as client_errors
from airflow_provider_mode.client.discovery import Discovery
from airflow_provider_mode.governance import errors as governance_errors
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.sandbox import Options, Sandbox
from airflow_provider_mode.sandbox.faults import Fault
from tests.docs.pages import DOCS, EXAMPLES, PAGES, README, blocks, python_blocks, reachable

ROOT_NAME = "airflow_provider_mode"
AIRFLOWS = [
    getattr(importlib.import_module(f"{ROOT_NAME}.{kind}"), name)
    for kind in ("operators", "sensors", "triggers")
    for name in importlib.import_module(f"{ROOT_NAME}.{kind}").__all__
]
MODELS = [
    one
    for module in (client, discovery_models)
    for _, one in inspect.getmembers(module, inspect.isclass)
    if is_dataclass(one) and hasattr(one, "from_json") and one.__name__ != "Model"
] + [discovery_models.MintedSignature]
ERRORS = [
    one
    for module, top in (
        (client_errors, client_errors.ModeError),
        (governance_errors, governance_errors.GovernanceError),
    )
    for _, one in inspect.getmembers(module, inspect.isclass)
    if issubclass(one, top)
]
CLASSES = [*AIRFLOWS, ModeHook, *(getattr(client, name) for name in client.__all__), governance.StalePolicy]
NAMES = sorted(
    {one.__name__ for one in [*CLASSES, *MODELS, *ERRORS, Discovery, Sandbox]} - {"Discovery", "Sandbox"}
)


def methods(cls: type) -> list[str]:
    """The public methods and properties of a class."""
    found = inspect.getmembers(cls, lambda one: inspect.isfunction(one) or isinstance(one, property))
    return [name for name, _ in found if not name.startswith("_")]


CALLED = [(cls, name) for cls in (client.ModeClient, Discovery, Sandbox) for name in methods(cls)]
DIRECTIVE = re.compile(r"^\.\. auto(?:class|function):: (\S+)", re.MULTILINE)
CURRENT = re.compile(r"^\.\. (currentmodule|autoclass|autofunction):: (\S+)", re.MULTILINE)


@cache
def documented() -> dict[str, str]:
    """Each object that a page which the index leads to documents, by its full name, with the page's."""
    found: dict[str, str] = {}
    for page in PAGES:
        for block in blocks(page) if page.stem in reachable() else []:
            here = ""
            for kind, name in CURRENT.findall(block.text) if block.language == "{eval-rst}" else []:
                if kind == "currentmodule":
                    here = f"{name}."
                else:
                    found[name if name.startswith(ROOT_NAME) else here + name] = page.stem
    return found


@cache
def exemplified() -> frozenset[str]:
    """Every name that a block of Python in the documentation or an example DAG uses."""
    code = [block.text for page in (README, *PAGES) for block in python_blocks(page)]
    code += [path.read_text() for path in EXAMPLES]
    used: set[str] = set()
    for text in code:
        for node in ast.walk(ast.parse(text)):
            used |= {getattr(node, "id", ""), getattr(node, "attr", ""), str(getattr(node, "arg", ""))}
            keys = node.keys if isinstance(node, ast.Dict) else []
            used |= {str(key.value) for key in keys if isinstance(key, ast.Constant)}
            used |= {one.name for one in node.names} if isinstance(node, ast.ImportFrom) else set()
    return frozenset(used)


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_documented_and_exemplified(name: str) -> None:
    """On a page that the index leads to, and in code that runs."""
    assert name in {full.rpartition(".")[2] for full in documented()}
    assert name in exemplified()


def test_what_is_documented_is_there() -> None:
    """Each name that a page documents can be imported from where the page says."""
    for full in documented():
        module, _, name = full.rpartition(".")
        assert hasattr(importlib.import_module(module), name), full


@pytest.mark.parametrize(("cls", "name"), CALLED, ids=lambda one: getattr(one, "__name__", one))
def test_a_method_has_a_sentence_and_an_example(cls: type, name: str) -> None:
    """Each method of the client, of Discovery and of the sandbox."""
    assert inspect.getdoc(getattr(cls, name))
    assert name in exemplified(), f"{cls.__name__}.{name} is used in no block of code"


def test_every_field_of_a_policy_is_exemplified() -> None:
    """Each one in a policy of the documentation or of an example."""
    assert {field.name for field in fields(governance.StalePolicy)} <= exemplified()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_of_a_model_is_told(model: type) -> None:
    """In the table below the model's heading, no more and no less."""
    text = (DOCS / "models.md").read_text()
    part = re.split(rf"^##+ {model.__name__}$", text, flags=re.MULTILINE)[1]
    rows = re.split(r"^##", part, flags=re.MULTILINE)[0]
    told = re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE)
    named = [name for cell in told for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted({field.name for field in fields(model)} - {"raw"})


# Parameters

TIMES = re.compile(
    r"timeout|interval|period|retry_for|wait_for|latency|jitter|time$|_for$|_age$|_than|expires|since|after|before|until"
    r"|^start$|^end$"
)
UNITS = re.compile(r"second|duration|``\"\d+[hdw]\"``|datetime|date\b|zone|ISO|likewise")


def described(*texts: str | None) -> dict[str, str]:
    """Each parameter that docstrings describe, with its description."""
    found: dict[str, str] = {}
    for text in texts:
        for name, told in re.findall(
            r"^:param (\w+): (.*?)(?=^:|\Z|\n\n)", inspect.cleandoc(text or ""), re.MULTILINE | re.DOTALL
        ):
            found.setdefault(name, " ".join(told.split()))
    return found


def parameters(function: Callable[..., Any]) -> Iterator[str]:
    """The names of what a function takes, but itself and what it hands on to Airflow."""
    for one in inspect.signature(function).parameters.values():
        if one.name not in {"self", "cls", "kwargs"}:
            yield one.name


def taken_by(cls: type) -> Iterator[str]:
    """What the constructor of a class takes, those of its bases in this package included."""
    for part in cls.__mro__:
        if part.__module__.startswith(ROOT_NAME) and "__init__" in part.__dict__:
            yield from parameters(part.__dict__["__init__"])


def check(owner: str, taken: Iterator[str], told: dict[str, str]) -> None:
    """Everything taken is told, and what is a time has a unit."""
    for name in taken:
        assert told.get(name), f"{owner}: {name} is not described"
        if TIMES.search(name) and not told[name].startswith("whether"):
            assert UNITS.search(told[name]), f"{owner}: {name} has no unit: {told[name]}"


PLAIN = [governance.StalePolicy, Options, Fault]
BUILT = [*AIRFLOWS, ModeHook, client.ModeClient, client.ModeConfig, client.RateLimit, client.Signature]


@pytest.mark.parametrize("cls", [*BUILT, *PLAIN], ids=lambda cls: cls.__name__)
def test_every_parameter_of_a_class_is_described(cls: type) -> None:
    """By a `:param` of the class or of one of its bases, with its unit if it is a time."""
    check(cls.__name__, taken_by(cls), described(*(part.__doc__ for part in cls.__mro__[:-1])))


@pytest.mark.parametrize("cls", [client.ModeClient, Discovery], ids=lambda cls: cls.__name__)
def test_every_parameter_of_a_method_is_described(cls: type) -> None:
    """Once for all methods, in the docstring of the package: they name alike what is alike."""
    told = described(client.__doc__)
    for name in methods(cls):
        if inspect.isfunction(function := getattr(cls, name)):
            check(f"{cls.__name__}.{name}", parameters(function), told)
    check("bounded_map", parameters(client.bounded_map), described(client.bounded_map.__doc__))


@pytest.mark.parametrize("cls", AIRFLOWS, ids=lambda cls: cls.__name__)
def test_nothing_is_described_that_is_not_taken(cls: type) -> None:
    """A parameter that was renamed or dropped leaves no description behind."""
    taken = set(taken_by(cls))
    for part in cls.__mro__:
        if part.__module__.startswith(ROOT_NAME):
            assert set(described(part.__dict__.get("__doc__"))) <= taken
