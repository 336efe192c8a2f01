"""The sandbox serves what its specification says: the same routes, and no reply outside of its schema."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.routes import TABLE
from airflow_provider_mode.sandbox.routing import Route
from tests.sandbox.specification import SPECIFICATION, paths
from tests.sandbox.test_nonsense import _bodies

PLAIN = {"Accept": "application/json"}
MEMBERS_ONLY = {
    ("POST", "/api/{workspace}/reports/{report}/runs/{run}/clone"),
    ("POST", "/api/{workspace}/invites"),
}


def test_the_same_routes() -> None:
    """Each route stands there with the parameters that it knows, and there is none besides."""
    described = {}
    for method, path, operation in SPECIFICATION.operations():
        named = [SPECIFICATION.follow(one) for one in operation.get("parameters", [])]
        described[method, path] = {one["name"] for one in named if one["in"] == "query"}
        assert {one["name"] for one in named if one["in"] == "path"} == set(re.findall(r"{(\w+)}", path))
    assert described == {(route.method, route.path): set(route.query) for route in TABLE}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (inner for name, inner in value.items() if name == "$ref")
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_the_document_holds_together() -> None:
    """Every reference leads somewhere, every schema is one and in use, and no two operations share a name."""
    document = SPECIFICATION.document
    used = set(_references(document))
    for reference in used:
        assert SPECIFICATION.follow({"$ref": reference})
    for part in ("schemas", "responses", "parameters"):
        assert {f"#/components/{part}/{name}" for name in document["components"][part]} <= used
    check = importlib.import_module("jsonschema").Draft202012Validator.check_schema
    for schema in document["components"]["schemas"].values():
        check(schema)
    names = [operation["operationId"] for _, _, operation in SPECIFICATION.operations()]
    assert len(set(names)) == len(names)


def _target(route: Route, sandbox: Sandbox) -> str:
    there = dict(paths(sandbox))
    within = {"{kept}": "x", "{key}": "x", "{query_run}": "x"}
    if "/datasets/" in route.path:
        there["report"] = there["dataset"]
    if "/groups/" in route.path:
        there["membership"] = there["in_group"]
    elif "/spaces/" in route.path:
        there["membership"] = "x"
    else:
        there["membership"] = there["member"]
    if "email_memberships/" in route.path:
        there["member"] = there["email"]
    if "/data_sources/" in route.path:
        there["permission"] = "x"
    path = route.path
    for name, value in [*within.items(), *((f"{{{name}}}", value) for name, value in there.items())]:
        path = path.replace(name, value)
    return path


def _ask(api: Any, route: Route, target: str, body: Any = None) -> tuple[int, list[str]]:
    auth = api.bearer if route.path.startswith("/batch") and "signature" not in route.path else ""
    if (route.method, route.path) in MEMBERS_ONLY:
        auth = api.member
    answer = api(route.method, target, body, auth=auth, headers=PLAIN if "audit_logs" in target else None)
    return answer.status, SPECIFICATION.flaws(
        route, answer.status, answer.headers.get("content-type"), answer.body
    )


@pytest.mark.mode_sandbox(reports=40, collections=4)
@pytest.mark.parametrize(
    "switches",
    [
        {},
        {
            "ids": "string",
            "imported_datasets": "listed",
            "datasets_in_reports": "present",
            "user_email": "absent",
        },
        {
            "view_count": "null",
            "archived": "absent",
            "public": "absent",
            "creator": "absent",
            "key_scope": "absent",
        },
        {
            "cron_numbers": "absent",
            "schedule_forms": "absent",
            "schedule_runs": "absent",
            "run_success": "completed",
        },
        {
            "collection_counters": "absent",
            "schedules_count": "absent",
            "discovery_views": "total_views_count",
        },
        {
            "discovery_members": "memberships",
            "discovery_last_views": "absent",
            "results_redirect": "same_host",
        },
    ],
)
def test_every_list_and_thing(api: Any, mode_sandbox: Sandbox, switches: dict[str, object]) -> None:
    """What is read, of whatever is there, is as the specification says, whatever the switches."""
    mode_sandbox.switch(**switches)
    mode_sandbox.advance("30d")
    span = "?start_timestamp=2000-01-01&end_timestamp=2100-01-01"
    for route in TABLE:
        if route.method == "GET":
            target = _target(route, mode_sandbox)
            for more in ("?page=1", "?page=2") if "page" in route.query else ("",):
                extra = span if target.endswith("audit_logs") else more
                assert _ask(api, route, target + extra)[1] == [], (route.method, target)


@pytest.mark.mode_sandbox(reports=24, collections=4)
def test_every_report_of_the_workspace(api: Any, mode_sandbox: Sandbox) -> None:
    """All kinds of reports, runs and schedules that the seed makes."""
    by_path = {route.path: route for route in TABLE if route.method == "GET"}
    for report in mode_sandbox.state.reports.values():
        for end in ("", "/runs", "/schedules", "/subscriptions", "/queries"):
            route = by_path["/api/{workspace}/reports/{report}" + end]
            status, flaws = _ask(api, route, f"/api/acme/reports/{report.token}{end}")
            assert (status, flaws) == (200, []), (end, report)


@pytest.mark.mode_sandbox(reports=60, collections=6)
def test_every_change(api: Any, mode_sandbox: Sandbox) -> None:
    """The simplest body that the specification describes is taken, and the reply is as it says."""
    refused = set()
    changing = [route for route in TABLE if route.method != "GET"]
    for route in sorted(changing, key=lambda route: route.method == "DELETE"):
        operation = SPECIFICATION.document["paths"][route.path][route.method.lower()]
        content = operation.get("requestBody", {}).get("content", {})
        body = SPECIFICATION.example(content["application/json"]["schema"]) if content else None
        body = _that_is_there(body, mode_sandbox)
        status, flaws = _ask(api, route, _target(route, mode_sandbox), body)
        assert flaws == [], (route.method, route.path, body)
        if status >= 400:
            refused.add((route.method, route.path.rpartition("/")[2]))
    assert refused == {
        ("PUT", "cancel"), ("PATCH", "{kept}"), ("DELETE", "{kept}"), ("PATCH", "{permission}"),
        ("DELETE", "{permission}"), ("DELETE", "{member}"), ("DELETE", "{membership}"), ("POST", "clone"),
    } & refused  # fmt: skip


def _that_is_there(body: Any, sandbox: Sandbox) -> Any:
    """The body with tokens of things that are there."""
    there = paths(sandbox)
    text = json.dumps(body)
    text = re.sub(r'"space_token": "text"', f'"space_token": "{there["space"]}"', text)
    text = re.sub(r'"member_token": "text"', f'"member_token": "{sandbox.state.admin.token}"', text)
    text = re.sub(r'"report_schedule_token": "text"', f'"report_schedule_token": "{there["schedule"]}"', text)
    text = re.sub(r'"token": "text"', f'"token": "{there["dataset"]}"', text)
    text = re.sub(r'"time_zone": "text"', '"time_zone": "UTC"', text)
    text = re.sub(r'"dataset_tokens": \[\]', f'"dataset_tokens": [{{"token": "{there["dataset"]}"}}]', text)
    return json.loads(text)


@pytest.mark.mode_sandbox(reports=40, collections=4)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_no_nonsense_leads_out_of_the_schema(api: Any, mode_sandbox: Sandbox, method: str) -> None:
    """Whatever body a writing route is sent, its reply is one that the specification describes."""
    for route in TABLE:
        if route.method == method:
            target = _target(route, mode_sandbox)
            for body in _bodies():
                assert _ask(api, route, target, body)[1] == [], (route.path, body[:200])


@pytest.mark.mode_sandbox(reports=40, collections=4)
def test_a_reply_that_strays_is_noticed(api: Any, mode_sandbox: Sandbox) -> None:
    """The reader finds a field that is not described, one of a wrong type, and a status that is none."""
    route = next(one for one in TABLE if one.path.endswith("/reports/{report}") and one.method == "GET")
    good = api.get(_target(route, mode_sandbox))
    hal = "application/hal+json"
    assert SPECIFICATION.flaws(route, 200, hal, good.body) == []
    for strange in ({"surprise": 1}, {"view_count": "many"}, {"token": None}, {"created_at": "yesterday"}):
        assert SPECIFICATION.flaws(route, 200, hal, json.dumps(good.json | strange).encode())
    assert SPECIFICATION.flaws(route, 500, hal, b"{}")
    assert SPECIFICATION.flaws(route, 200, "text/html", good.body)
    assert SPECIFICATION.flaws(route, 404, hal, b"{}")
