"""Runs of reports and datasets, and what they did with each query."""

from dataclasses import replace
from http import HTTPStatus
from itertools import chain

from airflow_provider_mode.sandbox import edits, firing
from airflow_provider_mode.sandbox.call import RUNS_PAGE, Call, counted_page, whole_list
from airflow_provider_mode.sandbox.exchange import (
    Refusal,
    Reply,
    bad_request,
    either,
    forbidden,
    json_reply,
    not_found,
)
from airflow_provider_mode.sandbox.model import Query, Report, Run
from airflow_provider_mode.sandbox.on_schedules import own_report, seen_report
from airflow_provider_mode.sandbox.render_reports import report_single
from airflow_provider_mode.sandbox.render_runs import query_run_row, query_run_token, run_row
from airflow_provider_mode.sandbox.workspace import Workspace


def find_run(ws: Workspace, report: Report, token: str) -> Run:
    """A remembered run of a report (Refusal 404); those at hand first, since polls ask for them."""
    known = filter(None, (report.last_run, report.last_success))
    for run in chain(report.runs, known):
        if run.token == token:
            return run
    for run in firing.runs_of(ws, report):
        if run.token == token:
            return run
    raise not_found("report run")


def run_of(call: Call) -> Run:
    """The run that the path names."""
    return find_run(call.ws, seen_report(call), call.params["run"])


def index(call: Call) -> Reply:
    """GET the runs, newest first; a filter breaks Mode, and so it does here."""
    report = seen_report(call)
    if "filter" in call.query:
        raise Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_server_error", "internal server error")
    runs = firing.runs_of(call.ws, report)
    return counted_page(
        call, "report_runs", runs, lambda one, run: run_row(one, report, run), default=RUNS_PAGE
    )


def of_schedule(call: Call) -> Reply:
    """GET the runs that a schedule started."""
    report = seen_report(call)
    schedule = call.ws.schedule(report, call.params["schedule"])
    runs = [run for run in firing.runs_of(call.ws, report) if run.schedule == schedule.token]
    return counted_page(
        call, "report_runs", runs, lambda one, run: run_row(one, report, run), default=RUNS_PAGE
    )


def start(call: Call) -> Reply:
    """POST a run, with parameters or with datasets to refresh."""
    report = seen_report(call)
    body = call.request.json()
    parameters = body.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise bad_request("parameters must be an object")
    rows = either(body, "report").get("dataset_tokens", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise bad_request("dataset_tokens must be a list of objects")
    for dataset in [call.ws.report(str(row.get("token"))) for row in rows]:
        edits.start_run(call.ws, dataset, call.caller.username, {})
    run = edits.start_run(call.ws, report, call.caller.username, parameters)
    return json_reply(run_row(call, report, run), HTTPStatus.ACCEPTED)


def show(call: Call) -> Reply:
    """GET a run."""
    return json_reply(run_row(call, seen_report(call), run_of(call)))


def cancel(call: Call) -> Reply:
    """PUT an end to a run, as its form says."""
    report, run = own_report(call), run_of(call)
    edits.cancel_run(call.ws, report, run, call.by)
    return json_reply(run_row(call, report, run))


def options(call: Call) -> Reply:
    """GET the form fields of a run."""
    run_of(call)
    return whole_list(call, "form_fields", [], lambda _call, row: row)


def clone(call: Call) -> Reply:
    """POST a copy of the report into the caller's personal collection; not for workspace keys."""
    if call.caller.everything:
        raise forbidden("not available to workspace API tokens")
    report = seen_report(call)
    run_of(call)
    ws = call.ws
    copies = [replace(query, token=ws.new_token(), id=ws.new_id()) for query in report.queries]
    values = {
        "name": f"Copy of {report.name or 'Untitled'}",
        "description": report.description,
        "creator": call.caller.username,
        "queries": copies,
    }
    return json_reply(
        report_single(call, edits.add_report(ws, ws.home(call.caller.username), call.by, values))
    )


def query_runs(call: Call) -> Reply:
    """GET what a run did with each query, all at once."""
    report, run = seen_report(call), run_of(call)
    return whole_list(
        call, "query_runs", report.queries, lambda one, query: query_run_row(one, report, run, query)
    )


def query_of(report: Report, run: Run, token: str) -> Query:
    """The query behind a query run (Refusal 404)."""
    for query in report.queries:
        if query_run_token(run, query) == token:
            return query
    raise not_found("query run")


def query_run(call: Call) -> Reply:
    """GET what a run did with one query."""
    report, run = seen_report(call), run_of(call)
    return json_reply(query_run_row(call, report, run, query_of(report, run, call.params["query_run"])))
