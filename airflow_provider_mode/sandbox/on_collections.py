"""Collections, and the reports and datasets in them."""

from typing import Any

from airflow_provider_mode.sandbox import edits
from airflow_provider_mode.sandbox.call import PAGE, Call, bare_page, bare_slice, counted_page, joined
from airflow_provider_mode.sandbox.exchange import Refusal, Reply, bad_request, forbidden, json_reply, wrapped
from airflow_provider_mode.sandbox.faults import ERROR_IDS
from airflow_provider_mode.sandbox.faults import PAGE as HTML
from airflow_provider_mode.sandbox.model import Collection, Report
from airflow_provider_mode.sandbox.render_reports import collection_row, collection_single, report_bytes

WRITABLE = ("name", "description", "space_type", "default_access_level")
TYPES = ("custom", "private", "community")
LEVELS = ("view", "edit", "restricted", "none")


def index(call: Call) -> Reply:
    """GET the collections; a filter that Mode does not know filters nothing."""
    ws, caller = call.ws, call.caller
    rows = [one for one in ws.collections.values() if one.state == "active" and ws.sees(caller, one)]
    wanted = call.query.get("filter", "")
    if wanted == "custom":
        rows = [one for one in rows if not one.personal]
    elif wanted == "mine":
        rows = [one for one in rows if one.creator == caller.username]
    elif not wanted:
        rows = [one for one in rows if not one.personal or one.creator == caller.username]
    if call.switches.shows("collection_counters"):
        return counted_page(call, "spaces", rows, collection_row)
    return bare_page(call, "spaces", rows, collection_row)


def collection_of(call: Call) -> Collection:
    """The collection that the path names (Refusal 403, 404)."""
    found = call.ws.collection(call.params["space"])
    if not call.ws.sees(call.caller, found):
        raise forbidden("You do not have permission to view this collection")
    return found


def active(call: Call) -> Collection:
    """The collection that the path names, if it was not deleted."""
    found = collection_of(call)
    if found.state != "active":
        raise forbidden("You do not have permission to view this collection")
    return found


def _own(call: Call) -> Collection:
    found = active(call)
    if not call.caller.everything and found.creator != call.caller.username:
        raise forbidden("You do not have permission to change this collection")
    return found


def show(call: Call) -> Reply:
    """GET a collection; what a deleted one answers is a switch."""
    found = collection_of(call)
    if found.state != "active" and call.switches["deleted_collection"] != "200":
        status = int(call.switches["deleted_collection"])
        raise Refusal(status, ERROR_IDS[status], "space not found")
    return json_reply(collection_single(call, found))


def _values(call: Call) -> dict[str, Any]:
    given = wrapped(call.request.json(), "space")
    if given.get("space_type", "custom") not in TYPES:
        raise bad_request("space_type is not included in the list")
    if given.get("default_access_level", "view") not in LEVELS:
        raise bad_request("default_access_level is not included in the list")
    return {key: given[key] for key in WRITABLE if key in given}


def create(call: Call) -> Reply:
    """POST a collection."""
    values = _values(call)
    if not values.get("name"):
        raise bad_request("param is missing or the value is empty: name", "param_missing")
    return json_reply(collection_single(call, edits.add_collection(call.ws, call.caller.username, values)))


def change(call: Call) -> Reply:
    """PATCH a collection (POST, which Mode's description says, is no route)."""
    found = _own(call)
    edits.change_collection(call.ws, found, call.by, _values(call))
    return json_reply(collection_single(call, found))


def delete(call: Call) -> Reply:
    """DELETE a collection softly; personal ones cannot be deleted."""
    found = _own(call)
    if found.personal:
        raise forbidden("Personal collections cannot be deleted")
    edits.delete_collection(call.ws, found, call.by)
    return json_reply(collection_single(call, found))


def _unreadable(call: Call, collection: Collection) -> Reply | None:
    for entry in call.switches.names("unreadable"):
        token, _, how = entry.partition(":")
        if token != collection.token:
            continue
        if how == "html":
            return Reply(body=HTML, media_type="text/html; charset=utf-8")
        status = int(how)
        raise Refusal(status, ERROR_IDS[status], "space not readable")
    return None


def _rows(call: Call, *, datasets: bool) -> Reply:
    collection = active(call)
    refused = _unreadable(call, collection)
    if refused is not None:
        return refused
    rows = call.ws.rows(collection, datasets=datasets)
    if datasets:
        rows = [one for one in rows if not one.archived]
    elif call.switches["datasets_in_reports"] == "present":
        rows += call.ws.rows(collection, datasets=True)
    shown = bare_slice(call, rows)
    if call.switches["reads_as_views"] == "all":
        for report in shown:
            edits.view(call.ws, report)
    reply = joined(call, "reports", [report_bytes(call, report) for report in shown])
    _shift(call, collection, rows)
    return reply


def _shift(call: Call, collection: Collection, rows: list[Report]) -> None:
    """After page 1 the last row moves to the front, if the switch says so."""
    how = call.switches["rows_shift"]
    if how == "off" or len(rows) <= PAGE or call.number("page", 1) != 1:
        return
    if how == "always" or collection.token not in call.ws.shifted:
        call.ws.shifted.add(collection.token)
        collection.reports.remove(rows[-1].token)
        collection.reports.insert(0, rows[-1].token)


def reports(call: Call) -> Reply:
    """GET the reports of a collection, archived ones among them; filter, order and per_page do nothing."""
    return _rows(call, datasets=False)


def datasets(call: Call) -> Reply:
    """GET the datasets of a collection; archived ones cannot be listed."""
    return _rows(call, datasets=True)
