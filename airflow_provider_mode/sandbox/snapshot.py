"""The true state as JSON, for checks from another process: also what neither REST nor Discovery shows."""

from collections import Counter
from typing import Any

from airflow_provider_mode.sandbox.clock import stamp
from airflow_provider_mode.sandbox.cron import Cron
from airflow_provider_mode.sandbox.model import Change, Collection, Report, Schedule
from airflow_provider_mode.sandbox.workspace import Workspace

Json = dict[str, Any]


def report_json(ws: Workspace, report: Report) -> Json:
    """One report."""
    collection = ws.collections[report.collection]
    return {
        "token": report.token,
        "name": report.name,
        "description": report.description,
        "type": report.type,
        "collection": report.collection,
        "personal": collection.personal,
        "creator": report.creator,
        "archived": report.archived,
        "public": report.public,
        "created_at": stamp(report.created_at),
        "updated_at": stamp(report.updated_at),
        "edited_at": stamp(report.edited_at),
        "last_saved_at": stamp(report.last_saved_at),
        "last_run_at": stamp(report.last_run_at),
        "last_run_by_hand_at": stamp(report.last_run_by_hand_at),
        "last_viewed_at": stamp(report.last_viewed_at),
        "view_count": report.view_count,
        "runs_count": report.runs_count,
        "schedules": list(report.schedules),
        "subscribers": sum(report.subscribers(token) for token in report.schedules),
        "queries": [query.token for query in report.queries],
        "imports": list(report.imports),
        "profile": report.profile,
    }


def schedule_json(report: Report, schedule: Schedule) -> Json:
    """One schedule."""
    return {
        "token": schedule.token,
        "report": schedule.report,
        "name": schedule.name,
        "cron": cron_json(schedule.cron),
        "parameters": schedule.parameters,
        "timeout": schedule.timeout,
        "created_at": stamp(schedule.created_at),
        "last_run_at": stamp(schedule.last_run_at),
        "next_scheduled_run": stamp(schedule.next_run_at),
        "subscribers": report.subscribers(schedule.token),
        "paused": schedule.paused,
    }


def cron_json(cron: Cron) -> Json:
    """A cron, weekdays counted from Sunday = 0 whatever the switch says."""
    return {
        "frequency": cron.frequency,
        "hour": cron.hour,
        "minute": cron.minute,
        "weekdays": list(cron.weekdays),
        "day_of_month": cron.day_of_month,
        "time_zone": cron.time_zone,
    }


def collection_json(collection: Collection) -> Json:
    """One collection."""
    return {
        "token": collection.token,
        "name": collection.name,
        "space_type": collection.space_type,
        "personal": collection.personal,
        "restricted": collection.restricted,
        "state": collection.state,
        "creator": collection.creator,
        "reports": len(collection.reports),
    }


def change_json(change: Change) -> Json:
    """One line of the log of changes."""
    return {
        "n": change.n,
        "at": stamp(change.at),
        "by": change.by,
        "kind": change.kind,
        "report": change.report,
        "schedule": change.schedule,
        "detail": change.detail,
    }


def counts(ws: Workspace) -> Json:
    """How much there is of everything, and how many changes of each kind were made."""
    reports = [report for report in ws.reports.values() if not report.is_dataset]
    return {
        "collections": sum(one.state == "active" for one in ws.collections.values()),
        "personal_collections": sum(
            one.state == "active" and one.personal for one in ws.collections.values()
        ),
        "reports": len(reports),
        "archived": sum(report.archived for report in reports),
        "datasets": len(ws.reports) - len(reports),
        "schedules": len(ws.schedules),
        "profiles": dict(sorted(Counter(one.profile for one in reports if not one.archived).items())),
        "changes": dict(Counter(change.kind for change in ws.changes)),
    }


def state(ws: Workspace) -> Json:
    """Everything."""
    return {
        "workspace": ws.name,
        "now": stamp(ws.now),
        "counts": counts(ws),
        "collections": [collection_json(one) for one in ws.collections.values()],
        "reports": [report_json(ws, one) for one in ws.reports.values()],
        "schedules": [schedule_json(ws.reports[one.report], one) for one in ws.schedules.values()],
        "members": [
            {"username": one.username, "email": one.email, "left": one.left} for one in ws.members.values()
        ],
        "changes": [change_json(change) for change in ws.changes],
    }
