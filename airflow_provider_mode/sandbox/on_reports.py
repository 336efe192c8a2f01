"""Reports: read, change, archive, delete, purge."""

from http import HTTPStatus
from typing import Any

from airflow_provider_mode.sandbox import edits
from airflow_provider_mode.sandbox.call import Call
from airflow_provider_mode.sandbox.clock import parse_moment
from airflow_provider_mode.sandbox.exchange import Reply, bad_request, either, json_reply, not_found, wrapped
from airflow_provider_mode.sandbox.model import Report
from airflow_provider_mode.sandbox.render_reports import report_single

NAME_LENGTH = 64
SETTINGS = {"theme": "theme_id"}
SETTABLE = ("theme", "full_width", "manual_run_disabled", "drill_anywhere_enabled")


def _report(call: Call) -> Report:
    return call.ws.own(call.caller, call.ws.report(call.params["report"]))


def show(call: Call) -> Reply:
    """GET a report, archived or not, or a dataset."""
    report = call.ws.seen(call.caller, call.ws.report(call.params["report"]))
    if call.switches["reads_as_views"] != "none":
        edits.view(call.ws, report)
    return json_reply(report_single(call, report))


def create(call: Call) -> Reply:
    """POST an untitled report, in the collection that is named or the caller's own."""
    ws = call.ws
    wanted = either(call.request.json(), "report").get("space_token")
    collection = ws.home(call.caller.username) if wanted is None else ws.collection(wanted)
    report = edits.add_report(ws, collection, call.by, {"creator": call.caller.username})
    return json_reply(report_single(call, report), HTTPStatus.CREATED)


def change(call: Call) -> Reply:
    """PATCH name, description or collection."""
    report = _report(call)
    given = wrapped(call.request.json(), "report")
    values: dict[str, Any] = {
        key: given[key] for key in ("name", "description", "space_token") if key in given
    }
    if len(values.get("name") or "") > NAME_LENGTH:
        raise bad_request(f"name is too long (maximum is {NAME_LENGTH} characters)")
    if "space_token" in values:
        target = call.ws.collections.get(str(values["space_token"]))
        if target is None or target.state != "active" or not call.ws.sees(call.caller, target):
            raise not_found("space")
    edits.change_report(call.ws, report, call.by, values)
    return json_reply(report_single(call, report), int(call.switches["patch_status"]))


def update_settings(call: Call) -> Reply:
    """PATCH the settings of a report."""
    report = _report(call)
    given = wrapped(call.request.json(), "report")
    for name in sorted(set(SETTABLE) & set(given)):
        if type(given[name]) is not (int if name == "theme" else bool):
            raise bad_request(f"{name} is invalid")
    report.settings |= {SETTINGS.get(key, key): given[key] for key in SETTABLE if key in given}
    call.ws.log(call.by, "update_settings", report.token)
    return json_reply(report_single(call, report))


def archive(call: Call) -> Reply:
    """PATCH a report away."""
    report = _report(call)
    edits.archive(call.ws, report, call.by)
    return json_reply(report_single(call, report), int(call.switches["archive_status"]))


def unarchive(call: Call) -> Reply:
    """PATCH a report back."""
    report = _report(call)
    edits.unarchive(call.ws, report, call.by)
    return json_reply(report_single(call, report), int(call.switches["archive_status"]))


def delete(call: Call) -> Reply:
    """DELETE a report for good."""
    edits.delete_report(call.ws, _report(call), call.by)
    return Reply(int(call.switches["delete_report_status"]))


def sync_to_github(call: Call) -> Reply:
    """PATCH that would commit the report's code."""
    return json_reply(report_single(call, _report(call)))


def purge(call: Call) -> Reply:
    """POST away stored results, of the workspace or of one data source."""
    if "source" in call.params and call.params["source"] not in call.ws.data_sources:
        raise not_found("data source")
    values = call.query | call.request.json()
    if not values.get("time"):
        raise bad_request("param is missing or the value is empty: time", "param_missing")
    try:
        before = parse_moment(str(values["time"]))
        until = parse_moment(str(values["end_time"])) if values.get("end_time") else None
    except ValueError:
        raise bad_request("time must be YYYY-MM-DD") from None
    if before.date() >= call.ws.now.date():
        raise bad_request("time must be at least a day past")
    edits.purge(call.ws, call.by, before, until, call.params.get("source"))
    return json_reply({"time": values["time"], "end_time": values.get("end_time")}, HTTPStatus.ACCEPTED)
