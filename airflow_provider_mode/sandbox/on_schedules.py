"""Schedules of reports and datasets."""

from collections.abc import Sequence
from typing import Any

from airflow_provider_mode.sandbox import edits
from airflow_provider_mode.sandbox.call import PAGE, Call, bare_page, whole_list
from airflow_provider_mode.sandbox.cron import Cron
from airflow_provider_mode.sandbox.cron_body import read_cron
from airflow_provider_mode.sandbox.exchange import Reply, bad_request, either, json_reply, wrapped
from airflow_provider_mode.sandbox.model import Report, Schedule
from airflow_provider_mode.sandbox.render_schedules import schedule_row


def seen_report(call: Call) -> Report:
    """The report that the path names, if the caller sees it."""
    return call.ws.seen(call.caller, call.ws.report(call.params["report"]))


def own_report(call: Call) -> Report:
    """The report that the path names, if the caller may change it."""
    return call.ws.own(call.caller, call.ws.report(call.params["report"]))


def index(call: Call) -> Reply:
    """GET the schedules of a report or dataset."""
    rows: Sequence[Schedule] = list(seen_report(call).schedules.values())
    how = call.switches["schedule_pages"]
    if how == "whole":
        return whole_list(call, "report_schedules", rows, schedule_row)
    size = min(PAGE, call.number("per_page", PAGE)) if how == "per_page" else PAGE
    return bare_page(call, "report_schedules", rows, schedule_row, size)


def show(call: Call) -> Reply:
    """GET a schedule."""
    return json_reply(schedule_row(call, call.ws.schedule(seen_report(call), call.params["schedule"])))


def _values(call: Call, old: Cron | None) -> dict[str, Any]:
    body = call.request.json()
    how = call.switches["schedule_body"]
    if how == "flat" and "report_schedule" in body:
        raise bad_request("param is missing or the value is empty: cron", "param_missing")
    given = wrapped(body, "report_schedule") if how == "wrapped" else either(body, "report_schedule")
    cron = given.get("cron")
    if old is None and not isinstance(cron, dict):
        raise bad_request("param is missing or the value is empty: cron", "param_missing")
    values: dict[str, Any] = {}
    if isinstance(cron, dict):
        values["cron"] = read_cron(cron, call.switches["day_of_week"], old or Cron(frequency=""))
    for name, field, kind in (
        ("name", "name", str),
        ("params", "parameters", dict),
        ("timeout", "timeout", int),
    ):
        if given.get(name) is not None:
            if not isinstance(given[name], kind):
                raise bad_request(f"{name} is invalid")
            values[field] = given[name]
    return values


def create(call: Call) -> Reply:
    """POST a schedule."""
    report = own_report(call)
    return json_reply(
        schedule_row(call, edits.add_schedule(call.ws, report, call.caller.username, _values(call, None)))
    )


def change(call: Call) -> Reply:
    """PATCH a schedule."""
    report = own_report(call)
    schedule = call.ws.schedule(report, call.params["schedule"])
    edits.change_schedule(call.ws, report, schedule, call.by, _values(call, schedule.cron))
    return json_reply(schedule_row(call, schedule))


def delete(call: Call) -> Reply:
    """DELETE a schedule, with its subscriptions."""
    report = own_report(call)
    edits.remove_schedule(call.ws, report, call.ws.schedule(report, call.params["schedule"]), call.by)
    return Reply(int(call.switches["delete_schedule_status"]))
