"""The sandbox under schemathesis, driven by its own specification: no 500, no reply outside of its schema."""

from __future__ import annotations

import base64
import importlib
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.routes import TABLE
from tests.sandbox.specification import FILE, paths

EXAMPLES = 12
OPERATIONS = [(route.method, route.path) for route in TABLE]
CHECKS = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")


@pytest.fixture(scope="module")
def described() -> Any:
    """The specification as schemathesis reads it."""
    return importlib.import_module("schemathesis").openapi.from_path(FILE)


def _headers(sandbox: Sandbox, path: str) -> dict[str, str]:
    if path.startswith("/batch") and "signature" not in path:
        parts, scheme = ":".join(sandbox.discovery.values()), "Bearer"
    else:
        parts, scheme = f"{sandbox.login}:{sandbox.password}", "Basic"
    return {"Authorization": f"{scheme} {base64.b64encode(parts.encode()).decode()}"}


def _known(sandbox: Sandbox, path: str) -> dict[str, str]:
    """Names of things that are there, for the placeholders of a path."""
    there = dict(paths(sandbox))
    if "/datasets/" in path:
        there["report"] = there["dataset"]
    there["membership"] = there["in_group"] if "/groups/" in path else there["member"]
    return {name: value for name, value in there.items() if f"{{{name}}}" in path}


@pytest.mark.mode_sandbox(reports=40, collections=4)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_an_operation(described: Any, mode_sandbox: Sandbox, method: str, path: str, mode: str) -> None:
    """Well-formed and malformed requests alike, to things that are there and to things that are not."""
    library = importlib.import_module("schemathesis")
    operation = described[path][method]
    known = importlib.import_module("schemathesis.specs.openapi.checks")
    checks = [library.checks.not_a_server_error, *(getattr(known, name) for name in CHECKS)]
    cases = operation.as_strategy(generation_mode=getattr(library.GenerationMode, mode))
    there, headers = _known(mode_sandbox, path), _headers(mode_sandbox, path)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, real=st.booleans())
    def fuzzed(case: Any, real: bool) -> None:
        if real:
            case.path_parameters = {**(case.path_parameters or {}), **there}
        if method == "GET" and path.endswith("/runs"):
            (case.query or {}).pop("filter", None)  # breaks Mode, and so it does here
        response = case.call(base_url=mode_sandbox.url, headers=headers)
        case.validate_response(response, checks=checks)

    try:
        fuzzed()
    except Unsatisfiable:
        assert mode == "NEGATIVE", "nothing well-formed can be made"
        pytest.skip("nothing in it can be malformed")
