"""Subscriptions to schedules, and who gets them."""

from collections.abc import Mapping
from typing import Any

from airflow_provider_mode.sandbox.call import Call, Json, link, whole_list
from airflow_provider_mode.sandbox.exchange import Reply, bad_request, either, json_reply, not_found
from airflow_provider_mode.sandbox.model import Report, Subscription
from airflow_provider_mode.sandbox.on_schedules import own_report, seen_report
from airflow_provider_mode.sandbox.render_schedules import subscription_row


def _list(call: Call, report: Report, rows: list[Subscription]) -> Reply:
    return whole_list(
        call,
        "report_subscriptions",
        rows,
        lambda one, subscription: subscription_row(one, report, subscription),
    )


def index(call: Call) -> Reply:
    """GET every subscription of a report."""
    report = seen_report(call)
    return _list(call, report, list(report.subscriptions.values()))


def of_schedule(call: Call) -> Reply:
    """GET the subscriptions of a schedule."""
    report = seen_report(call)
    schedule = call.ws.schedule(report, call.params["schedule"])
    return _list(
        call, report, [one for one in report.subscriptions.values() if one.schedule == schedule.token]
    )


def _found(call: Call, report: Report) -> Subscription:
    if call.params["subscription"] not in report.subscriptions:
        raise not_found("report subscription")
    return report.subscriptions[call.params["subscription"]]


def _flags(given: Mapping[str, Any]) -> dict[str, bool]:
    """Both shapes that sources show: with `_enabled` in a wrapper, and flat without."""
    names = ("data_previews", "data_tables", "csv_attachments", "pdf_attachments", "report_links")
    values = {name: given.get(f"{name}_enabled", given.get(name)) for name in names}
    return {f"{name}_enabled": bool(value) for name, value in values.items() if value is not None}


def create(call: Call) -> Reply:
    """POST a subscription, to the schedule named by `report_schedule_token` or to none."""
    report = own_report(call)
    body = call.request.json()
    given = either(body, "report_subscription")
    schedule = given.get("report_schedule_token")
    if schedule is not None:
        call.ws.schedule(report, str(schedule))
    made = Subscription(call.ws.new_token(), schedule, _flags(given))
    report.subscriptions[made.token] = made
    call.ws.log(call.by, "create_subscription", report.token, schedule, subscription=made.token)
    return json_reply(subscription_row(call, report, made))


def show(call: Call) -> Reply:
    """GET a subscription."""
    report = seen_report(call)
    return json_reply(subscription_row(call, report, _found(call, report)))


def change(call: Call) -> Reply:
    """PATCH what a subscription sends."""
    report = own_report(call)
    found = _found(call, report)
    body = call.request.json()
    found.flags |= _flags(either(body, "report_subscription"))
    call.ws.log(call.by, "patch_subscription", report.token, found.schedule, subscription=found.token)
    return json_reply(subscription_row(call, report, found))


def delete(call: Call) -> Reply:
    """DELETE a subscription."""
    report = own_report(call)
    found = report.subscriptions.pop(_found(call, report).token)
    call.ws.log(call.by, "delete_subscription", report.token, found.schedule, subscription=found.token)
    return Reply()


def _address(call: Call, kind: str, token: str, value: str) -> Json:
    own = f"{call.request.path.partition(f'/{kind}_memberships')[0]}/{kind}_memberships/{token}"
    return {"token": token, "email" if kind == "email" else "channel": value, "_links": {"self": link(own)}}


def _addresses(subscription: Subscription, kind: str) -> dict[str, str]:
    return subscription.emails if kind == "email" else subscription.channels


def members(call: Call) -> Reply:
    """GET the addresses, or the channels, of a subscription."""
    kind = call.params["kind"]
    rows = list(_addresses(_found(call, seen_report(call)), kind).items())
    return whole_list(
        call, f"{kind}_subscription_memberships", rows, lambda one, row: _address(one, kind, *row)
    )


def add_member(call: Call) -> Reply:
    """POST an address, or a channel."""
    kind, found = call.params["kind"], _found(call, own_report(call))
    body = call.request.json()
    given = either(body, "membership")
    value = given.get("email" if kind == "email" else "channel")
    if not value:
        raise bad_request("param is missing or the value is empty: membership", "param_missing")
    token = call.ws.new_token()
    _addresses(found, kind)[token] = str(value)
    return json_reply(_address(call, kind, token, str(value)))


def drop_member(call: Call) -> Reply:
    """DELETE an address, or a channel."""
    found = _addresses(_found(call, own_report(call)), call.params["kind"])
    if found.pop(call.params["member"], None) is None:
        raise not_found("membership")
    return Reply()
