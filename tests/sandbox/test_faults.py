import http.client
import time
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.faults import Fault

Call = Callable[..., Any]


@pytest.fixture
def report(mode_sandbox: Sandbox) -> str:
    """A live report."""
    return next(one.token for one in mode_sandbox.state.reports.values() if not one.archived)


def test_a_status_in_place_of_the_change(api: Any, mode_sandbox: Sandbox, report: str) -> None:
    """The change is not made, and the second attempt works."""
    fault = mode_sandbox.fault("status", method="PATCH", path="*/archive", status=500, headers={"X-Odd": "1"})
    answer = api("PATCH", f"reports/{report}/archive")
    assert (answer.status, answer.json["id"], answer.headers["x-odd"]) == (500, "internal_server_error", "1")
    assert not mode_sandbox.state.reports[report].archived
    assert api("PATCH", f"reports/{report}/archive").status == 200
    assert fault.hits == 1


@pytest.mark.parametrize("body", [None, "a,b"])
def test_a_content_type_of_ones_own(api: Any, mode_sandbox: Sandbox, body: str | None) -> None:
    """Instead of the usual one, however it is spelt, and not besides it."""
    mode_sandbox.fault("status", status=200, body=body, headers={"content-type": "text/csv"})
    api.connection.request("GET", "/api/account", headers={"Authorization": api.basic})
    reply = api.connection.getresponse()
    reply.read()
    assert reply.msg.get_all("Content-Type") == ["text/csv"]


def test_a_status_after_the_change(api: Any, mode_sandbox: Sandbox, report: str) -> None:
    """The change is made all the same."""
    mode_sandbox.fault("status", path="*/archive", after=True)
    assert api("PATCH", f"reports/{report}/archive").status == 503
    assert mode_sandbox.state.reports[report].archived


def test_bodies_of_ones_own(api: Any, mode_sandbox: Sandbox, report: str) -> None:
    """As text, as bytes, or as a page of HTML."""
    mode_sandbox.fault("status", status=200, body="[[[")
    mode_sandbox.fault("status", status=201, body_base64="/w==")
    mode_sandbox.fault("html")
    mode_sandbox.fault("html", status=502, body="<p>gone</p>")
    assert api.get(f"reports/{report}").body == b"[[["
    assert api.get(f"reports/{report}").body == b"\xff"
    page = api.get(f"reports/{report}")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<html>" in page.body
    assert api.get(f"reports/{report}").status == 502


def test_count_skip_and_pattern(api: Any, mode_sandbox: Sandbox, report: str) -> None:
    """A fault waits for its turn, and happens as often as asked, to what its pattern says."""
    mode_sandbox.fault("status", method="GET", path="*/reports/*", count=None, skip=1, status=429)
    seen = [api.get(f"reports/{report}").status for _ in range(4)]
    assert seen == [200, 429, 429, 429]
    assert api.get("definitions").status == 200
    mode_sandbox.clear_faults()
    assert api.get(f"reports/{report}").status == 200


def test_a_truncated_reply(api: Any, mode_sandbox: Sandbox, report: str) -> None:
    """Less arrives than was announced."""
    mode_sandbox.fault("truncated")
    with pytest.raises(http.client.IncompleteRead):
        api.get(f"reports/{report}")


def test_a_reply_of_the_wrong_length(api: Any, mode_sandbox: Sandbox, report: str) -> None:
    """What arrives looks whole and is not."""
    mode_sandbox.fault("wrong_length")
    answer = api.get(f"reports/{report}")
    assert answer.status == 200
    with pytest.raises(ValueError, match=r"."):
        _ = answer.json


@pytest.mark.parametrize("after", [False, True])
def test_a_dropped_connection(api: Any, mode_sandbox: Sandbox, report: str, after: bool) -> None:
    """No reply, before or after the change; the log knows of it."""
    mode_sandbox.fault("drop", path="*/archive", after=after)
    with pytest.raises(http.client.RemoteDisconnected):
        api("PATCH", f"reports/{report}/archive")
    assert mode_sandbox.state.reports[report].archived is after
    assert (mode_sandbox.requests[-1].status, mode_sandbox.requests[-1].fault) == (None, "drop")


def test_slow_and_dripping_replies(api: Any, mode_sandbox: Sandbox, report: str) -> None:
    """They come late, and whole."""
    mode_sandbox.fault("slow", delay=0.05)
    mode_sandbox.fault("slow")
    mode_sandbox.fault("drip", delay=0.05)
    began = time.monotonic()
    assert [api.get(f"reports/{report}").json["token"] for _ in range(3)] == [report] * 3
    assert time.monotonic() - began >= 0.1


def test_senseless_faults_are_refused() -> None:
    """The error says what is known."""
    with pytest.raises(ValueError, match="kind 'odd' is none of status, html"):
        Fault.from_json({"kind": "odd"})
    with pytest.raises(ValueError, match="unknown colour; known: after, body"):
        Fault.from_json({"kind": "drop", "colour": "red"})
