"""Schedules and subscriptions as Mode's JSON."""

from typing import Any

from airflow_provider_mode.sandbox.call import Call, Json, link
from airflow_provider_mode.sandbox.clock import offset_stamp, stamp
from airflow_provider_mode.sandbox.cron import FREQUENCIES, NOON, WEEKDAYS, ZONES
from airflow_provider_mode.sandbox.cron_body import LAST_DAY, day_number
from airflow_provider_mode.sandbox.model import Report, Schedule, Subscription
from airflow_provider_mode.sandbox.render_reports import WEB


def schedule_row(call: Call, schedule: Schedule) -> Json:
    """A schedule: the hour in prose, the numbers beside it."""
    report, cron = call.ws.reports[schedule.report], schedule.cron
    row: Json = {
        "token": schedule.token,
        "name": schedule.name,
        "report_token": report.token,
        "report_name": report.name,
        "report_type": report.type,
        "frequency": cron.frequency,
        "hour": cron.hour_prose(),
        "minute": cron.minute_prose(),
        "time_zone": cron.time_zone,
        "parameters": schedule.parameters,
        "timeout": schedule.timeout,
        "retry_state": "failed" if schedule.failing else "ok",
        "retry_count": 0,
        "retry_delay": 0,
        "created_at": stamp(schedule.created_at),
        "updated_at": stamp(schedule.updated_at),
        "last_scheduled_run": offset_stamp(schedule.last_run_at),
        "next_scheduled_run": offset_stamp(schedule.next_run_at),
        "subscribed": False,
        "subscriber_count": report.subscribers(schedule.token),
    }
    if cron.frequency == "weekly":
        row["day_of_week"] = cron.weekday_prose()
    if cron.frequency == "monthly":
        row["day_of_month"] = str(cron.day_of_month)
    if call.switches.shows("cron_numbers"):
        row["cron_hour"], row["cron_minute"] = cron.hour, cron.minute
    if call.switches.shows("schedule_runs"):
        row["last_run_at"] = offset_stamp(schedule.last_run_at)
        row["last_succeeded_at"] = None if schedule.failing else offset_stamp(schedule.last_run_at)
    own = f"{call.root}/reports/{report.token}/schedules/{schedule.token}"
    row["_links"] = {
        "self": link(own),
        "account": link(call.root),
        "creator": link(f"/api/{schedule.creator}"),
        "report": link(f"{call.root}/reports/{report.token}"),
        "report_web": link(f"{WEB}/{call.ws.name}/reports/{report.token}"),
        "report_runs": link(f"{own}/runs"),
        "report_subscriptions": link(f"{own}/subscriptions"),
    }
    if call.switches.shows("schedule_forms"):
        row["_forms"] = {
            "edit": {"method": "patch", "action": own, "input": {"report_schedule": _inputs(call, schedule)}},
            "destroy": {"method": "delete", "action": own},
        }
    return row


def _select(value: Any, options: list[list[Any]]) -> Json:
    chosen = {"type": "select", "options": options}
    return chosen if value is None else chosen | {"value": value}


def _inputs(call: Call, schedule: Schedule) -> Json:
    """The edit form: values as numbers, options as pairs of label and value."""
    cron, base = schedule.cron, call.switches["day_of_week"]
    days = [day_number(base, day) for day in cron.weekdays] if cron.frequency == "weekly" else None
    hours = [[f"{hour % NOON or NOON} {'am' if hour < NOON else 'pm'}", hour] for hour in range(24)]
    return {
        "name": {"type": "text", "value": schedule.name},
        "timeout": {"type": "number", "value": schedule.timeout},
        "params": {"type": "text", "value": schedule.parameters},
        "cron": {
            "freq": _select(
                cron.frequency, [[one.replace("_", " ").capitalize(), one] for one in FREQUENCIES]
            ),
            "hour": _select(cron.hour, hours),
            "minute": _select(cron.minute, [[f"{minute:02d}", minute] for minute in range(0, 60, 5)]),
            "time_zone": _select(cron.time_zone, [[zone, zone] for zone in ZONES]),
            "day_of_week": _select(
                days, [[name, day_number(base, day)] for day, name in enumerate(WEEKDAYS)]
            ),
            "day_of_month": _select(
                cron.day_of_month if cron.frequency == "monthly" else None,
                [[str(day), day] for day in range(1, LAST_DAY + 1)],
            ),
        },
    }


def subscription_row(call: Call, report: Report, subscription: Subscription) -> Json:
    """A subscription; its token stands in its link only."""
    own = f"{call.root}/reports/{report.token}/subscriptions/{subscription.token}"
    links = {
        "self": link(own),
        "report": link(f"{call.root}/reports/{report.token}"),
        "email_subscription_memberships": link(f"{own}/email_memberships"),
        "slack_subscription_memberships": link(f"{own}/slack_memberships"),
    }
    if subscription.schedule is not None:
        links["report_schedule"] = link(
            f"{call.root}/reports/{report.token}/schedules/{subscription.schedule}"
        )
    names = ("data_previews", "data_tables", "csv_attachments", "pdf_attachments", "report_links")
    flags = {f"{name}_enabled": subscription.flags.get(f"{name}_enabled", False) for name in names}
    return {**flags, "email_subscriber_count": len(subscription.emails), "_links": links}
