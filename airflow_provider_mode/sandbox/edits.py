"""Every change that a request or a control call can make, each written down in the workspace's log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from airflow_provider_mode.sandbox import firing
from airflow_provider_mode.sandbox.clock import to_milliseconds
from airflow_provider_mode.sandbox.cron import Cron
from airflow_provider_mode.sandbox.exchange import bad_request
from airflow_provider_mode.sandbox.model import Collection, Query, Report, Run, Schedule, Subscription
from airflow_provider_mode.sandbox.workspace import Workspace


def archive(ws: Workspace, report: Report, by: str) -> None:
    """Hide a report (Refusal 400 where the switch says that twice is wrong)."""
    if report.archived and ws.switches["archive_twice"] == "400":
        raise bad_request("report is already archived")
    report.archived, report.updated_at = True, ws.now
    ws.log(by, "archive", report.token)
    if ws.switches["archive_schedules"] == "remove":
        for schedule in list(report.schedules.values()):
            remove_schedule(ws, report, schedule, "archive")


def unarchive(ws: Workspace, report: Report, by: str) -> None:
    """Show a report again; removed schedules stay removed."""
    if not report.archived and ws.switches["archive_twice"] == "400":
        raise bad_request("report is not archived")
    report.archived, report.updated_at = False, ws.now
    ws.log(by, "unarchive", report.token)


def delete_report(ws: Workspace, report: Report, by: str) -> None:
    """Delete a report for good, with its queries and schedules."""
    for schedule in list(report.schedules.values()):
        remove_schedule(ws, report, schedule, by)
    for query in report.queries:
        del ws.queries[query.token]
    ws.collections[report.collection].reports.remove(report.token)
    del ws.reports[report.token]
    ws.running = [(one, run) for one, run in ws.running if one is not report]
    ws.log(by, "delete_report", report.token)


def change_report(ws: Workspace, report: Report, by: str, values: Mapping[str, Any]) -> None:
    """Set name, description or collection of a report."""
    if "name" in values or "description" in values:
        report.name = values.get("name", report.name)
        report.description = values.get("description", report.description)
        report.edited_at = report.last_saved_at = ws.now
    if "space_token" in values:
        move(ws, report, ws.collection(values["space_token"]))
    report.updated_at = ws.now
    ws.log(by, "patch_report", report.token, **values)


def move(ws: Workspace, report: Report, collection: Collection) -> None:
    """Put a report into another collection, at the end of its list."""
    ws.collections[report.collection].reports.remove(report.token)
    collection.reports.append(report.token)
    report.collection = collection.token


def add_schedule(ws: Workspace, report: Report, by: str, values: Mapping[str, Any]) -> Schedule:
    """Give a report a schedule."""
    now = ws.now
    schedule = Schedule(ws.new_token(), report.token, None, Cron(frequency="daily"), now, now, by)
    _set(schedule, values)
    report.schedules[schedule.token] = ws.schedules[schedule.token] = schedule
    firing.plan(ws, schedule)
    ws.log(by, "create_schedule", report.token, schedule.token)
    return schedule


def change_schedule(
    ws: Workspace, report: Report, schedule: Schedule, by: str, values: Mapping[str, Any]
) -> None:
    """Change a schedule."""
    if "cron" in values:
        firing.keep_runs(ws, report, schedule)
    _set(schedule, values)
    schedule.updated_at = ws.now
    firing.plan(ws, schedule)
    ws.log(by, "patch_schedule", report.token, schedule.token)


def _set(schedule: Schedule, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(schedule, name, value)


def remove_schedule(ws: Workspace, report: Report, schedule: Schedule, by: str) -> None:
    """Take a schedule away, and its subscriptions with it; its runs remain."""
    firing.keep_runs(ws, report, schedule)
    del report.schedules[schedule.token], ws.schedules[schedule.token]
    for subscription in [one for one in report.subscriptions.values() if one.schedule == schedule.token]:
        del report.subscriptions[subscription.token]
    ws.log(by, "delete_schedule", report.token, schedule.token)


def start_run(ws: Workspace, report: Report, by: str, parameters: Mapping[str, Any]) -> Run:
    """Run a report by hand."""
    run = firing.make_run(ws, report, ws.now, by, ws.new_token())
    run.parameters = dict(parameters)
    report.runs.append(run)
    report.runs_count += 1
    firing.begin(ws, report, run)
    if ws.switches["runs_as_views"] != "none":
        view(ws, report)
    ws.log(by, "run", report.token, run=run.token)
    return run


def cancel_run(ws: Workspace, report: Report, run: Run, by: str) -> None:
    """Stop a run that goes on (Refusal 400 for one that is over)."""
    if run.ends is not None and run.ends <= ws.now:
        raise bad_request("report run is not running")
    run.outcome, run.ends = "cancelled", ws.now
    if run not in report.runs:
        report.runs.append(run)
    firing.settle(ws, ws.now)
    ws.log(by, "cancel_run", report.token, run=run.token)


def view(ws: Workspace, report: Report, times: int = 1, at: datetime | None = None) -> None:
    """People look at a report."""
    report.view_count = (report.view_count or 0) + times
    report.last_viewed_at = to_milliseconds(at) if at is not None else ws.now


def add_collection(ws: Workspace, by: str, values: Mapping[str, Any]) -> Collection:
    """Make a collection."""
    made = Collection(ws.new_token(), ws.new_id(), values.get("name", "Untitled"), creator=by)
    _set_collection(made, values)
    ws.collections[made.token] = made
    ws.log(by, "create_collection", collection=made.token)
    return made


def change_collection(ws: Workspace, collection: Collection, by: str, values: Mapping[str, Any]) -> None:
    """Change a collection's name, description or access."""
    _set_collection(collection, values)
    ws.log(by, "patch_collection", collection=collection.token)


def _set_collection(collection: Collection, values: Mapping[str, Any]) -> None:
    collection.name = values.get("name", collection.name)
    collection.description = values.get("description", collection.description)
    collection.space_type = values.get("space_type", collection.space_type)
    if "default_access_level" in values:
        collection.access = values["default_access_level"]
        collection.restricted = collection.access in {"restricted", "none"}


def delete_collection(ws: Workspace, collection: Collection, by: str) -> None:
    """Delete a collection softly: it leaves the lists, its reports stay by token."""
    collection.state = "soft_deleted"
    ws.log(by, "delete_collection", collection=collection.token)


def add_report(ws: Workspace, collection: Collection, by: str, values: Mapping[str, Any]) -> Report:
    """Make a report; `values` are attributes of the record."""
    now = ws.now
    report = Report(ws.new_token(), ws.new_id(), None, collection.token, by, now, now, edited_at=now)
    for name, value in values.items():
        setattr(report, name, value)
    insert_report(ws, report)
    ws.log(by, "create_report", report.token)
    return report


def insert_report(ws: Workspace, report: Report) -> None:
    """Put a finished record into the workspace."""
    ws.reports[report.token] = report
    ws.collections[report.collection].reports.append(report.token)
    for query in report.queries:
        ws.queries[query.token] = (report, query)
    for schedule in report.schedules.values():
        ws.schedules[schedule.token] = schedule
        firing.plan(ws, schedule)


def add_query(ws: Workspace, report: Report, by: str, values: Mapping[str, Any]) -> Query:
    """Give a report a query."""
    source = next(iter(ws.data_sources.values()))
    wanted = str(values.get("data_source_id", source.id))
    source = next((one for one in ws.data_sources.values() if wanted in {str(one.id), one.token}), source)
    name = values.get("name") or f"Query {len(report.queries) + 1}"
    made = Query(ws.new_token(), ws.new_id(), name, values["raw_query"], source.token, ws.now, by)
    report.queries.append(made)
    ws.queries[made.token] = (report, made)
    report.edited_at = report.updated_at = ws.now
    ws.log(by, "create_query", report.token, query=made.token)
    return made


def purge(
    ws: Workspace, by: str, before: datetime, until: datetime | None, source: str | None = None
) -> None:
    """Throw away results of runs up to a date, or between two; the runs remain."""
    begin, end = (None, before) if until is None else (before, until)
    for report in ws.reports.values():
        if source is None or any(query.data_source == source for query in report.queries):
            report.purges.append((begin, end, ws.now))
    ws.log(by, "purge", before=before.isoformat(), until=until and until.isoformat(), data_source=source)


def subscribe(ws: Workspace, report: Report, schedule: Schedule, emails: Sequence[str]) -> Subscription:
    """People get a schedule by mail."""
    made = Subscription(ws.new_token(), schedule.token, {"data_previews_enabled": True})
    made.emails = {ws.new_token(): email for email in emails}
    report.subscriptions[made.token] = made
    ws.log("sandbox", "subscribe", report.token, schedule.token, subscription=made.token)
    return made
