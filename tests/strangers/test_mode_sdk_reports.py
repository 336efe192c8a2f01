"""mode-sdk on reports, runs and queries: it sees and does what the sandbox's state says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.auth import key_member
from airflow_provider_mode.sandbox.workspace import Caller


def test_who_the_key_is(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Verification, the workspace and the person behind the key."""
    found = sdk.verify()
    assert (found.workspace, found.workspace_token) == ("acme", mode_sandbox.state.token)
    assert found.api_key_scope == "workspace"
    assert sdk.workspace.get().token == mode_sandbox.state.token
    assert sdk.workspace.get().data_source_count == len(mode_sandbox.state.data_sources)
    assert sdk.workspace.account().username == mode_sandbox.state.admin.username


@pytest.mark.mode_sandbox(reports=200, collections=8)
@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"past_end": "repeat", "ids": "string"},
        {"collection_counters": "absent", "imported_datasets": "listed"},
        {"datasets_in_reports": "present", "view_count": "null"},
    ],
)
def test_every_report_of_every_collection(
    sdk: Any, mode_sandbox: Sandbox, switches: dict[str, object]
) -> None:
    """A walk of the workspace finds what is there: once, in its place, with its counts and times."""
    mode_sandbox.switch(**switches)
    state = mode_sandbox.state
    spaces = sdk.spaces.list(filter="all").list()
    assert {one.token for one in spaces} == set(state.collections)
    met = []
    for space in spaces:
        for report in sdk.reports.list(space=space):
            record = state.reports[report.token]
            assert record.collection == space.token == report.space_token
            assert (report.name, report.archived, report.public) == (
                record.name,
                record.archived,
                record.public,
            )
            assert report.schedules_count == len(record.schedules)
            assert report.runs_count == record.runs_count
            assert report.view_count == (None if "view_count" in switches else record.view_count)
            assert report.created_at == record.created_at
            assert report.edited_at == record.edited_at
            assert report.last_run_at == record.last_run_at
            met.append(report.token)
    expected = [
        one for one in state.reports.values() if switches.get("datasets_in_reports") or not one.is_dataset
    ]
    assert sorted(met) == sorted(one.token for one in expected)


def test_collections_by_filter(sdk: Any, member_sdk: Any, mode_sandbox: Sandbox) -> None:
    """`all`, `custom` and `mine` select as Mode does; a member sees no stranger's personal collection."""
    state = mode_sandbox.state
    shared = {one.token for one in state.collections.values() if not one.personal}
    assert {one.token for one in sdk.spaces.list(filter="custom")} == shared
    assert {one.token for one in sdk.spaces.list()} == shared
    mine = {one.token for one in state.collections.values() if one.creator == state.admin.username}
    assert {one.token for one in sdk.spaces.list(filter="mine")} == mine
    me = key_member(state)
    visible = {
        one.token for one in state.collections.values() if state.sees(Caller("member", "", me.username), one)
    }
    assert {one.token for one in member_sdk.spaces.list(filter="all")} == visible
    assert {one.creator for one in state.collections.values() if one.personal and one.token in visible} == {
        me.username
    }


def test_the_life_of_a_collection(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Made, changed, peopled, emptied and deleted."""
    errors = pytest.importorskip("mode_sdk.errors")
    made = sdk.spaces.create("Board", description="What matters", space_type="custom")
    record = mode_sandbox.state.collections[made.token]
    assert (record.name, record.description) == ("Board", "What matters")
    changed = sdk.spaces.update(made, name="Council", default_access_level="restricted")
    assert (changed.name, record.name, record.access) == ("Council", "Council", "restricted")
    member = next(iter(mode_sandbox.state.members.values()))
    joined = sdk.space_memberships.add(made, member.token)
    assert sdk.space_memberships.get(made, joined).member_token == member.token
    assert [one.token for one in sdk.space_memberships.list(made)] == list(record.members) == [joined.token]
    sdk.space_memberships.remove(made, joined)
    assert not record.members
    sdk.spaces.delete(made)
    assert record.state == "soft_deleted"
    assert made.token not in {one.token for one in sdk.spaces.list(filter="all")}
    with pytest.raises(errors.PermissionDeniedError):
        sdk.spaces.get(made)
    home = mode_sandbox.state.home(member.username)
    with pytest.raises(errors.BadRequestError, match="Invalid space"):
        sdk.space_memberships.list(home.token)


def test_the_life_of_a_report(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Made in three requests, moved, archived, unarchived and deleted; the log of changes tells the same."""
    state = mode_sandbox.state
    shared = [one.token for one in state.collections.values() if not one.personal and not one.restricted]
    source = next(iter(state.data_sources.values()))
    begin = len(state.changes)
    made = sdk.reports.create(
        shared[0],
        "Weekly",
        [{"raw_query": "select 1", "data_source_id": source.id}],
        description="By week",
    )
    record = state.reports[made.token]
    assert (record.name, record.description, record.collection) == ("Weekly", "By week", shared[0])
    assert [query.raw_query for query in record.queries] == ["select 1"]
    assert sdk.reports.update(made, space_token=shared[1]).space_token == record.collection == shared[1]
    assert made.token in {one.token for one in sdk.spaces.reports(shared[1])}
    assert sdk.reports.archive(made).archived is record.archived is True
    assert sdk.reports.get(made).archived is True
    assert sdk.reports.unarchive(made).archived is record.archived is False
    sdk.reports.delete(made)
    assert made.token not in state.reports
    kinds = [change.kind for change in state.changes[begin:]]
    assert kinds == [
        "create_report", "patch_report", "create_query", "patch_report", "archive", "unarchive",
        "delete_report",
    ]  # fmt: skip
    errors = pytest.importorskip("mode_sdk.errors")
    for call in (sdk.reports.get, sdk.reports.archive, sdk.reports.delete):
        with pytest.raises(errors.NotFoundError):
            call(made)
    with pytest.raises(errors.BadRequestError):
        sdk.reports.update(next(iter(state.reports)), extra_body={"name": "x" * 65})


def test_a_name_too_long_leaves_no_report(sdk: Any, mode_sandbox: Sandbox) -> None:
    """What fails half way is rolled back by the client, and the sandbox lets it."""
    errors = pytest.importorskip("mode_sdk.errors")
    before = set(mode_sandbox.state.reports)
    with pytest.raises(errors.NotFoundError):
        sdk.reports.create("000000000000", "Weekly", [])
    assert set(mode_sandbox.state.reports) == before


@pytest.mark.mode_sandbox(reports=60, frozen=True)
def test_a_run_from_start_to_results(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Started, waited for, read as rows, and counted."""
    report = next(one for one in mode_sandbox.state.reports.values() if len(one.queries) == 1)
    count = report.runs_count
    run = sdk.reports.run(report.token, parameters={"region": "eu"})
    assert run.state == "enqueued"
    assert not run.is_terminal
    mode_sandbox.advance(timedelta(minutes=1))
    run = sdk.report_runs.wait(report.token, run, interval=0.0)
    assert run.succeeded
    assert run.parameters == {"region": "eu"}
    assert report.runs_count == count + 1
    listed = sdk.report_runs.list(report.token)
    assert listed.total_count == len(listed.list())
    assert listed.first_page()[0].token == run.token
    (query_run,) = sdk.query_runs.list(report.token, run).list()
    assert query_run.query_token == report.queries[0].token
    assert sdk.query_runs.get(report.token, run, query_run).state == "succeeded"
    rows = sdk.query_runs.results(report.token, run, query_run).splitlines()
    assert len(rows) == 1 + 12
    assert len(sdk.report_runs.results(report.token, run, format="json").text) > 100
    assert next(iter(sdk.report_runs.results_tables(report.token, run).values())).splitlines() == rows
    assert sdk.report_runs.form_fields(report.token, run).list() == []
    sdk.reports.purge(str(mode_sandbox.now.date() - timedelta(days=1)), in_progress=False)
    assert mode_sandbox.state.changes[-1].kind == "purge"


def test_a_run_that_fails_says_why(sdk: Any, mode_sandbox: Sandbox) -> None:
    """The reason stands with the query, and the client finds it."""
    report = next(one for one in mode_sandbox.state.reports.values() if one.queries)
    mode_sandbox.run(report, outcome="failed", error="division by zero")
    mode_sandbox.advance(timedelta(minutes=1))
    run = sdk.report_runs.list(report.token).first_page()[0]
    assert run.state == "failed"
    assert "division by zero" in sdk.report_runs.failure_detail(report.token, run)


def test_several_queries_come_as_an_archive(sdk: Any, mode_sandbox: Sandbox) -> None:
    """One table for each query, and a PDF after it was rendered."""
    report = next(
        one for one in mode_sandbox.state.reports.values() if len(one.queries) > 1 and one.last_success
    )
    assert report.last_success is not None
    tables = sdk.exports.report_run_tables(report.token, report.last_success.token)
    assert len(tables) == len(report.queries)
    pdf = sdk.exports.pdf(report.token, report.last_success.token, interval=0.0)
    assert pdf.content.startswith(b"%PDF")
    assert pdf.media_type == "application/pdf"


@pytest.mark.parametrize("redirect", ["same_host", "other_host"])
def test_results_by_redirect(sdk: Any, mode_sandbox: Sandbox, redirect: str) -> None:
    """A client that follows redirects and keeps its key to itself gets the rows."""
    mode_sandbox.switch(results_redirect=redirect, results_csv="csv")
    report = next(one for one in mode_sandbox.state.reports.values() if one.last_success)
    assert report.last_success is not None
    if redirect == "same_host":  # this client sends its key along, which signed storage refuses
        errors = pytest.importorskip("mode_sdk.errors")
        with pytest.raises(errors.BadRequestError, match="only one auth mechanism"):
            sdk.exports.report_run(report.token, report.last_success.token)
        return
    found = sdk.exports.report_run(report.token, report.last_success.token)
    assert found.text.splitlines()[0] == "day,query,value"


def test_cloning_is_for_members(sdk: Any, member_sdk: Any, mode_sandbox: Sandbox) -> None:
    """A workspace key may not; a member's copy lands in the member's own collection."""
    errors = pytest.importorskip("mode_sdk.errors")
    report = next(
        one
        for one in mode_sandbox.state.reports.values()
        if one.last_run
        and not mode_sandbox.state.collections[one.collection].personal
        and not mode_sandbox.state.collections[one.collection].restricted
    )
    run = report.last_run.token if report.last_run else ""
    with pytest.raises(errors.PermissionDeniedError):
        sdk.report_runs.clone(report.token, run)
    copy = member_sdk.report_runs.clone(report.token, run)
    assert copy.name.startswith("Copy of ")
    assert mode_sandbox.state.collections[copy.space_token].personal
    with pytest.raises(errors.AuthenticationError):
        member_sdk.reports.purge("2020-01-01")


def test_filters_of_a_report(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Made, listed, changed and deleted."""
    report = next(iter(mode_sandbox.state.reports.values()))
    made = sdk.report_filters.create(
        report.token, name="Region", formula="[region]", data_type="string", filter_type="MULTI",
        control_type="LIST", variable_type="DISCRETE",
    )  # fmt: skip
    assert sdk.report_filters.get(report.token, made).name == "Region"
    assert sdk.report_filters.update(report.token, made, name="Area").name == "Area"
    assert [one.name for one in sdk.report_filters.list(report.token)] == ["Area"]
    sdk.report_filters.delete(report.token, made)
    assert not report.filters


def test_queries_and_charts(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Read and written by their own tokens, whatever report stands in the path."""
    state = mode_sandbox.state
    report = next(one for one in state.reports.values() if one.queries and one.queries[0].charts)
    other = next(token for token in state.reports if token != report.token)
    queries = sdk.queries.list(report.token).list()
    assert [one.token for one in queries] == [one.token for one in report.queries]
    assert sdk.queries.get(other, queries[0]).link("report").endswith(report.token)
    charts = sdk.charts.list(report.token, queries[0]).list()
    assert [one.token for one in charts] == [one.token for one in report.queries[0].charts]
    assert (
        sdk.charts.get(report.token, queries[0], charts[0]).chart_title == report.queries[0].charts[0].title
    )
    source = list(state.data_sources.values())[1]
    made = sdk.queries.create(report.token, "select 2", source.id, name="Second")
    assert report.queries[-1].data_source == source.token
    assert sdk.queries.update(report.token, made, raw_query="select 3").raw_query == "select 3"
    assert report.queries[-1].raw_query == "select 3"
    sdk.queries.delete(report.token, made)
    assert made.token not in state.queries
