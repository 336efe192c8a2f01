"""Results come as whole files, whatever their names, wherever they are stored, or not at all."""

from __future__ import annotations

import base64
import importlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, ObjectStoragePath

from airflow_provider_mode.hooks.failures import ChangesIncomplete, ReportRunFailed
from airflow_provider_mode.operators import ExportResultsOperator
from airflow_provider_mode.sandbox.model import Report
from bench.export import CSV, ZIP, serving
from bench.export import exported as exported_apart
from tests.operators.workspace import Mode
from tests.waiting import AIRFLOW_2

HOSTILE = [
    "../../etc/passwd",
    "/etc/cron.d/x",
    "..",
    "a/b.csv",
    "a\\b.csv",
    "C:\\x.csv",
    ".hidden",
    "Ä\n.csv",
]

EMPTY = b"PK\x05\x06" + bytes(18)
"""An archive without members."""


@pytest.fixture
def report(mode: Mode) -> Report:
    """A report of several queries that has run well."""
    mode.sandbox.switch(run_seconds=0, result_rows=3)
    found = next(each for each in mode.sandbox.state.reports.values() if len(each.queries) > 1)
    mode.sandbox.run(found, outcome="succeeded")
    return found


def exported(mode: Mode, report: Report, **parameters: Any) -> dict[str, dict[str, Any]]:
    """The files of an export by their names."""
    result = mode.run(ExportResultsOperator, mode.instance(), report=report.token, **parameters)
    assert list(result) == ["files"]
    json.dumps(result)
    return {file["uri"].rpartition("/")[2]: file for file in result["files"]}


def test_several_queries_give_a_file_each(mode: Mode, report: Report) -> None:
    """An archive becomes its members, with their rows and bytes."""
    files = exported(mode, report)
    assert len(files) == len(report.queries)
    folder = mode.output / "tidy" / "run" / "task"
    assert {path.name for path in folder.iterdir()} == {*files, "spent.json"} - {"spent.json"}
    for name, file in files.items():
        content = (folder / name).read_bytes()
        assert (file["rows"], file["bytes"]) == (3, len(content))
        assert content.startswith(b"day,query,value\n")


@pytest.mark.parametrize("redirect", ["none", "other_host"])
def test_one_file_of_csv(mode: Mode, report: Report, redirect: str) -> None:
    """Also where Mode sends on to signed storage, which refuses a request that brings a key."""
    mode.sandbox.switch(results_csv="csv", results_redirect=redirect)
    assert exported(mode, report)["results.csv"]["rows"] == 3


def test_json_of_several_queries_comes_by_query(mode: Mode, report: Report) -> None:
    """A run's own JSON holds the first query alone."""
    files = exported(mode, report, format="json")
    assert len(files) == len(report.queries)
    for file in files.values():
        held = json.loads(Path(file["uri"].removeprefix("file://")).read_bytes())
        assert len(held) == file["rows"] == 3
    queries = {
        row["query"] for file in files.values() for row in json.loads(Path(file["uri"][7:]).read_bytes())
    }
    assert queries == {query.token for query in report.queries}


def test_json_of_one_query(mode: Mode, report: Report) -> None:
    """One file, by a name that does not depend on the query's."""
    del report.queries[1:]
    assert list(exported(mode, report, format="json")) == ["results.json"]


def test_a_pdf_is_rendered_first(mode: Mode, report: Report) -> None:
    """It is asked for until it is there; it has bytes and no rows."""
    mode.sandbox.switch(pdf_polls=0)
    file = exported(mode, report, format="pdf")["report.pdf"]
    assert file["rows"] is None
    assert Path(file["uri"][7:]).read_bytes().startswith(b"%PDF")


def test_a_named_run_is_exported(mode: Mode, report: Report) -> None:
    """Not the last success, if another is named."""
    first = report.runs[-1]
    mode.sandbox.advance(60)
    mode.sandbox.run(report)
    mode.sandbox.clear_requests()
    exported(mode, report, report_run=first.token)
    paths = [each.target for each in mode.sandbox.requests]
    assert any(f"/runs/{first.token}/results/" in path for path in paths)


def archive(members: list[tuple[str, bytes]]) -> bytes:
    """A zip file, whatever the names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def answers(mode: Mode, content: bytes) -> None:
    """Let Mode answer with an archive of our making."""
    body = base64.b64encode(content).decode()
    headers = {"Content-Type": "application/zip"}
    mode.sandbox.fault(
        "status", path="*/content.csv", status=200, body_base64=body, headers=headers, count=None
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_names_stay_in_the_folder(mode: Mode, report: Report) -> None:
    """No member leads out, hides, is lost to another of the same name, or makes a folder."""
    names = [*HOSTILE, "same.csv", "same.csv", "SAME.csv", "folder/"]
    answers(mode, archive([(name, b"a\n1\n") for name in names]))
    before = {path for path in mode.output.parent.rglob("*") if path.is_file()}
    files = exported(mode, report)
    assert len(files) == len(names) - 1
    made = {path for path in mode.output.parent.rglob("*") if path.is_file()} - before
    folder = mode.output / "tidy" / "run" / "task"
    assert {path.parent for path in made} == {folder}
    assert all(not path.name.startswith(".") for path in made)
    assert sum(file["bytes"] for file in files.values()) == 4 * len(files)


def test_a_damaged_archive_leaves_no_file_that_looks_whole(mode: Mode, report: Report) -> None:
    """A checksum that does not fit, and an archive that is none, are Mode's error, not a short file."""
    good = archive([("numbers.csv", b"a\n" + b"1\n" * 5000)])
    for bad in (good.replace(b"1\n1\n", b"2\n1\n", 1), good[:-40], b"PK no archive"):
        answers(mode, bad)
        with pytest.raises(Exception, match="the archive of results cannot be read"):
            exported(mode, report)
        mode.sandbox.clear_faults()
    assert not list(mode.output.rglob("*.csv*"))


def test_a_body_that_breaks_off_leaves_no_file(mode: Mode, report: Report) -> None:
    """Half of the rows never look like all of them."""
    mode.sandbox.switch(results_csv="csv", result_rows=20000)
    mode.sandbox.fault("truncated", path="*/content.csv", count=None)
    with pytest.raises(Exception, match="the body broke off"):
        exported(mode, report)
    assert not list(mode.output.rglob("*results.csv*"))


@pytest.mark.parametrize(
    ("form", "path", "body"),
    [
        ("pdf", "*/pdf/download", '{"state": "x"}'),
        ("pdf", "*/pdf/download", "%PD"),
        ("json", "*.json", '{"error": "x"}'),
        ("json", "*.json", " \n"),
        ("csv", "*.csv", EMPTY.decode()),
    ],
    ids=["JSON", "part", "error", "nothing", "archive"],
)
def test_what_is_of_another_kind_is_no_file(
    mode: Mode, report: Report, form: str, path: str, body: str
) -> None:
    """A gateway or Mode itself may say with 200 that there is nothing."""
    mode.sandbox.switch(pdf_polls=0)
    mode.sandbox.fault("status", status=200, path=path, body=body, count=None)
    with pytest.raises(Exception, match=r"does not begin as|archive of results is empty"):
        exported(mode, report, format=form)
    assert {path.name for path in mode.output.rglob("*") if path.is_file()} <= {"spent.json"}


def test_json_may_begin_with_space(mode: Mode, report: Report) -> None:
    """And with the mark of UTF-8."""
    mode.sandbox.fault("status", status=200, path="*.json", body="\ufeff\r\n [{}]", count=None)
    assert {file["rows"] for file in exported(mode, report, format="json").values()} == {1}


def test_killing_the_task_stops_it_between_two_pieces(mode: Mode, report: Report) -> None:
    """What was written so far does not look whole."""
    task = ExportResultsOperator(task_id="task", report=report.token, output_uri=mode.uri)
    task.on_kill()
    with pytest.raises(ChangesIncomplete, match="nothing of it looks whole"):
        task.execute({})
    assert not list(mode.output.rglob("*.csv*"))


@pytest.mark.filterwarnings("ignore:in a future version of UPath")  # in Airflow 2.11's own paths
def test_an_object_store_gets_whole_objects(mode: Mode, report: Report) -> None:
    """A file goes there in one upload, when it is complete."""
    store: Any = importlib.import_module("airflow.io.store" if AIRFLOW_2 else "airflow.sdk.io")
    store.attach("memory", fs=importlib.import_module("fsspec").filesystem("memory"))
    result = mode.run(ExportResultsOperator, report=report.token, output_uri="memory://exports")
    assert len(result["files"]) == len(report.queries)
    for file in result["files"]:
        assert len(ObjectStoragePath(file["uri"]).read_bytes()) == file["bytes"]


def test_a_report_without_a_success_has_nothing_to_export(mode: Mode) -> None:
    """A retry may find one."""
    report = mode.sandbox.add_report(name="Never run")
    with pytest.raises(ReportRunFailed, match="has no run that succeeded"):
        exported(mode, report)


@pytest.mark.parametrize("outcome", ["failed", "never", "succeeded"])
def test_a_run_without_results_says_why(mode: Mode, report: Report, outcome: str) -> None:
    """It failed for good, or goes on, which a retry may see ended; or its results are gone."""
    good, run = report.runs[-1], mode.sandbox.run(report, outcome=outcome, error="division by zero")
    if outcome == "succeeded":
        mode.sandbox.fault("status", status=404, path="*/content.csv", count=None)
    kind, sentence = {
        "failed": (AirflowFailException, r"no results: run .* failed .*: division by zero"),
        "never": (ReportRunFailed, "no results yet: run .* is enqueued"),
        "succeeded": (AirflowFailException, "answered 404"),
    }[outcome]
    with pytest.raises(kind, match=sentence):
        exported(mode, report, report_run=run.token)
    url = f"{mode.sandbox.url}/acme/reports/{report.token}/runs/{good.token}"
    if outcome != "succeeded":
        assert exported(mode, report, report_run=url)


def test_a_success_is_found_among_the_runs_where_the_report_does_not_name_it(
    mode: Mode, report: Report
) -> None:
    """Mode may leave the field out."""
    mode.sandbox.switch(report_without="last_successful_run_token")
    assert exported(mode, report)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"format": "xlsx"}, "format: must be one of csv, json, pdf"),
        ({"report_run": "000000000000"}, "answered 404"),
        ({"output_uri": "relative"}, "output_uri: must be a URI"),
    ],
)
def test_what_cannot_be_right_fails_at_once(
    mode: Mode, report: Report, parameters: dict[str, Any], sentence: str
) -> None:
    """No retries are burnt."""
    with pytest.raises(AirflowFailException, match=sentence):
        exported(mode, report, **parameters)


def test_a_large_export_takes_little_memory() -> None:
    """Far less than its size above Airflow itself; `python -m bench.export` does it with a gigabyte."""
    with serving(megabytes=60) as env:
        both = exported_apart(env, CSV, ZIP)
    assert [figures["files"] for figures in both] == [1, 4]
    for figures in both:
        assert figures["bytes"] > 55_000_000
        assert figures["rows"] > 1_500_000
        assert figures["mb_above_airflow"] < 40
