"""The escape hatch, the audit log, and the client as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from airflow_provider_mode.client.client import ModeClient
from airflow_provider_mode.client.errors import ConfigurationError, NotFound
from tests.client.wire import Asked, FreePacer, Raw, Script, Wire, client_of, config, in_turn, reply, rows

Serve = Callable[[Script], Wire]
REPORT = "abcdefabcdef"


@pytest.mark.parametrize("embedded", [True, False])
def test_the_audit_log_goes_on_by_a_cursor(serve: Serve, embedded: bool) -> None:
    """Plain JSON is asked for; the cursor is followed until it ends or repeats."""

    def script(asked: Asked) -> Raw:
        number = len(server.asked)
        found = {"audit_logs": [{"id": f"log{number}"}, {"id": "log1"}]}
        return reply(
            200, {**({"_embedded": found} if embedded else found), "next_token": f"c{min(number, 3)}"}
        )

    server = serve(script)
    start = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    logs = list(client_of(server.url).audit_logs(start, datetime(2026, 2, 1, tzinfo=UTC), action="login"))
    assert [log.token for log in logs] == ["log1", "log2", "log3", "log4"]
    assert {asked.headers["accept"] for asked in server.asked} == {"application/json"}
    assert [asked.query.get("next_token") for asked in server.asked] == [None, "c1", "c2", "c3"]
    span = {
        "start_timestamp": "2026-01-01T00:00:00Z",
        "end_timestamp": "2026-02-01T00:00:00Z",
        "action": "login",
    }
    assert server.asked[0].query == span


def test_the_audit_log_ends_without_a_cursor_or_rows(serve: Serve) -> None:
    """No cursor, or no rows, is the end; a time that could be any hour is refused."""
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    for body in ({"audit_logs": [{"id": "a"}], "next_token": None}, {"audit_logs": [], "next_token": "c"}):
        server = serve(in_turn(reply(200, body)))
        assert len(list(client_of(server.url).audit_logs(start, end))) == len(body["audit_logs"] or [])
        assert len(server.asked) == 1
    with pytest.raises(ConfigurationError, match="offset"):
        list(client_of(server.url).audit_logs(datetime(2026, 1, 1), end))  # noqa: DTZ001  # that is the point


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("reports/x", "/api/acme/reports/x"),
        ("/reports/x?a=1", "/api/acme/reports/x?a=1"),
        ("/api/verify", "/api/verify"),
        ("/batch/acme/reports", "/batch/acme/reports"),
    ],
)
def test_any_other_request(serve: Serve, path: str, target: str) -> None:
    """A path below the workspace or a whole one, with the same pacing, retry and errors."""
    server = serve(in_turn(reply(503), reply(200, {"any": 1})))
    client = client_of(server.url)
    assert client.request("get", path) == {"any": 1}
    assert server.asked[-1].target == target
    assert client.request("POST", f"{server.url}{target}", params={"b": 2}, json={"c": 3}) == {"any": 1}
    assert server.asked[-1].query["b"] == "2"
    assert json.loads(server.asked[-1].body) == {"c": 3}
    assert client_of(serve(in_turn(reply(204))).url).request("GET", path) is None


@pytest.mark.parametrize(
    "path", ["https://elsewhere.example.com/api/x", "reports/../../x", "//elsewhere.example.com/api"]
)
def test_a_request_cannot_lead_elsewhere(serve: Serve, path: str) -> None:
    """The key goes to the configured host alone."""
    with pytest.raises(ConfigurationError, match=r"^path"):
        client_of(serve(in_turn(reply(200))).url).request("GET", path)


def test_a_url_with_credentials_is_no_path(serve: Serve) -> None:
    """Nobody else's credentials go out either."""
    server = serve(in_turn(reply(200)))
    with pytest.raises(ConfigurationError, match=r"^path"):
        client_of(server.url).request("GET", server.url.replace("//", "//u:p@") + "/api/x")


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": object()}])
def test_what_is_no_json_is_not_sent(serve: Serve, body: Any) -> None:
    """A body that cannot be sent is told before anything is."""
    with pytest.raises(ConfigurationError, match=r"^json"):
        client_of(serve(in_turn(reply(200))).url).request("POST", "x", json=body)


def test_a_client_closes_and_shows_no_secret(serve: Serve) -> None:
    """As a context manager it lets go of its connections, and goes on when used again."""
    server = serve(in_turn(reply(200, {"token": REPORT})))
    with client_of(server.url) as client:
        client.report(REPORT)
    assert client.report(REPORT).token == REPORT
    assert repr(client) == f"ModeClient({server.url}/acme)"


def test_a_client_makes_its_own_pacer(serve: Serve) -> None:
    """Without a pacer it takes the one of its configuration, and counts what it did."""
    server = serve(in_turn(reply(200, {"token": REPORT})))
    client = ModeClient(config(server.url))
    assert client.report(REPORT).token == REPORT
    assert client.usage.requests == 1
    assert repr(client.usage).startswith("Usage(requests=1, throttled=0, retries=0")


def test_nothing_is_sent_before_it_is_asked_for(serve: Serve) -> None:
    """Making a client, or a list, does no I/O."""
    server = serve(in_turn(rows("groups", [])))
    pacer = FreePacer()
    client = client_of(server.url, pacer=pacer)
    groups = client.groups()
    assert (server.asked, pacer.patience) == ([], [])
    assert list(groups) == []
    with pytest.raises(NotFound):
        client_of(serve(in_turn(reply(404))).url).report(REPORT)
