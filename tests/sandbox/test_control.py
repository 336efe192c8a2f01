from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox


@pytest.fixture
def report(mode_sandbox: Sandbox) -> str:
    """A report."""
    return mode_sandbox.add_report(name="Orders").token


def test_state_counts_and_changes(api: Any, mode_sandbox: Sandbox, report: str) -> None:
    """The truth as JSON; control requests are neither logged nor counted."""
    api("PATCH", f"reports/{report}/archive")
    state = api.control("GET", "/state")
    row = next(one for one in state["reports"] if one["token"] == report)
    assert (row["archived"], row["name"], row["schedules"]) == (True, "Orders", [])
    assert state["counts"] == api.control("GET", "/counts")
    assert len(state["reports"]) == state["counts"]["reports"] + state["counts"]["datasets"]
    changes = api.control("GET", "/changes")
    assert (changes[-1]["kind"], changes[-1]["by"]) == ("archive", "sandbox-key")
    assert api.control("GET", f"/changes?after={changes[-1]['n']}") == []
    requests = api.control("GET", "/requests")
    assert [one["target"] for one in requests] == [f"/api/acme/reports/{report}/archive"]
    assert api.control("GET", f"/requests?after={requests[-1]['n']}") == []
    assert api.control("DELETE", "/requests") == []
    assert mode_sandbox.usage.requests == 0


def test_reports_by_control(api: Any, report: str) -> None:
    """Added, set, viewed, edited, run and deleted."""
    made = api.control("POST", "/reports", {"name": "New", "edited_at": "2020-01-01", "view_count": 2})
    assert (made["edited_at"], made["profile"]) == ("2020-01-01T00:00:00.000Z", "added")
    path = f"/reports/{made['token']}"
    seen = api.control("POST", f"{path}/views", {"times": 2, "at": "2026-01-01"})
    assert (seen["view_count"], seen["last_viewed_at"]) == (4, "2026-01-01T00:00:00.000Z")
    assert api.control("POST", f"{path}/views")["view_count"] == 5
    assert api.control("PATCH", path, {"public": True, "imports": [report]})["imports"] == [report]
    assert api.control("POST", f"{path}/edit", {"description": "d"})["edited_at"] > "2021"
    run = api.control("POST", f"{path}/run", {"outcome": "failed"})
    assert run["state"] == "enqueued"
    assert api.control("GET", path)["last_run_by_hand_at"] is not None
    assert api.control("DELETE", path) == {}
    assert api("GET", f"/_sandbox{path}", auth=None).status == 404


def test_schedules_and_collections_by_control(api: Any, mode_sandbox: Sandbox, report: str) -> None:
    """Added and taken away."""
    body = {"cron": {"freq": "weekly", "day_of_week": 3}, "subscribers": ["a@example.com"], "name": "W"}
    made = api.control("POST", f"/reports/{report}/schedules", body)
    assert (made["cron"]["weekdays"], made["subscribers"], made["paused"]) == ([3], 1, False)
    assert api.control("DELETE", f"/reports/{report}/schedules/{made['token']}")["schedules"] == []
    place = api.control("POST", "/collections", {"name": "Place", "space_type": "private", "creator": "x"})
    assert (place["personal"], place["creator"]) == (True, "x")
    assert api.control("POST", "/reports", {"collection": place["token"]})["personal"] is True
    assert api.control("DELETE", f"/collections/{place['token']}")["state"] == "soft_deleted"
    mode_sandbox.move(report, mode_sandbox.add_collection("Other"))
    mode_sandbox.move(report, mode_sandbox.report(report).collection)


def test_clock_by_control(api: Any) -> None:
    """Looked at, set, moved, stopped and started."""
    assert api.control("GET", "/clock")["frozen"] is False
    assert api.control("POST", "/clock", {"set": "2030-01-01", "frozen": True})["frozen"] is True
    assert api.control("POST", "/clock", {"advance": "36h"})["now"] == "2030-01-02T12:00:00.000+00:00"
    assert api.control("POST", "/clock", {"frozen": False})["frozen"] is False


def test_switches_and_faults_by_control(api: Any) -> None:
    """Set, listed and cleared."""
    assert api.control("GET", "/switches")["archive_status"] == "200"
    assert api.control("POST", "/switches", {"archive_status": 202})["archive_status"] == "202"
    assert api.control("POST", "/faults", {"kind": "drop", "path": "*/x"})["hits"] == 0
    assert len(api.control("GET", "/faults")) == 1
    assert api.control("DELETE", "/faults") == []


def test_control_without_http(mode_sandbox: Sandbox) -> None:
    """The same routes for tests in this process."""
    assert mode_sandbox.control("GET", "/counts")["reports"] == 60
    assert mode_sandbox.control("POST", "/clock", {"advance": "1h"})["frozen"] is False
    with pytest.raises(ValueError, match="no such control route"):
        mode_sandbox.control("GET", "/nowhere")


def test_reset(api: Any, mode_sandbox: Sandbox, report: str) -> None:
    """Everything as at the start."""
    before = list(mode_sandbox.state.collections)
    api.control("POST", "/switches", {"archive_status": "202"})
    mode_sandbox.fault("drop")
    assert api.control("POST", "/reset")["reports"] == 60
    assert report not in mode_sandbox.state.reports
    assert list(mode_sandbox.state.collections) == before
    assert api.control("GET", "/switches")["archive_status"] == "200"
    assert api.control("GET", "/faults") == []
    mode_sandbox.reset()


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("POST", "/clock", {"back": 1}, "clock: unknown back"),
        ("POST", "/clock", {"advance": "soon"}, "not a duration"),
        ("POST", "/switches", {"gravity": 1}, "switch gravity: unknown"),
        ("POST", "/faults", {"kind": "odd"}, "fault: kind 'odd'"),
        ("POST", "/reports", {"colour": 1}, "report: unknown colour"),
        ("POST", "/reports", {"edited_at": "soon"}, "Invalid isoformat"),
        ("POST", "/nowhere", {}, "no such control route"),
        ("GET", "/reports/nope", None, "report not found"),
        ("GET", "/requests?after=x", None, "invalid literal"),
    ],
)
def test_senseless_control_requests(api: Any, method: str, path: str, body: Any, says: str) -> None:
    """A sentence says what is wrong."""
    answer = api(method, f"/_sandbox{path}", body, auth=None)
    assert answer.status in {400, 404}
    assert says in answer.json["message"]
