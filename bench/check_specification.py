"""
Hold the sandbox's specification against Mode's own.

    python bench/check_specification.py swagger.yaml [batch-swagger.yaml]

Mode publishes the two files at https://github.com/mode/api-swagger; nothing here needs them, and nothing is
taken from them. Every route and every field in docs/reference/openapi.yaml must stand in them as well, or
carry its evidence as `x-evidence`. Says what does not, and ends with 1 if there is any.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

Json = Mapping[str, Any]
OURS = Path(__file__).resolve().parent.parent / "docs" / "reference" / "openapi.yaml"
LINKS = {"_links", "_embedded"}


def shape(path: str) -> str:
    """A path whatever its placeholders are called, without the prefix that only some files have."""
    plain = re.sub(r"\{[^}]*\}", "{}", path).removeprefix("/api")
    return plain.rstrip("/") or "/"


def spelled_out(path: str) -> Iterator[str]:
    """A path for each of the endings that Mode's file puts in brackets, such as `content(.csv, .json)`."""
    head, _, endings = path.partition("(")
    if not endings:
        yield path
        return
    for ending in endings.rstrip(")").split(","):
        yield head + ending.strip()


def routes_of(document: Json) -> set[tuple[str, str]]:
    """Method and shape of each route of one of Mode's files."""
    return {
        (method.upper(), shape(path))
        for written, item in document["paths"].items()
        for path in spelled_out(written)
        for method in item
        if not method.startswith("x-")
    }


def strange_routes(ours: Json, theirs: set[tuple[str, str]]) -> Iterator[str]:
    """Routes of ours that neither stand in Mode's files nor say where they come from."""
    for path, item in ours["paths"].items():
        for method, operation in item.items():
            if (method.upper(), shape(path)) not in theirs and "x-evidence" not in operation:
                yield f"route {method.upper()} {path}"


def strange_fields(ours: Json, theirs: Json) -> Iterator[str]:
    """Fields of ours that neither stand in the definition that they follow nor say where they come from."""
    for name, schema in ours["components"]["schemas"].items():
        known: Json = {}
        if (followed := schema.get("x-mode-definition")) is not None:
            if followed not in theirs:
                yield f"schema {name} follows {followed}, which Mode does not define"
                continue
            known = theirs[followed].get("properties", {})
        elif "x-evidence" in schema or not {"token", "id"} & set(schema.get("properties", {})):
            continue  # a frame or a form, not a thing
        for field, described in schema["properties"].items():
            if field not in known and field not in LINKS and "x-evidence" not in described:
                yield f"field {name}.{field}"


def needless(ours: Json, routes: set[tuple[str, str]], theirs: Json) -> Iterator[str]:
    """Evidence that is not needed, because Mode's files say the same."""
    for path, item in ours["paths"].items():
        for method, operation in item.items():
            if (method.upper(), shape(path)) in routes and "x-evidence" in operation:
                yield f"route {method.upper()} {path}"
    for name, schema in ours["components"]["schemas"].items():
        known = theirs.get(schema.get("x-mode-definition", ""), {}).get("properties", {})
        for field, described in schema.get("properties", {}).items():
            if field in known and "x-evidence" in described and field not in LINKS:
                yield f"field {name}.{field}"


def main(files: list[str]) -> int:
    """Compare, and say what strays."""
    if not files:
        sys.exit(__doc__)
    ours = yaml.safe_load(OURS.read_text())
    documents = [yaml.safe_load(Path(name).read_text()) for name in files]
    routes = set[tuple[str, str]]().union(*map(routes_of, documents))
    definitions: dict[str, Any] = {}
    for document in documents:
        definitions = {**document["definitions"], **definitions}
    strays = [*strange_routes(ours, routes), *strange_fields(ours, definitions)]
    for stray in strays:
        print(f"without evidence: {stray}")
    for extra in needless(ours, routes, definitions):
        print(f"evidence that is not needed: {extra}")
    served = {(method.upper(), shape(path)) for path, item in ours["paths"].items() for method in item}
    for method, path in sorted(routes - served):
        print(f"not served: {method} {path}")
    print(
        f"{len(served)} routes, {len(served & routes)} of them in Mode's specification; {len(strays)} strays"
    )
    return 1 if strays else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
