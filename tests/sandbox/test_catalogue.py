from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.model import Report


@pytest.fixture
def report(mode_sandbox: Sandbox) -> Report:
    """A report of the seed with a chart."""
    reports = [one for one in mode_sandbox.state.reports.values() if not one.is_dataset]
    return next(one for one in reports if any(query.charts for query in one.queries))


def test_queries_and_charts(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """All at once on every page, and the report in a query's path is not checked."""
    path = f"reports/{report.token}/queries"
    rows = api.get(path).rows("queries")
    assert rows == api.get(f"{path}?page=2").rows("queries")
    assert [row["token"] for row in rows] == [query.token for query in report.queries]
    query = next(one for one in report.queries if one.charts)
    assert api.get(f"reports/nope/queries/{query.token}").json["raw_query"] == query.raw_query
    charts = api.get(f"{path}/{query.token}/charts").rows("charts")
    assert charts[0]["view_vegas"]["title"] == query.charts[0].title
    assert api.get(f"{path}/{query.token}/charts/{query.charts[-1].token}").json == charts[-1]
    assert api.get(f"{path}/{query.token}/charts/nope").json["message"] == "chart not found"
    assert api.get(f"{path}/nope").json["message"] == "query not found"
    mode_sandbox.switch(query_creator="absent")
    assert "creator" not in api.get(f"{path}/{query.token}").json["_links"]


def test_queries_are_written(api: Any, mode_sandbox: Sandbox) -> None:
    """POST, PATCH and DELETE; the SQL is required."""
    report = mode_sandbox.add_report()
    path = f"reports/{report.token}/queries"
    source = list(mode_sandbox.state.data_sources.values())[1]
    made = api("POST", path, {"query": {"raw_query": "select 1", "data_source_id": str(source.id)}}).json
    assert (made["name"], made["data_source_id"], made["last_run_id"]) == ("Query 1", source.id, None)
    assert api("PATCH", f"{path}/{made['token']}", {"query": {"name": "One"}}).json["raw_query"] == "select 1"
    assert api("POST", path, {"query": {"name": "x"}}).json["id"] == "param_missing"
    assert api("DELETE", f"{path}/{made['token']}").status == 200
    assert api.get(path).rows("queries") == []
    run = mode_sandbox.run(report)
    mode_sandbox.advance(5)
    assert api.get(f"reports/{report.token}/runs/{run.token}/results/content.csv").status == 404
    assert api.get(f"reports/{report.token}").json["query_preview"] is None


def test_data_sources(api: Any, mode_sandbox: Sandbox) -> None:
    """A report stands in the list once for each of its queries."""
    rows = api.get("data_sources?limit=1").rows("data_sources")
    assert len(rows) == 3
    for row in rows:
        assert api.get(f"data_sources/{row['token']}").json == row
        listed: list[str] = []
        while page := api.get(f"data_sources/{row['token']}/reports?page={len(listed) // 30 + 1}").rows(
            "reports"
        ):
            listed += [one["token"] for one in page]
            if len(page) < 30:
                break
        expected = [
            one.token
            for one in mode_sandbox.state.reports.values()
            for query in one.queries
            if query.data_source == row["token"] and not one.is_dataset
        ]
        assert listed == expected
        assert len(set(listed)) < len(listed)
        datasets = [one["token"] for one in api.get(f"data_sources/{row['token']}/datasets").rows("reports")]
        assert len(set(datasets)) == len(datasets)
    assert api.get("data_sources/nope").json["message"] == "data source not found"
    path = f"data_sources/{rows[0]['token']}/permissions"
    given = {"action": "query", "accessor_type": "UserGroup", "accessor_token": "abc"}
    made = api("POST", path, {"permission": given}).json
    assert api.get(path).rows("data_source_entitlements") == [made]


def test_definitions(api: Any, mode_sandbox: Sandbox) -> None:
    """Read, written, and listed by token; the edit form has Mode's slip."""
    rows = api.get("definitions").rows("definitions")
    assert rows[0]["_forms"]["edit"]["input"]["definition"]["data_source_id"]["value"] == rows[0]["id"]
    made = api("POST", "definitions", {"definition": {"name": "new", "source": "select 1"}}).json
    path = f"definitions/{made['token']}"
    assert api("PATCH", path, {"definition": {"description": "d"}}).json["source"] == "select 1"
    assert api.get(path).json["description"] == "d"
    some = api.get(f"definitions?filter=by_tokens&tokens={made['token']},nope").rows("definitions")
    assert [row["token"] for row in some] == [made["token"]]
    assert api("DELETE", path).status == 200
    assert api.get(path).json["message"] == "definition not found"


def test_datasets(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """By their own routes, with their importers and fields; a report is no dataset."""
    dataset = mode_sandbox.add_report(name="Rows", type="DatasetReport")
    mode_sandbox.set_record(report, imports=[dataset.token])
    path = f"datasets/{dataset.token}"
    assert api.get(path).json["type"] == "DatasetReport"
    assert api.get(f"{path}/reports").rows("reports")[0]["token"] == report.token
    assert [row["name"] for row in api.get(f"{path}/fields").rows("fields")] == ["day", "value"]
    assert api("PATCH", path, {"report": {"name": "Newer"}}).json["name"] == "Newer"
    assert api.get(f"datasets/{report.token}").json["message"] == "dataset not found"
    assert api("DELETE", path).status == 200
    assert api.get(f"reports/{report.token}").json["imported_datasets"] == []


@pytest.mark.parametrize(
    ("kind", "wrapper", "key"),
    [
        ("reports/{}/filters", "report_filter", "report_filters"),
        ("datasets/{}/field_descriptions", "field_description", "field_descriptions"),
    ],
)
def test_filters_and_field_descriptions(
    api: Any, mode_sandbox: Sandbox, kind: str, wrapper: str, key: str
) -> None:
    """Made, read, changed and deleted, wrapped or flat."""
    dataset = mode_sandbox.add_report(type="DatasetReport")
    path = kind.format(dataset.token)
    made = api("POST", path, {wrapper: {"name": "region"}}).json
    flat = api("POST", path, {"name": "day"}).json
    assert api.get(path).rows(key) == [made, flat]
    assert api("PATCH", f"{path}/{made['token']}", {wrapper: {"desc": "d"}}).json["desc"] == "d"
    assert api.get(f"{path}/{made['token']}").json["name"] == "region"
    assert api("DELETE", f"{path}/{made['token']}").status == 200
    assert api.get(f"{path}/{made['token']}").status == 404
