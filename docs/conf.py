"""How the documentation is built; `make docs` fails on a warning and on a reference that leads nowhere."""

from __future__ import annotations

import inspect
import os
import re
import sys
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
# Airflow reads its configuration when autodoc imports it, so it gets a home that nobody else uses.
HOME = ROOT / "build" / "docs" / "airflow"
HOME.mkdir(parents=True, exist_ok=True)
os.environ["AIRFLOW_HOME"] = str(HOME)
os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{HOME}/none.db"
warnings.simplefilter("ignore")  # what Airflow's own imports warn of is not about these pages

import airflow_provider_mode  # noqa: E402 - after the path and the environment are set

project = "airflow-provider-mode"
author = "the airflow-provider-mode contributors"
copyright = author  # noqa: A001 - Sphinx calls it so
version = release = airflow_provider_mode.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns: list[str] = ["_build"]
root_doc = "index"
html_theme = "furo"
html_title = f"{project} {release}"
html_show_copyright = False
html_copy_source = False
html_extra_path = ["reference/openapi.yaml"]

myst_enable_extensions = ["colon_fence", "deflist", "linkify"]
myst_linkify_fuzzy_links = False
myst_heading_anchors = 4
default_role = "code"  # docstrings write `this` for what is code, as their readers in editors expect
pygments_style = "tango"
highlight_language = "none"

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
autodoc_preserve_defaults = True

nitpicky = True
PACKAGE = r"airflow_provider_mode\."
nitpick_ignore_regex = [
    # A build asks no other host, so what Python documents cannot be linked.
    (r"py:class", r"(collections\.abc|datetime)\.\w+(\[str)?"),
    (r"py:class", r"(tuple\[float|dict\[str)"),  # how Sphinx takes tuple[float, float] apart
    # Type variables, and types of parts that no user is handed.
    (r"py:class", PACKAGE + r"client\.(bulk\.(Item|Result)|pacing\.pace\.Pacer|session\.Session)"),
    (r"py:class", PACKAGE + r"sandbox\.(app|limit|model|workspace)\.\w+"),
    (r"py:class", PACKAGE + r"governance\.(ports\.\w+|evidence\.scope\.Scope)"),
    (r"py:class", PACKAGE + r"governance\.policy\.settings\.(Choice|Duration|Flag|Globs|Number)"),
]


MODELS = re.compile(PACKAGE + r"client\.(models|people|discovery_models)")
AIRFLOWS = re.compile(PACKAGE + r"(operators|sensors|triggers)\.")


def _ours(cls: type) -> list[type]:
    """The classes of this package that a class is made of, the most general first."""
    return [part for part in reversed(cls.__mro__) if part.__module__.startswith("airflow_provider_mode.")]


def _fields(cls: type) -> dict[str, str]:
    """Each parameter's description out of one class's own docstring."""
    text = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
    return {
        found[1]: " ".join(found[2].split())
        for found in re.finditer(r"^:param (\w+): (.*?)(?=^:|\Z)", text, re.MULTILINE | re.DOTALL)
    }


def inherited_parameters(_app: Any, what: str, _name: str, obj: Any, _options: Any, lines: list[str]) -> None:
    """A class of Airflow's kind documents its own parameters; its page shows those of its bases as well."""
    if what != "class" or not _is_airflows(obj):
        return
    own = set(_fields(obj))
    if lines and lines[-1]:
        lines.append("")
    for base in reversed(_ours(obj)[:-1]):
        for name, told in _fields(base).items():
            if name not in own:
                own.add(name)
                lines.append(f":param {name}: {told}")


def _is_airflows(cls: type) -> bool:
    """Whether it is an operator, a sensor or a trigger."""
    return bool(AIRFLOWS.match(cls.__module__))


def whole_signature(
    _app: Any, what: str, _name: str, obj: Any, _options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """The signature with the parameters of the bases; those of Airflow's own stay `**kwargs`."""
    if what == "class" and MODELS.match(obj.__module__):
        return "", returns  # nobody but the client makes one; a table tells its fields
    if what != "class" or not _is_airflows(obj):
        return signature, returns
    found: dict[str, inspect.Parameter] = {}
    for part in reversed(_ours(obj)):
        if "__init__" in part.__dict__:
            for each in inspect.signature(part.__dict__["__init__"]).parameters.values():
                if each.kind is each.KEYWORD_ONLY:
                    found.setdefault(each.name, each)
    ordered = sorted(found.values(), key=lambda each: each.default is not each.empty)
    shown = [each.name if each.default is each.empty else f"{each.name}={each.default!r}" for each in ordered]
    rest = [] if "triggers" in obj.__module__ else ["**kwargs"]
    return f"({', '.join(['*', *shown, *rest])})", returns


def setup(app: Any) -> None:
    """What Sphinx calls."""
    app.connect("autodoc-process-docstring", inherited_parameters)
    app.connect("autodoc-process-signature", whole_signature)
