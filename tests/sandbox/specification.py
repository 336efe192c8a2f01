"""The specification in docs/reference/openapi.yaml, and a reader that holds replies against it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.routing import Route

Json = dict[str, Any]
FILE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.yaml"
TYPES: dict[str, Any] = {
    "string": "text",
    "integer": 1,
    "boolean": True,
    "object": {},
    "array": [],
    "null": None,
}


class Specification:
    """What the sandbox says of itself."""

    def __init__(self) -> None:
        self._validators: dict[str, Any] = {}

    @cached_property
    def document(self) -> Json:
        """The file."""
        yaml = importlib.import_module("yaml")
        document: Json = yaml.load(FILE.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return document

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Method, path and description of each operation."""
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield method.upper(), path, operation

    def follow(self, value: Json) -> Json:
        """What a reference leads to, or the thing itself."""
        while "$ref" in value:
            found: Any = self.document
            for step in value["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            value = found
        return value

    def flaws(self, route: Route, status: int, media_type: str | None, body: bytes) -> list[str]:
        """What is not as it stands there, of a reply on a route."""
        operation = self.document["paths"][route.path][route.method.lower()]
        said = operation["responses"].get(str(status)) or operation["responses"].get(f"{status // 100}XX")
        if said is None:
            return [f"status {status}"]
        content = self.follow(said).get("content")
        if content is None:
            return [f"a body: {body[:80]!r}"] if body else []
        if media_type not in content:
            return [f"media type {media_type}, not {', '.join(content)}"]
        if media_type is None or "json" not in media_type:
            return []
        errors = self._validator(json.dumps(content[media_type]["schema"])).iter_errors(json.loads(body))
        return [f"{error.json_path}: {error.message[:200]}" for error in errors]

    def _validator(self, schema: str) -> Any:
        if schema not in self._validators:
            whole = {**json.loads(schema), "components": self.document["components"]}
            self._validators[schema] = importlib.import_module("jsonschema").Draft202012Validator(whole)
        return self._validators[schema]

    def example(self, schema: Json) -> Any:
        """The simplest thing that a schema describes, with all its properties."""
        schema = self.follow(schema)
        if "anyOf" in schema:
            return self.example(schema["anyOf"][0])
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("format") in {"date", "date-time"}:
            return "2020-01-01" if schema["format"] == "date" else "2036-01-01T00:00:00Z"
        if "properties" in schema:
            return {name: self.example(inner) for name, inner in schema["properties"].items()}
        kind = schema.get("type", "string")
        return TYPES[kind if isinstance(kind, str) else kind[0]]


SPECIFICATION = Specification()


def paths(sandbox: Sandbox) -> Mapping[str, str]:
    """For each placeholder, the name of something that is there."""
    state = sandbox.state
    report = next(
        one for one in state.reports.values() if one.subscriptions and one.last_success and one.queries
    )
    subscription = next(iter(report.subscriptions.values()))
    group = next(one for one in state.groups.values() if one.members)
    restricted = next(one for one in state.collections.values() if one.grants)
    assert report.last_success is not None
    return {
        "workspace": state.name,
        "space": restricted.token,
        "report": report.token,
        "dataset": next(one.token for one in state.reports.values() if one.is_dataset and one.queries),
        "schedule": next(iter(report.schedules)),
        "run": report.last_success.token,
        "query": report.queries[0].token,
        "chart": report.queries[0].charts[0].token if report.queries[0].charts else "x",
        "subscription": subscription.token,
        "email": next(iter(subscription.emails)),
        "source": next(iter(state.data_sources)),
        "definition": next(iter(state.definitions)),
        "group": group.token,
        "in_group": next(iter(group.members)),
        "permission": next(iter(restricted.grants)),
        "member": state.membership_token(state.present_members()[-1]),
        "signature": next(iter(state.signatures)),
    }
