"""pymode 1.3.0, written in 2020 against Mode itself: each of its calls, and what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox


def test_collections(py_mode: Any, mode_sandbox: Sandbox) -> None:
    """Listed, read, made and deleted; changing them by POST is a route that Mode does not have."""
    requests = pytest.importorskip("requests")
    state = mode_sandbox.state
    listed = py_mode.list_spaces(filter="all").json()["_embedded"]["spaces"]
    assert {one["token"] for one in listed} == set(state.collections)
    for token, record in list(state.collections.items()):
        assert py_mode.get_space(space_token=token).json()["name"] == record.name
    made = py_mode.create_space(space_type="custom", name="Board", description="What matters").json()
    assert state.collections[made["token"]].description == "What matters"
    with pytest.raises(requests.HTTPError, match="404"):
        py_mode.update_space(space_token=made["token"], space_type="custom", name="Council")
    joined = py_mode.create_space_membership(
        space_token=made["token"], member_type="User", member_token=state.admin.token
    ).json()
    within = {"space_token": made["token"]}
    (row,) = py_mode.list_space_memberships(**within).json()["_embedded"]["space_memberships"]
    assert row["member_token"] == state.admin.token
    assert py_mode.get_space_membership(space_membership_token=joined["token"], **within).json() == row
    py_mode.delete_space_membership(membership_token=joined["token"], **within)
    py_mode.delete_space(space_token=made["token"])
    assert state.collections[made["token"]].state == "soft_deleted"


def test_members(py_mode: Any, mode_sandbox: Sandbox) -> None:
    """Listed with a workspace key, read and removed; inviting is for members' keys."""
    requests = pytest.importorskip("requests")
    state = mode_sandbox.state
    rows = py_mode.list_memberships().json()["_embedded"]["memberships"]
    assert {one["member_username"] for one in rows} == {one.username for one in state.present_members()}
    assert py_mode.get_membership(membership_token=rows[-1]["token"]).json() == rows[-1]
    py_mode.delete_membership(membership_token=rows[-1]["token"])
    assert state.members[rows[-1]["member_username"]].left
    with pytest.raises(requests.HTTPError, match="403"):
        py_mode.create_invite(invitee_email="newcomer@example.com", message="Welcome")


@pytest.mark.mode_sandbox(reports=200, collections=6)
def test_reports_by_the_cookbook(py_mode: Any, mode_sandbox: Sandbox) -> None:
    """Page after page while each holds 30: the loop that Mode's own cookbook shows finds every report."""
    state = mode_sandbox.state
    met = []
    for space in py_mode.list_spaces(filter="all").json()["_embedded"]["spaces"]:
        page = 1
        while True:
            reply = py_mode.list_reports(space_token=space["token"], page=page)
            rows = reply.json()["_embedded"]["reports"]
            met += [row["token"] for row in rows]
            if len(rows) != 30:
                break
            page += 1
    assert sorted(met) == sorted(one.token for one in state.reports.values() if not one.is_dataset)


def test_the_life_of_a_report(py_mode: Any, mode_sandbox: Sandbox) -> None:
    """Renamed, archived, unarchived and deleted."""
    state = mode_sandbox.state
    report = next(one for one in state.reports.values() if not one.archived)
    named = {"report_token": report.token}
    assert py_mode.get_report(**named).json()["view_count"] == report.view_count
    assert py_mode.update_report(name="Weekly", **named).json()["name"] == report.name == "Weekly"
    assert py_mode.archive_report(**named).json()["archived"] is report.archived is True
    assert py_mode.unarchive_report(**named).json()["archived"] is report.archived is False
    py_mode.delete_report(**named)
    assert report.token not in state.reports


@pytest.mark.mode_sandbox(reports=60, frozen=True)
def test_runs(py_mode: Any, mode_sandbox: Sandbox) -> None:
    """Started, read with what each query found, and refused where a workspace key may not."""
    requests = pytest.importorskip("requests")
    report = next(one for one in mode_sandbox.state.reports.values() if len(one.queries) == 1)
    named = {"report_token": report.token}
    run = py_mode.create_report_run(region="eu", **named)
    assert run.status_code == 202
    mode_sandbox.advance(timedelta(minutes=1))
    named["report_run_token"] = run.json()["token"]
    assert py_mode.get_report_run(**named).json()["parameters"] == {"region": "eu"}
    runs = py_mode.list_report_runs(report_token=report.token).json()["_embedded"]["report_runs"]
    assert runs[0]["token"] == named["report_run_token"]
    (row,) = py_mode.list_query_runs(**named).json()["_embedded"]["query_runs"]
    assert py_mode.get_query_run(query_run_token=row["token"], **named).json()["state"] == "succeeded"
    for form in ("csv", "json"):
        one = py_mode.get_query_run_results(query_run_token=row["token"], file_type=form, **named)
        assert one.content == py_mode.get_report_run_results(file_type=form, **named).content
    with pytest.raises(requests.HTTPError, match="404"):  # the path of a PDF has changed since 2020
        py_mode.get_report_run_pdf(**named)
    with pytest.raises(requests.HTTPError, match="403"):
        py_mode.clone_report_run(**named)


def test_queries(py_mode: Any, mode_sandbox: Sandbox) -> None:
    """Listed, read, made and deleted."""
    state = mode_sandbox.state
    report = next(one for one in state.reports.values() if one.queries)
    named = {"report_token": report.token}
    rows = py_mode.list_queries(**named).json()["_embedded"]["queries"]
    assert [one["token"] for one in rows] == [one.token for one in report.queries]
    assert py_mode.get_query(query_token=rows[0]["token"], **named).json() == rows[0]
    source = next(iter(state.data_sources.values()))
    made = py_mode.create_query(data_source_id=str(source.id), raw_query="select 1", **named).json()
    assert report.queries[-1].raw_query == "select 1"
    py_mode.delete_query(query_token=made["token"], **named)
    assert made["token"] not in state.queries
