import io
import zipfile
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.model import Report


@pytest.fixture
def report(mode_sandbox: Sandbox) -> Report:
    """A report of the seed with several queries."""
    return next(
        one for one in mode_sandbox.state.reports.values() if len(one.queries) > 1 and not one.is_dataset
    )


def test_a_run_by_api(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Enqueued at first, then succeeded; nobody's schedule started it."""
    made = api("POST", f"reports/{report.token}/runs", {"parameters": {"region": "eu"}})
    assert (made.status, made.json["state"], made.json["parameters"]) == (202, "enqueued", {"region": "eu"})
    assert "report_schedule" not in made.json["_links"]
    assert made.json["_links"]["executed_by"]["href"] == f"/api/{mode_sandbox.state.admin.username}"
    mode_sandbox.advance(10)
    path = made.json["_links"]["self"]["href"]
    done = api.get(path).json
    assert (done["state"], done["is_latest_successful_report_run"]) == ("succeeded", True)
    assert "_forms" not in done
    shown = api.get(f"reports/{report.token}").json
    assert shown["_links"]["last_run"]["href"] == shown["_links"]["last_successful_run"]["href"] == path
    assert api.get(f"reports/{report.token}/runs/nope").json["message"] == "report run not found"


def test_lists_of_runs(api: Any, mode_sandbox: Sandbox) -> None:
    """20 a page by default, 30 at most, newest first; a filter breaks it."""
    report = mode_sandbox.add_report()
    for _ in range(45):
        mode_sandbox.advance(60)
        mode_sandbox.run(report)
    page = api.get(f"reports/{report.token}/runs?page=2").json
    assert page["pagination"] == {"page": 2, "per_page": 20, "count": 20, "total_pages": 3, "total_count": 45}
    rows = api.get(f"reports/{report.token}/runs?per_page=99").rows("report_runs")
    assert len(rows) == 30
    assert [row["created_at"] for row in rows] == sorted((row["created_at"] for row in rows), reverse=True)
    assert api.get(f"reports/{report.token}/runs?filter=x").status == 500
    assert api.get(f"reports/{report.token}/runs/{report.runs[0].token}").status == 200


def test_a_failed_run_says_why_in_its_query_runs(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """The run only says that it failed."""
    mode_sandbox.switch(run_seconds=0)
    run = mode_sandbox.run(report, outcome="failed", error="division by zero")
    path = f"reports/{report.token}/runs/{run.token}"
    shown = api.get(path).json
    assert (shown["state"], shown["report_has_failures_since_last_success"]) == ("failed", True)
    failed, *others = api.get(f"{path}/query_runs").rows("query_runs")
    assert (failed["state"], failed["error_type"], failed["error_message"]) == (
        "failed",
        "generic",
        "division by zero",
    )
    assert {other["state"] for other in others} == {"succeeded"}
    assert api.get(f"{path}/query_runs/{failed['token']}").json == failed
    assert api.get(f"{path}/query_runs/nope").json["message"] == "query run not found"
    assert api.get(f"{path}/results/content.csv").json["message"] == "run results not found"


def test_a_run_that_never_ends_is_cancelled_by_its_form(
    api: Any, mode_sandbox: Sandbox, report: Report
) -> None:
    """Where the form is offered; what is over cannot be cancelled."""
    run = mode_sandbox.run(report, outcome="never")
    path = f"reports/{report.token}/runs/{run.token}"
    mode_sandbox.advance("30d")
    shown = api.get(path).json
    assert (shown["state"], shown["completed_at"]) == ("pending", None)
    assert api.get(f"{path}/query_runs").rows("query_runs")[0]["state"] == "pending"
    form = shown["_forms"]["cancel"]
    assert api(form["method"].upper(), form["action"]).json["state"] == "cancelled"
    assert api(form["method"].upper(), form["action"]).json["message"] == "report run is not running"
    mode_sandbox.switch(run_cancel="absent")
    assert "_forms" not in api.get(f"{path[: -len(run.token)]}{mode_sandbox.run(report).token}").json


def test_a_run_by_schedule_is_cancelled(api: Any, mode_sandbox: Sandbox) -> None:
    """And stays so."""
    report = mode_sandbox.add_report()
    mode_sandbox.switch(run_seconds=3600)
    mode_sandbox.add_schedule(report, cron={"freq": "hourly"})
    mode_sandbox.advance("5h")
    row = api.get(f"reports/{report.token}/runs").rows("report_runs")[0]
    assert row["state"] in {"enqueued", "pending"}
    assert api("PUT", row["_forms"]["cancel"]["action"]).json["state"] == "cancelled"
    assert api.get(row["_links"]["self"]["href"]).json["state"] == "cancelled"
    older = api.get(f"reports/{report.token}/runs").rows("report_runs")[3]
    assert api.get(older["_links"]["self"]["href"]).json["token"] == older["token"]


def test_datasets_are_refreshed_with_a_report(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """The other body of a run; datasets also run by themselves."""
    dataset = next(one for one in mode_sandbox.state.reports.values() if one.is_dataset)
    before = dataset.runs_count
    body = {"report": {"dataset_tokens": [{"token": dataset.token}]}}
    assert api("POST", f"reports/{report.token}/runs", body).status == 202
    assert dataset.runs_count == before + 1
    made = api("POST", f"datasets/{dataset.token}/runs").json
    assert api.get(f"datasets/{dataset.token}/runs/{made['token']}").status == 200
    assert api.get(f"datasets/{dataset.token}/runs").rows("report_runs")[0]["token"] == made["token"]
    assert api("POST", f"reports/{report.token}/runs", {"parameters": [1]}).status == 400


def test_options_and_clones(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Clones are for members, and land in their own collection."""
    run = mode_sandbox.run(report)
    path = f"reports/{report.token}/runs/{run.token}"
    assert api.get(f"{path}/options").rows("form_fields") == []
    assert api("POST", f"{path}/clone").status == 403
    report.name = None
    copy = api("POST", f"{path}/clone", auth=api.member).json
    assert (copy["name"], copy["query_count"]) == ("Copy of Untitled", len(report.queries))
    assert mode_sandbox.state.collections[copy["space_token"]].personal


def _done(mode_sandbox: Sandbox, report: Report) -> str:
    run = mode_sandbox.run(report)
    mode_sandbox.advance(10)
    return f"reports/{report.token}/runs/{run.token}"


def test_results(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """CSV of several queries is an archive, JSON the first query's rows; a query by itself is text."""
    path = _done(mode_sandbox, report)
    mode_sandbox.switch(result_rows=6000)
    packed = api.get(f"{path}/results/content.csv")
    assert packed.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(packed.body)) as archive:
        assert len(archive.namelist()) == len(report.queries)
        assert archive.read("Query 1.csv").count(b"\n") == 6001
    rows = api.get(f"{path}/results/content.json").json
    assert len(rows) == 6000
    assert {row["query"] for row in rows} == {report.queries[0].token}
    second = api.get(f"{path}/query_runs").rows("query_runs")[1]
    own = second["_links"]["content"]["href"]
    text = api.get(own)
    assert text.headers["content-type"].startswith("text/csv")
    assert text.headers["content-disposition"].endswith('.csv"')
    assert text.body.count(report.queries[1].token.encode()) == 6000
    assert len(api.get(own.replace("content.csv", "content.json")).json) == 6000
    mode_sandbox.switch(results_csv="csv")
    assert api.get(f"{path}/results/content.csv").body.startswith(b"day,query,value\n")
    mode_sandbox.switch(results_csv="zip", result_rows=1)
    assert api.get(f"{path}/results/content.csv").headers["content-type"] == "application/zip"


def test_half_of_a_stream(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """A fault cuts what is streamed as well."""
    path = _done(mode_sandbox, report)
    mode_sandbox.switch(results_csv="csv", result_rows=20000)
    whole = len(api.get(f"{path}/results/content.csv").body)
    mode_sandbox.fault("wrong_length")
    assert len(api.get(f"{path}/results/content.csv").body) == whole // 2


@pytest.mark.parametrize("how", ["same_host", "other_host"])
@pytest.mark.parametrize("what", ["results", "query_runs"])
def test_results_by_redirect(api: Any, mode_sandbox: Sandbox, report: Report, how: str, what: str) -> None:
    """To signed storage, which takes no credentials besides."""
    path = _done(mode_sandbox, report)
    if what == "query_runs":
        path = f"{path}/query_runs/{api.get(f'{path}/query_runs').rows('query_runs')[0]['token']}"
    direct = api.get(f"{path}/results/content.json").json
    mode_sandbox.switch(results_redirect=how)
    answer = api.get(f"{path}/results/content.json")
    assert (answer.status, answer.body) == (302, b"")
    target = urlsplit(answer.headers["location"])
    assert target.hostname == ("127.0.0.1" if how == "same_host" else "localhost")
    there = f"{target.path}?{target.query}"
    assert api.get(there, auth=None).json == direct
    assert api.get(there).json["message"] == "only one auth mechanism allowed: the signature"
    assert api.get(there.replace("signature=sandbox", ""), auth=None).status == 400
    assert [one.status for one in mode_sandbox.requests if one.key == "storage"] == [200, 400, 400]
    back = api.get(f"{path}/results/content.json", headers={"Host": "localhost:1"}).headers["location"]
    assert back.startswith("http://localhost:1/" if how == "same_host" else "http://127.0.0.1:1/")


def test_pdf(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """The first look starts the rendering; the download is there when the job says so."""
    path = f"reports/{report.token}/exports/runs/{mode_sandbox.run(report).token}"
    assert api.get(f"{path}/pdf/download").json["message"] == "export not yet generated"
    states = [api.get(f"{path}/pdf.pdf").json for _ in range(3)]
    assert [state["state"] for state in states] == ["new", "requested", "completed"]
    assert "download" not in states[1]["_links"]
    answer = api.get(states[2]["_links"]["download"]["href"])
    assert answer.body.startswith(b"%PDF")
    assert api.get(f"{path}/pdf/download.pdf").status == 200
