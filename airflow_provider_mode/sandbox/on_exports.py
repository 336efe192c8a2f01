"""What a run found: CSV, JSON, an archive of CSVs, or a PDF; also by way of signed storage."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from airflow_provider_mode.sandbox.call import Call, Json, link
from airflow_provider_mode.sandbox.clock import stamp
from airflow_provider_mode.sandbox.exchange import Refusal, Reply, Request, json_reply, not_found
from airflow_provider_mode.sandbox.firing import SUCCESSES
from airflow_provider_mode.sandbox.model import Query, Report, Run
from airflow_provider_mode.sandbox.on_runs import find_run, query_of, run_of
from airflow_provider_mode.sandbox.on_schedules import seen_report
from airflow_provider_mode.sandbox.workspace import Workspace

STORAGE = "/_storage/"
HEADER = b"day,query,value\n"
FIRST_DAY = date(2026, 1, 1)
DAYS = 365
CHUNK = 5000
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 0>>endobj\n%%EOF"
NO_RESULTS = not_found("run results")


def _line(query: Query, number: int) -> str:
    day = FIRST_DAY + timedelta(days=number % DAYS)
    return f"{day.isoformat()},{query.token},{number:012d}\n"


def _lines(query: Query, rows: int) -> Iterator[bytes]:
    yield HEADER
    for start in range(0, rows, CHUNK):
        yield "".join(_line(query, number) for number in range(start, min(rows, start + CHUNK))).encode()


def _csv(query: Query, rows: int) -> Reply:
    length = len(HEADER) + rows * len(_line(query, 0))
    return Reply(media_type="text/csv; charset=utf-8", stream=_lines(query, rows), length=length)


def _json(query: Query, rows: int) -> Reply:
    names = HEADER.decode().strip().split(",")
    found = [dict(zip(names, _line(query, number).strip().split(","), strict=True)) for number in range(rows)]
    return Reply(body=json.dumps(found).encode(), media_type="application/json")


def _zip(report: Report, rows: int) -> Reply:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for query in report.queries:
            archive.writestr(f"{query.name}.csv", b"".join(_lines(query, rows)))
    return Reply(body=packed.getvalue(), media_type="application/zip")


def _content(ws: Workspace, report: Report, run: Run, query: Query | None, form: str) -> Reply:
    if run.state(ws.now) not in SUCCESSES or report.purged_at(run) is not None or not report.queries:
        raise NO_RESULTS
    rows, how = int(ws.switches.number("result_rows")), ws.switches["results_csv"]
    if (
        query is None
        and form == "csv"
        and (how == "zip" or (how == "by_queries" and len(report.queries) > 1))
    ):
        reply, form = _zip(report, rows), "zip"
    else:
        reply = (_csv if form == "csv" else _json)(query or report.queries[0], rows)
    reply.headers["Content-Disposition"] = f'attachment; filename="{report.token}-{run.token}.{form}"'
    return reply


def _deliver(call: Call, query: Query | None, form: str) -> Reply:
    report, run = seen_report(call), run_of(call)
    reply = _content(call.ws, report, run, query, form)
    how = call.switches["results_redirect"]
    if how == "none":
        return reply
    host = call.request.host
    if how == "other_host":
        name, _, port = host.partition(":")
        host = f"{'127.0.0.1' if name == 'localhost' else 'localhost'}:{port}"
    values = {"report": report.token, "run": run.token, "form": form, "signature": "sandbox"}
    if query is not None:
        values["query"] = query.token
    location = f"http://{host}{STORAGE}results?{urlencode(values)}"
    return Reply(HTTPStatus.FOUND, headers={"Location": location})


def run_csv(call: Call) -> Reply:
    """GET the rows of a run as CSV, or as an archive of one CSV for each query."""
    return _deliver(call, None, "csv")


def run_json(call: Call) -> Reply:
    """GET the rows of a run's first query as JSON; those of the others are not said."""
    return _deliver(call, None, "json")


def _query(call: Call) -> Query:
    return query_of(seen_report(call), run_of(call), call.params["query_run"])


def query_csv(call: Call) -> Reply:
    """GET the rows of one query as CSV."""
    return _deliver(call, _query(call), "csv")


def query_json(call: Call) -> Reply:
    """GET the rows of one query as JSON."""
    return _deliver(call, _query(call), "json")


def storage(ws: Workspace, request: Request) -> Reply:
    """GET from signed storage, which refuses a request that brings credentials as well."""
    values = request.query
    if "authorization" in request.headers or values.get("signature") != "sandbox":
        raise Refusal(HTTPStatus.BAD_REQUEST, "bad_request", "only one auth mechanism allowed: the signature")
    report = ws.report(values.get("report", ""))
    query = ws.queries[values["query"]][1] if values.get("query") in ws.queries else None
    return _content(ws, report, find_run(ws, report, values.get("run", "")), query, values.get("form", ""))


def pdf(call: Call) -> Reply:
    """GET the export of a run as PDF; the first GET starts the rendering."""
    report, run = seen_report(call), run_of(call)
    polls = report.pdf_polls.get(run.token, 0)
    report.pdf_polls[run.token] = polls + 1
    wanted = call.switches.number("pdf_polls")
    state = "completed" if polls >= wanted else ("requested" if polls else "new")
    own = f"{call.root}/reports/{report.token}/exports/runs/{run.token}/pdf"
    answer: Json = {
        "state": state,
        "filename": f"{report.token}-{run.token}.pdf",
        "stale": False,
        "created_at": stamp(call.ws.now),
        "_links": {"self": link(f"{own}.pdf")},
    }
    if state == "completed":
        answer["_links"]["download"] = link(f"{own}/download")
    return json_reply(answer)


def pdf_download(call: Call) -> Reply:
    """GET the rendered PDF; 404 until it is rendered."""
    report, run = seen_report(call), run_of(call)
    if report.pdf_polls.get(run.token, 0) <= call.switches.number("pdf_polls"):
        raise Refusal(HTTPStatus.NOT_FOUND, "not_found", "export not yet generated")
    return Reply(
        body=PDF,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{report.token}-{run.token}.pdf"'},
    )
