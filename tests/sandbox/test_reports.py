from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.model import Report


@pytest.fixture
def report(mode_sandbox: Sandbox) -> Report:
    """A live report of somebody, with a schedule."""
    made = mode_sandbox.add_report(name="Orders", description="All of them", view_count=7)
    mode_sandbox.add_schedule(made, cron={"freq": "daily"})
    return made


def test_a_report_as_mode_shows_it(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Fields, links and forms; the same in a list, but for the imported datasets."""
    dataset = mode_sandbox.add_report(name="Rows", type="DatasetReport")
    mode_sandbox.set_record(report, imports=[dataset.token])
    single = api.get(f"reports/{report.token}").json
    assert (single["name"], single["view_count"], single["schedules_count"]) == ("Orders", 7, 1)
    assert single["imported_datasets"][0]["token"] == dataset.token
    assert single["_links"]["creator"]["href"] == f"/api/{report.creator}"
    assert single["_forms"]["archive"]["action"] == f"/api/acme/reports/{report.token}/archive"
    assert not single["_forms"]["clone"]["action"].startswith("/api")
    row = _listed(api, report)
    assert row.pop("has_imported_datasets") is True
    single.pop("imported_datasets")
    assert row == single
    mode_sandbox.switch(imported_datasets="listed")
    assert _listed(api, report)["imported_datasets"][0]["token"] == dataset.token


def _listed(api: Any, report: Report) -> dict[str, Any]:
    for page in range(1, 9):
        for row in api.get(f"spaces/{report.collection}/reports?page={page}").rows("reports"):
            if row["token"] == report.token:
                found: dict[str, Any] = row
                return found
    raise AssertionError(report.token)


def test_lists_show_changes_at_once(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Rows are kept as JSON, and never out of date."""
    assert _listed(api, report)["archived"] is False
    assert _listed(api, report)["archived"] is False
    mode_sandbox.archive(report)
    assert _listed(api, report)["archived"] is True
    mode_sandbox.edit(report, description="New")
    assert _listed(api, report)["description"] == "New"
    mode_sandbox.switch(ids="string")
    assert _listed(api, report)["id"] == str(report.id)
    mode_sandbox.state.rows_kept = 2
    report.settings["full_width"] = True
    assert _listed(api, report)["full_width"] is True


@pytest.mark.parametrize(
    ("switch", "field"),
    [
        ({"schedules_count": "absent"}, "schedules_count"),
        ({"view_count": "absent"}, "view_count"),
        ({"public": "absent"}, "public"),
        ({"archived": "absent"}, "archived"),
        ({"archived": "absent_unless_true"}, "archived"),
        ({"report_without": "edited_at,nonsense"}, "edited_at"),
    ],
)
def test_fields_may_be_absent(
    api: Any, mode_sandbox: Sandbox, report: Report, switch: dict[str, str], field: str
) -> None:
    """Each is there by default, and not where its switch says so."""
    assert field in api.get(f"reports/{report.token}").json
    mode_sandbox.switch(**switch)
    assert field not in api.get(f"reports/{report.token}").json


def test_fields_may_be_null(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """The count of views, or any other."""
    mode_sandbox.switch(
        view_count="null", report_nulls="name,nonsense", creator="absent", archived="absent_on_datasets"
    )
    row = api.get(f"reports/{report.token}").json
    assert (row["view_count"], row["name"], row["archived"]) == (None, None, False)
    assert "creator" not in row["_links"]
    dataset = mode_sandbox.add_report(type="DatasetReport")
    row = api.get(f"datasets/{dataset.token}").json
    assert "archived" not in row
    assert row["collection_token"] == dataset.collection


@pytest.mark.parametrize(("how", "counts"), [("none", (7, 7)), ("single", (8, 8)), ("all", (8, 9))])
def test_reads_may_count_as_views(
    api: Any, mode_sandbox: Sandbox, report: Report, how: str, counts: tuple[int, int]
) -> None:
    """Of single reports, or of lists as well."""
    mode_sandbox.switch(reads_as_views=how)
    assert api.get(f"reports/{report.token}").json["view_count"] == counts[0]
    assert _listed(api, report)["view_count"] == counts[1]


def test_archive_and_unarchive(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Hidden and shown again, twice without harm, unless the switch says otherwise."""
    path = f"reports/{report.token}"
    assert api("PATCH", f"{path}/archive").json["archived"] is True
    assert api("PATCH", f"{path}/archive").status == 200
    assert api.get(path).json["archived"] is True
    mode_sandbox.switch(archive_status="202", archive_twice="400")
    assert api("PATCH", f"{path}/archive").json["message"] == "report is already archived"
    assert api("PATCH", f"{path}/unarchive").status == 202
    assert api("PATCH", f"{path}/unarchive").json["message"] == "report is not archived"
    kinds = [change.kind for change in mode_sandbox.state.changes if change.report == report.token]
    assert kinds[-3:] == ["archive", "archive", "unarchive"]


def test_patch(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Name and description are edits, a move is not; what cannot be is refused."""
    path, before = f"reports/{report.token}", report.edited_at
    target = mode_sandbox.add_collection("Target")
    moved = api("PATCH", path, {"report": {"space_token": target.token}})
    assert (moved.status, moved.json["space_token"]) == (202, target.token)
    assert report.edited_at == before
    mode_sandbox.switch(patch_status="200")
    mode_sandbox.advance("1h")
    assert api("PATCH", path, {"report": {"name": "New"}}).status == 200
    assert (report.name, report.description) == ("New", "All of them")
    assert report.edited_at != before
    assert api("PATCH", path, {"report": {"name": "x" * 65}}).status == 400
    assert api("PATCH", path, {"name": "x"}).json["id"] == "param_missing"
    assert api("PATCH", path, {"report": {"space_token": "nope"}}).json["message"] == "space not found"
    restricted = next(one for one in mode_sandbox.state.collections.values() if one.restricted)
    mode_sandbox.set_record(report, creator=list(mode_sandbox.state.members)[1])
    body = {"report": {"space_token": restricted.token}}
    assert api("PATCH", path, body, auth=api.member).status == 404
    mode_sandbox.app.workspace.collections[target.token].state = "soft_deleted"
    assert api("PATCH", path, {"report": {"space_token": target.token}}).status == 404


def test_settings_and_github(api: Any, report: Report) -> None:
    """Only known settings are taken."""
    body = {"report": {"theme": 4, "full_width": True, "layout": "x"}}
    changed = api("PATCH", f"reports/{report.token}/update_settings", body).json
    assert (changed["theme_id"], changed["full_width"]) == (4, True)
    assert changed["layout"] != "x"
    assert api("PATCH", f"reports/{report.token}/sync_to_github", {"commit_message": "x"}).status == 200


@pytest.mark.parametrize("status", ["200", "204"])
def test_delete(api: Any, mode_sandbox: Sandbox, report: Report, status: str) -> None:
    """For good, with its schedules and queries; no body."""
    mode_sandbox.switch(delete_report_status=status)
    api("POST", f"reports/{report.token}/queries", {"query": {"raw_query": "select 1", "data_source_id": 1}})
    answer = api("DELETE", f"reports/{report.token}")
    assert (answer.status, answer.body) == (int(status), b"")
    assert api.get(f"reports/{report.token}").json["message"] == "report not found"
    assert not any(one.report == report.token for one in mode_sandbox.state.schedules.values())


def test_create(api: Any, mode_sandbox: Sandbox) -> None:
    """An untitled report, in one's own collection or in the one named."""
    made = api("POST", "reports")
    assert (made.status, made.json["name"]) == (201, None)
    assert mode_sandbox.state.collections[made.json["space_token"]].personal
    shared = mode_sandbox.add_collection("Shared").token
    assert api("POST", "reports", {"report": {"space_token": shared}}).json["space_token"] == shared
    form = api("POST", "reports", b"a=b", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert form.status == 201


def test_purge(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Results go, runs stay; the date must be a day past."""
    run = mode_sandbox.run(report)
    day = run.created_at.date()
    for body in ({}, {"time": "soon"}, {"time": day.isoformat()}):
        assert api("POST", "reports/purge", body).status == 400
    mode_sandbox.advance("3d")
    results = f"reports/{report.token}/runs/{run.token}/results/content.csv"
    api("POST", f"reports/{report.token}/queries", {"query": {"raw_query": "select 1"}})
    assert api.get(results).status == 200
    assert api("POST", f"reports/purge?time={day.isoformat()}").status == 202
    assert api.get(results).status == 200
    end = day + timedelta(days=2)
    assert api("POST", "reports/purge", {"time": day.isoformat(), "end_time": end.isoformat()}).status == 202
    assert api.get(results).json["message"] == "run results not found"
    assert api.get(f"reports/{report.token}/runs/{run.token}").json["purge_completed_at"] is not None
    source = next(iter(mode_sandbox.state.data_sources))
    assert api("POST", f"data_sources/{source}/purge", {"time": "2020-01-01"}).status == 202
    assert (
        api("POST", "data_sources/nope/purge", {"time": "2020-01-01"}).json["message"]
        == "data source not found"
    )
    assert api("POST", "reports/purge", {"time": "2020-01-01"}, auth=api.member).status == 401
