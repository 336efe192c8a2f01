"""Reports, datasets and collections as Mode's JSON."""

import json

from airflow_provider_mode.sandbox.call import Call, Json, link
from airflow_provider_mode.sandbox.clock import stamp
from airflow_provider_mode.sandbox.model import Collection, Report

WEB = "https://app.mode.com"
MAX_QUERIES = 160


def report_row(call: Call, report: Report) -> Json:
    """A report as lists show it."""
    row = _fields(call, report)
    if call.switches["imported_datasets"] == "listed":
        row["imported_datasets"] = _imports(call, report)
    else:
        row["has_imported_datasets"] = bool(report.imports)
    return _finish(call, report, row)


def report_bytes(call: Call, report: Report) -> bytes:
    """A report as lists show it, as JSON; kept until something that it shows changes."""
    if report.imports:
        return _dump(report_row(call, report))
    seen = (
        report.updated_at, report.edited_at, report.last_saved_at, report.created_at, report.view_count,
        report.archived, report.name, report.description, report.collection, report.runs_count, report.public,
        len(report.schedules), len(report.queries), report.type, report.creator, report.expected_runtime,
        report.last_run and report.last_run.token, report.last_success and report.last_success.token,
        call.switches.version, repr(report.settings) if report.settings else "",
    )  # fmt: skip
    cache = call.ws.row_cache
    known = cache.get(report.token)
    if known is not None and known[0] == seen:
        return known[1]
    if len(cache) >= call.ws.rows_kept:
        cache.clear()
    row = _dump(report_row(call, report))
    cache[report.token] = (seen, row)
    return row


def _dump(row: Json) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode()


def report_single(call: Call, report: Report) -> Json:
    """A report by itself."""
    row = _fields(call, report)
    row["imported_datasets"] = _imports(call, report)
    return _finish(call, report, row)


def thin_row(call: Call, report: Report) -> Json:
    """A report that imports a dataset, with little said of it."""
    own = link(f"{call.root}/reports/{report.token}")
    return {"token": report.token, "name": report.name, "creator": report.creator, "_links": {"self": own}}


def _imports(call: Call, report: Report) -> list[Json]:
    found = [call.ws.reports[token] for token in report.imports if token in call.ws.reports]
    return [{"token": one.token, "report_token": report.token, "name": one.name} for one in found]


def _fields(call: Call, report: Report) -> Json:
    ws, success = call.ws, report.last_success
    row: Json = {
        "token": report.token,
        "id": call.id(report.id),
        "name": report.name,
        "description": report.description,
        "type": report.type,
        "archived": report.archived,
        "space_token": report.collection,
        "account_id": call.id(ws.id),
        "account_username": ws.name,
        "created_at": stamp(report.created_at),
        "updated_at": stamp(report.updated_at),
        "edited_at": stamp(report.edited_at),
        "last_saved_at": stamp(report.last_saved_at),
        "published_at": None,
        "last_successful_sync_at": None,
        "thoughtspot_published_at": None,
        "last_run_at": stamp(report.last_run_at),
        "last_successfully_run_at": stamp(None if success is None else success.ends),
        "last_successful_run_token": None if success is None else success.token,
        "expected_runtime": report.expected_runtime,
        "query_count": len(report.queries),
        "max_query_count": MAX_QUERIES,
        "chart_count": sum(len(query.charts) for query in report.queries),
        "runs_count": report.runs_count,
        "schedules_count": len(report.schedules),
        "view_count": report.view_count,
        "public": report.public,
        "shared": False,
        "full_width": False,
        "manual_run_disabled": False,
        "run_privately": True,
        "drilldowns_enabled": False,
        "drill_anywhere_enabled": False,
        "is_embedded": False,
        "is_signed": False,
        "theme_id": 1,
        "color_mappings": {},
        "layout": '<div class="mode-header embed-hidden"></div>',
        "query_preview": report.queries[0].raw_query[:80] if report.queries else None,
        "web_preview_image": None,
        "github_link": None,
    }
    return row | report.settings


def _finish(call: Call, report: Report, row: Json) -> Json:
    """Leave out and blank what the switches say, then add links and forms."""
    switches = call.switches
    if switches["view_count"] == "null":
        row["view_count"] = None
    hide = {
        "view_count": switches["view_count"] == "absent",
        "schedules_count": not switches.shows("schedules_count"),
        "public": not switches.shows("public"),
        "archived": {
            "present": False,
            "absent_on_datasets": report.is_dataset,
            "absent_unless_true": not report.archived,
            "absent": True,
        }[switches["archived"]],
    }
    for name, hidden in hide.items():
        if hidden:
            del row[name]
    for name in switches.names("report_nulls"):
        if name in row:
            row[name] = None
    for name in switches.names("report_without"):
        row.pop(name, None)
    if report.is_dataset:
        row["collection_name"], row["collection_token"] = (
            call.ws.collections[report.collection].name,
            report.collection,
        )
    row["_links"], row["_forms"] = _links(call, report), _forms(call, report)
    return row


def _links(call: Call, report: Report) -> Json:
    own = f"{call.root}/reports/{report.token}"
    links = {
        "self": link(own),
        "web": link(f"{WEB}/{call.ws.name}/reports/{report.token}"),
        "account": link(call.root),
        "space": link(f"{call.root}/collections/{report.collection}"),
        "queries": link(f"{own}/queries"),
        "report_run": {"href": f"{own}/runs/{{report_run_token}}", "templated": True},
        "report_runs": link(f"{own}/runs"),
        "report_filters": link(f"{own}/filters"),
        "report_schedules": link(f"{own}/schedules"),
        "report_subscriptions": link(f"{own}/subscriptions"),
    }
    if report.last_run is not None:
        links["last_run"] = link(f"{own}/runs/{report.last_run.token}")
    if report.last_success is not None:
        links["last_successful_run"] = link(f"{own}/runs/{report.last_success.token}")
    if call.switches.shows("creator"):
        links["creator"] = link(f"/api/{report.creator}")
    return links


def _forms(call: Call, report: Report) -> Json:
    own = f"{call.root}/reports/{report.token}"
    values = {"name": report.name, "description": report.description, "space_token": report.collection}
    inputs = {name: {"type": "text", "value": value} for name, value in values.items()}
    return {
        "edit": {"method": "patch", "action": own, "input": {"report": inputs}},
        "destroy": {"method": "delete", "action": own},
        "archive": {"method": "patch", "action": f"{own}/archive"},
        "unarchive": {"method": "patch", "action": f"{own}/unarchive"},
        "clone": {"method": "post", "action": own.removeprefix("/api") + "/clone"},
        "update_settings": {"method": "patch", "action": f"{own}/update_settings"},
    }


def collection_row(call: Call, collection: Collection) -> Json:
    """A collection as the list shows it; `restricted` is wrong there, as clients found."""
    return collection_single(call, collection) | {"restricted": False}


def collection_single(call: Call, collection: Collection) -> Json:
    """A collection by itself."""
    own = f"{call.root}/collections/{collection.token}"
    links = {
        "self": link(own),
        "web": link(f"{WEB}/{call.ws.name}/collections/{collection.token}"),
        "reports": link(f"{own}/reports"),
        "space_memberships": link(f"{own}/memberships"),
        "search_space_permissions": link(f"{own}/permissions/search"),
    }
    if collection.creator is not None:
        links["creator"] = link(f"/api/{collection.creator}")
    return {
        "token": collection.token,
        "id": call.id(collection.id),
        "space_type": collection.space_type,
        "name": collection.name,
        "description": collection.description,
        "state": collection.state,
        "restricted": collection.restricted,
        "free_default": False,
        "viewable?": True,
        "viewed?": False,
        "default_access_level": collection.access,
        "_links": links,
    }
