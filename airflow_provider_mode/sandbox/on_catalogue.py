"""What catalogue clients walk: queries, charts, data sources, definitions, datasets."""

from collections.abc import Sequence
from typing import Any

from airflow_provider_mode.sandbox import edits, on_reports
from airflow_provider_mode.sandbox.call import PAGE, Call, Json, bare_page, whole_list
from airflow_provider_mode.sandbox.exchange import Reply, either, json_reply, not_found, wrapped
from airflow_provider_mode.sandbox.model import DataSource, Definition, Query, Report
from airflow_provider_mode.sandbox.on_schedules import own_report, seen_report
from airflow_provider_mode.sandbox.render_admin import data_source_row, definition_row
from airflow_provider_mode.sandbox.render_reports import report_row, report_single, thin_row
from airflow_provider_mode.sandbox.render_runs import chart_row, query_row


def queries(call: Call) -> Reply:
    """GET the queries of a report, all at once."""
    report = seen_report(call)
    return whole_list(call, "queries", report.queries, lambda one, query: query_row(one, report, query))


def found_query(call: Call) -> tuple[Report, Query]:
    """The query that the path names, whatever report it names: Mode does not check that."""
    if call.params["query"] not in call.ws.queries:
        raise not_found("query")
    report, query = call.ws.queries[call.params["query"]]
    return call.ws.seen(call.caller, report), query


def show_query(call: Call) -> Reply:
    """GET a query."""
    return json_reply(query_row(call, *found_query(call)))


def add_query(call: Call) -> Reply:
    """POST a query."""
    given = wrapped(call.request.json(), "query")
    if not given.get("raw_query"):
        given = wrapped(given, "raw_query")
    report = own_report(call)
    return json_reply(query_row(call, report, edits.add_query(call.ws, report, call.caller.username, given)))


def change_query(call: Call) -> Reply:
    """PATCH a query's name or SQL."""
    report, query = found_query(call)
    given = wrapped(call.request.json(), "query")
    query.name, query.raw_query = given.get("name", query.name), given.get("raw_query") or query.raw_query
    report.edited_at = report.updated_at = call.ws.now
    call.ws.log(call.by, "patch_query", report.token, query=query.token)
    return json_reply(query_row(call, report, query))


def delete_query(call: Call) -> Reply:
    """DELETE a query."""
    report, query = found_query(call)
    report.queries.remove(query)
    del call.ws.queries[query.token]
    call.ws.log(call.by, "delete_query", report.token, query=query.token)
    return Reply()


def charts(call: Call) -> Reply:
    """GET the charts of a query, all at once."""
    report, query = found_query(call)
    return whole_list(call, "charts", query.charts, lambda one, chart: chart_row(one, report, query, chart))


def show_chart(call: Call) -> Reply:
    """GET a chart."""
    report, query = found_query(call)
    return json_reply(chart_row(call, report, query, call.ws.chart(query, call.params["chart"])))


def data_sources(call: Call) -> Reply:
    """GET the data sources, all at once."""
    return whole_list(call, "data_sources", list(call.ws.data_sources.values()), data_source_row)


def found_source(call: Call) -> DataSource:
    """The data source that the path names (Refusal 404)."""
    if call.params["source"] not in call.ws.data_sources:
        raise not_found("data source")
    return call.ws.data_sources[call.params["source"]]


def show_source(call: Call) -> Reply:
    """GET a data source."""
    return json_reply(data_source_row(call, found_source(call)))


def _source_rows(call: Call, *, datasets: bool) -> Sequence[Report]:
    token, ws = found_source(call).token, call.ws
    return [
        report
        for report in ws.reports.values()
        if report.is_dataset == datasets and ws.sees(call.caller, ws.collections[report.collection])
        for query in report.queries
        if query.data_source == token
    ]


def source_reports(call: Call) -> Reply:
    """GET the reports that read a data source: a row for each report and query, so reports repeat."""
    return bare_page(call, "reports", _source_rows(call, datasets=False), report_row, PAGE)


def source_datasets(call: Call) -> Reply:
    """GET the datasets that read a data source."""
    rows = list({report.token: report for report in _source_rows(call, datasets=True)}.values())
    return bare_page(call, "reports", rows, report_row, PAGE)


def definitions(call: Call) -> Reply:
    """GET the definitions, all at once, or those by token."""
    rows = list(call.ws.definitions.values())
    if call.query.get("filter") == "by_tokens":
        wanted = set(call.query.get("tokens", "").split(","))
        rows = [one for one in rows if one.token in wanted]
    return whole_list(call, "definitions", rows, definition_row)


def found_definition(call: Call) -> Definition:
    """The definition that the path names (Refusal 404)."""
    if call.params["definition"] not in call.ws.definitions:
        raise not_found("definition")
    return call.ws.definitions[call.params["definition"]]


def show_definition(call: Call) -> Reply:
    """GET a definition."""
    return json_reply(definition_row(call, found_definition(call)))


def add_definition(call: Call) -> Reply:
    """POST a definition."""
    given = wrapped(call.request.json(), "definition")
    ws = call.ws
    source = next(iter(ws.data_sources))
    made = Definition(
        ws.new_token(),
        ws.new_id(),
        given.get("name", "untitled"),
        given.get("source", ""),
        source,
        ws.now,
        ws.now,
    )
    made.description = given.get("description")
    ws.definitions[made.token] = made
    return json_reply(definition_row(call, made))


def change_definition(call: Call) -> Reply:
    """PATCH a definition."""
    found, given = found_definition(call), wrapped(call.request.json(), "definition")
    for name in ("name", "source", "description"):
        setattr(found, name, given.get(name, getattr(found, name)))
    found.updated_at = call.ws.now
    return json_reply(definition_row(call, found))


def delete_definition(call: Call) -> Reply:
    """DELETE a definition."""
    del call.ws.definitions[found_definition(call).token]
    return Reply()


def only_dataset(call: Call) -> Report:
    """The dataset that the path names (Refusal 404 for a report)."""
    report = seen_report(call)
    if not report.is_dataset:
        raise not_found("dataset")
    return report


def show_dataset(call: Call) -> Reply:
    """GET a dataset."""
    return json_reply(report_single(call, only_dataset(call)))


def change_dataset(call: Call) -> Reply:
    """PATCH a dataset like a report."""
    only_dataset(call)
    return on_reports.change(call)


def delete_dataset(call: Call) -> Reply:
    """DELETE a dataset like a report."""
    only_dataset(call)
    return on_reports.delete(call)


def importers(call: Call) -> Reply:
    """GET the reports that import a dataset, as thin rows."""
    rows = list(call.ws.importers(only_dataset(call)))
    return bare_page(call, "reports", rows, thin_row)


def fields(call: Call) -> Reply:
    """GET the fields of a dataset."""
    only_dataset(call)
    rows: list[Json] = [{"name": "day", "type": "date"}, {"name": "value", "type": "number"}]
    return whole_list(call, "fields", rows, lambda _call, row: row)


def _kept(call: Call, report: Report) -> dict[str, dict[str, Any]]:
    return report.filters if call.params["kind"] == "filters" else report.field_descriptions


def list_kept(call: Call) -> Reply:
    """GET the filters of a report, or the field descriptions of a dataset."""
    rows = list(_kept(call, seen_report(call)).values())
    key = "report_filters" if call.params["kind"] == "filters" else "field_descriptions"
    return whole_list(call, key, rows, lambda _call, row: row)


def add_kept(call: Call) -> Reply:
    """POST one of them, wrapped or flat."""
    body = call.request.json()
    name = "report_filter" if call.params["kind"] == "filters" else "field_description"
    made = {**either(body, name), "token": call.ws.new_token()}
    _kept(call, own_report(call))[made["token"]] = made
    return json_reply(made)


def _one_kept(call: Call, report: Report) -> dict[str, Any]:
    if call.params["kept"] not in _kept(call, report):
        raise not_found("report filter" if call.params["kind"] == "filters" else "field description")
    return _kept(call, report)[call.params["kept"]]


def show_kept(call: Call) -> Reply:
    """GET one of them."""
    return json_reply(_one_kept(call, seen_report(call)))


def change_kept(call: Call) -> Reply:
    """PATCH one of them."""
    found, body = _one_kept(call, own_report(call)), call.request.json()
    name = "report_filter" if call.params["kind"] == "filters" else "field_description"
    found |= {**either(body, name), "token": found["token"]}
    return json_reply(found)


def delete_kept(call: Call) -> Reply:
    """DELETE one of them."""
    report = own_report(call)
    del _kept(call, report)[_one_kept(call, report)["token"]]
    return Reply()
