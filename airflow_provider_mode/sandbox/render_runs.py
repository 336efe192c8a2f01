"""Runs, query runs, queries and charts as Mode's JSON."""

from airflow_provider_mode.sandbox.call import Call, Json, link
from airflow_provider_mode.sandbox.clock import stamp
from airflow_provider_mode.sandbox.firing import SUCCESSES
from airflow_provider_mode.sandbox.model import Chart, Query, Report, Run, token_from

TERMINAL = SUCCESSES | {"failed", "cancelled"}


def run_row(call: Call, report: Report, run: Run) -> Json:
    """A run of a report or dataset; the link to a schedule tells that a schedule started it."""
    state = run.state(call.ws.now)
    over = state in TERMINAL
    own = f"{call.root}/reports/{report.token}/runs/{run.token}"
    purged = stamp(report.purged_at(run))
    links = {
        "self": link(own),
        "report": link(f"{call.root}/reports/{report.token}"),
        "account": link(call.root),
        "query_runs": link(f"{own}/query_runs"),
        "content": link(f"{own}/results/content.csv"),
        "pdf_export": link(f"{call.root}/reports/{report.token}/exports/runs/{run.token}/pdf.pdf"),
        "clone": link(f"{own}/clone"),
        "executed_by": link(f"/api/{run.by}"),
    }
    if run.schedule is not None:
        links["report_schedule"] = link(f"{call.root}/reports/{report.token}/schedules/{run.schedule}")
    row: Json = {
        "token": run.token,
        "state": state,
        "parameters": run.parameters,
        "created_at": stamp(run.created_at),
        "updated_at": stamp(run.ends if over else run.created_at),
        "completed_at": stamp(run.ends) if over else None,
        "purge_started_at": purged,
        "purge_completed_at": purged,
        "python_state": "none",
        "form_fields": [],
        "is_latest_report_run": _is(report.last_run, run),
        "is_latest_successful_report_run": _is(report.last_success, run),
        "report_has_failures_since_last_success": _failed_since(report),
        "pusher_channel_name": f"private-report_run-{run.token}",
        "_links": links,
    }
    if not over and call.switches.shows("run_cancel"):
        row["_forms"] = {"cancel": {"method": "put", "action": f"{own}/cancel"}}
    return row


def _is(one: Run | None, other: Run) -> bool:
    return one is not None and one.token == other.token


def _failed_since(report: Report) -> bool:
    return report.last_run is not None and report.last_run.outcome == "failed"


def query_run_token(run: Run, query: Query) -> str:
    """The token of what a run did with one query."""
    return token_from(run.token, query.token)


def query_run_row(call: Call, report: Report, run: Run, query: Query) -> Json:
    """What a run did with one query; in a failed run it is the first query that fails, and says why."""
    state = run.state(call.ws.now)
    failed = state == "failed" and query is report.queries[0]
    if state in SUCCESSES or (state == "failed" and not failed):
        state = "succeeded"
    source = call.ws.data_sources[query.data_source]
    own = f"{call.root}/reports/{report.token}/runs/{run.token}/query_runs/{query_run_token(run, query)}"
    return {
        "id": call.id(query.id * 1000 + len(report.runs)),
        "token": query_run_token(run, query),
        "state": state,
        "created_at": stamp(run.created_at),
        "completed_at": stamp(run.ends) if state in TERMINAL else None,
        "query_token": query.token,
        "query_name": query.name,
        "query_created_at": stamp(query.created_at),
        "data_source_id": call.id(source.id),
        "data_source_token": source.token,
        "limit": False,
        "raw_source": query.raw_query,
        "rendered_source": query.raw_query,
        "parameters": run.parameters,
        "max_result_bytes": None,
        "error_code": "42P01" if failed else None,
        "error_type": "generic" if failed else None,
        "error_message": report.error if failed else None,
        "help_url": None,
        "_links": {
            "self": link(own),
            "report_run": link(f"{call.root}/reports/{report.token}/runs/{run.token}"),
            "query": link(f"{call.root}/reports/{report.token}/queries/{query.token}"),
            "content": link(f"{own}/results/content.csv"),
        },
    }


def query_row(call: Call, report: Report, query: Query) -> Json:
    """A query of a report."""
    own = f"{call.root}/reports/{report.token}/queries/{query.token}"
    links = {
        "self": link(own),
        "report": link(f"{call.root}/reports/{report.token}"),
        "charts": link(f"{own}/charts"),
        "query_runs": link(f"{own}/runs"),
    }
    if call.switches.shows("query_creator"):
        links["creator"] = link(f"/api/{query.creator}")
    return {
        "id": call.id(query.id),
        "token": query.token,
        "name": query.name,
        "raw_query": query.raw_query,
        "data_source_id": call.id(call.ws.data_sources[query.data_source].id),
        "last_run_id": None if report.last_run is None else call.id(query.id * 1000),
        "created_at": stamp(query.created_at),
        "updated_at": stamp(query.created_at),
        "explorations_count": 0,
        "report_imports_count": 0,
        "dbt_metric_id": None,
        "dbt_metric_token": None,
        "mapping_id": None,
        "_links": links,
    }


def chart_row(call: Call, report: Report, query: Query, chart: Chart) -> Json:
    """A chart of a query."""
    own = f"{call.root}/reports/{report.token}/queries/{query.token}/charts/{chart.token}"
    return {
        "token": chart.token,
        "view": {"chartType": chart.kind, "title": chart.title},
        "view_version": 2,
        "view_vegas": {"title": chart.title, "chartType": chart.kind, "encoding": {}, "format": {}},
        "color_palette_token": None,
        "switch_view_token": None,
        "created_at": stamp(chart.created_at),
        "updated_at": stamp(chart.created_at),
        "_links": {"self": link(own), "query": link(own.rpartition("/charts/")[0])},
    }
