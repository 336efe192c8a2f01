import json
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.routes import TABLE
from airflow_provider_mode.sandbox.routing import Route

WRAPPERS = (
    "report", "space", "permission", "membership", "report_schedule", "report_subscription", "report_filter",
    "field_description", "query", "definition", "user_group", "invite", "signature_token", "cron",
    "parameters",
)  # fmt: skip
FIELDS = (
    "name", "description", "space_token", "space_type", "default_access_level", "raw_query",
    "data_source_id", "source", "action", "accessor_type", "accessor_token", "member_type", "member_token",
    "email", "channel", "message", "report_schedule_token", "expires_at", "cron", "params", "timeout",
    "freq", "hour", "time_zone", "day_of_week", "invitee", "dataset_tokens", "time", "end_time", "theme",
    "token", "desc", "pdf_attachments",
)  # fmt: skip
JUNK: list[Any] = [None, 5, True, "", "\ud800\x00", [], [5], {}, {"a": [1]}, 1e300]
CRONS = [
    {"freq": "daily", "time_zone": []},
    {"freq": ["daily"]},
    {"freq": "weekly", "day_of_week": [{}]},
    {"freq": "monthly", "day_of_month": "²"},
]


def _bodies() -> list[bytes]:
    inner = [dict.fromkeys(FIELDS, value) for value in JUNK]
    made: list[Any] = [dict.fromkeys(WRAPPERS, value) for value in [*JUNK, *inner]]
    made += [{"report_schedule": {"cron": cron}} for cron in CRONS]
    made += inner
    raw = [json.dumps(one).encode() for one in made]
    return [*raw, b"\xff\xfe", b"[" * 100_000, b'{"time": "0001-01-01T00:00:00+23:59"}']


def _path(route: Route, sandbox: Sandbox) -> str:
    """A path in which everything exists, as far as this workspace has it."""
    state = sandbox.state
    report = next(one for one in state.reports.values() if one.subscriptions)
    dataset = next(one for one in state.reports.values() if one.is_dataset)
    subscription = next(iter(report.subscriptions.values()))
    run = report.last_run
    assert run is not None
    return route.path.format(
        workspace=state.name,
        space=report.collection,
        report=dataset.token if "/datasets/" in route.path else report.token,
        schedule=next(iter(report.schedules)),
        run=run.token,
        query=report.queries[0].token,
        subscription=subscription.token,
        source=next(iter(state.data_sources)),
        definition=next(iter(state.definitions)),
        group=next(iter(state.groups)),
        **dict.fromkeys(
            ("key", "query_run", "chart", "kept", "permission", "membership", "member", "signature"), "x"
        ),
    )


@pytest.mark.mode_sandbox(reports=40, collections=4)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_no_body_breaks_the_sandbox(api: Any, mode_sandbox: Sandbox, method: str) -> None:
    """Every writing route answers every body: done, or refused with a reason, never a 500."""
    for route in TABLE:
        if route.method != method or (method == "DELETE" and "{report}" in route.path):
            continue
        path = _path(route, mode_sandbox)
        for body in _bodies():
            answer = api(method, path, body)
            assert answer.status < 500, (route, body, answer.body)
            assert answer.status < 400 or set(answer.json) == {"id", "message"}


@pytest.mark.mode_sandbox(reports=40, collections=4)
def test_no_query_breaks_the_sandbox(api: Any, mode_sandbox: Sandbox) -> None:
    """Nor does any query, a filter of runs excepted, as with Mode."""
    for route in TABLE:
        if route.method != "GET":
            continue
        path, auth = _path(route, mode_sandbox), api.bearer if "/batch/" in route.path else ""
        for value in ("", "0", "-1", "%FF", "1" * 5000, "%5B"):
            names = ("page", "per_page", "next_token", "start_timestamp", "end_timestamp", "tokens", "order")
            query = "&".join(f"{name}={value}" for name in names)
            assert api.get(f"{path}?{query}", auth=auth).status < 500
        plain = {"Accept": "application/json"}
        assert api.get(f"{path}?x[=%", auth=auth, headers=plain).status < 500


def test_a_body_too_large(mode_sandbox: Sandbox, api: Any) -> None:
    """413 before it is read."""
    api.connection.putrequest("POST", "/api/acme/spaces")
    api.connection.putheader("Content-Length", "9" * 40)
    api.connection.endheaders()
    assert api.connection.getresponse().status == 413
