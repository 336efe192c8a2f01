"""Every method of the client that sends anything, with the one request of it that is to meet trouble."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from airflow_provider_mode.client.client import ModeClient
from airflow_provider_mode.client.config import Signature
from airflow_provider_mode.client.errors import ModeError
from airflow_provider_mode.client.models import Collection, Report
from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.model import Report as Record
from tests.client.fire_line import Call, Method

BEGIN, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
DAILY = {"name": "Daily", "cron": {"freq": "daily", "hour": 8, "minute": 0, "time_zone": "UTC"}}
A = "/api/acme"
T = "[0-9a-f]+"
R = f"{A}/reports/{T}"


def _collection(sandbox: Sandbox) -> str:
    return next(one.token for one in sandbox.state.collections.values() if not one.personal)


def _report(sandbox: Sandbox) -> str:
    """The same report each time: one that has run, has queries and is somebody's mail."""
    return _mailed(sandbox).token


def _mailed(sandbox: Sandbox) -> Record:
    reports = sandbox.state.reports.values()
    return next(one for one in reports if one.subscriptions and one.last_success and len(one.queries) == 1)


def _ran(sandbox: Sandbox) -> tuple[str, str]:
    report = _mailed(sandbox)
    assert report.last_success is not None
    return report.token, report.last_success.token


def _new(sandbox: Sandbox) -> str:
    """A report of its own for each call that changes one."""
    return sandbox.add_report(name="Fire", collection=_collection(sandbox)).token


def _user(sandbox: Sandbox) -> Call:
    name = sandbox.state.admin.username
    return lambda client: client.user(name)


def _members(_sandbox: Sandbox) -> Call:
    return lambda client: list(client.members())


def _groups(_sandbox: Sandbox) -> Call:
    return lambda client: list(client.groups())


def _permissions(sandbox: Sandbox) -> Call:
    where = next(one.token for one in sandbox.state.collections.values() if one.grants)
    return lambda client: list(client.permissions(where))


def _audit_logs(_sandbox: Sandbox) -> Call:
    return lambda client: list(client.audit_logs(BEGIN, END, action="membership.created"))


def _reports(_sandbox: Sandbox) -> Call:
    return lambda client: list(client.reports())


def _reports_of(sandbox: Sandbox) -> Call:
    where = _collection(sandbox)
    return lambda client: list(client.reports(where))


def _datasets(sandbox: Sandbox) -> Call:
    where = _collection(sandbox)
    return lambda client: list(client.datasets(where))


def _walk(sandbox: Sandbox) -> Call:
    where = Collection(token=_collection(sandbox))

    def call(client: ModeClient) -> list[Report]:
        found = [item for _, item in client.walk([where])]
        for item in found:
            if isinstance(item, ModeError):
                raise item
        return [item for item in found if isinstance(item, Report)]

    return call


def _one_report(sandbox: Sandbox) -> Call:
    report = _report(sandbox)
    return lambda client: client.report(report)


def _dataset_reports(sandbox: Sandbox) -> Call:
    dataset = next(one.imports[0] for one in sandbox.state.reports.values() if one.imports)
    return lambda client: list(client.dataset_reports(dataset))


def _archive(sandbox: Sandbox) -> Call:
    report = _new(sandbox)
    return lambda client: client.archive(report).archived


def _unarchive(sandbox: Sandbox) -> Call:
    report = _new(sandbox)
    sandbox.set_record(report, archived=True)
    return lambda client: client.unarchive(report).archived


def _move(sandbox: Sandbox) -> Call:
    report, where = _new(sandbox), _collection(sandbox)
    return lambda client: client.move(report, collection=where).collection


def _delete_report(sandbox: Sandbox) -> Call:
    report = _new(sandbox)
    return lambda client: client.delete_report(report)


def _schedules(sandbox: Sandbox) -> Call:
    report = _report(sandbox)
    return lambda client: list(client.schedules(report))


def _create_schedule(sandbox: Sandbox) -> Call:
    report = _new(sandbox)
    return lambda client: client.create_schedule(report, DAILY).name


def _delete_schedule(sandbox: Sandbox) -> Call:
    report = _new(sandbox)
    schedule = sandbox.add_schedule(report, cron={"freq": "daily"}).token
    return lambda client: client.delete_schedule(report, schedule)


def _subscriptions(sandbox: Sandbox) -> Call:
    report = _report(sandbox)
    return lambda client: list(client.subscriptions(report))


def _subscription_members(sandbox: Sandbox) -> Call:
    report = _mailed(sandbox)
    subscription = next(iter(report.subscriptions))
    return lambda client: list(client.subscription_members(report.token, subscription))


def _run(sandbox: Sandbox) -> Call:
    report = _new(sandbox)
    return lambda client: client.run(report, {"region": "eu"}).state


def _report_run(sandbox: Sandbox) -> Call:
    report, run = _ran(sandbox)
    return lambda client: client.report_run(report, run)


def _runs(sandbox: Sandbox) -> Call:
    report = _report(sandbox)
    return lambda client: list(client.runs(report))


def _last_run(sandbox: Sandbox) -> Call:
    report = _report(sandbox)
    return lambda client: client.last_run(report)


def _cancel_run(sandbox: Sandbox) -> Call:
    report = _new(sandbox)
    run = sandbox.run(report).token
    return lambda client: client.cancel_run(report, run)


def _query_runs(sandbox: Sandbox) -> Call:
    report, run = _ran(sandbox)
    return lambda client: list(client.query_runs(report, run))


def _results(sandbox: Sandbox) -> Call:
    report, run = _ran(sandbox)
    return lambda client: b"".join(client.results(report, run))


def _pdf(sandbox: Sandbox) -> Call:
    report, run = _ran(sandbox)
    sandbox.switch(pdf_polls=0)
    return lambda client: b"".join(client.pdf(report, run, wait_for=3.0))


def _request_get(sandbox: Sandbox) -> Call:
    report = _report(sandbox)
    return lambda client: client.request("GET", f"reports/{report}")


def _said(body: Any, key: str) -> Any:
    return body.get(key) if isinstance(body, dict) else body


def _request_patch(sandbox: Sandbox) -> Call:
    report = _new(sandbox)
    body = {"report": {"name": "x"}}
    return lambda client: _said(client.request("PATCH", f"reports/{report}", json=body), "name")


def _request_post(sandbox: Sandbox) -> Call:
    report = _new(sandbox)
    return lambda client: _said(client.request("POST", f"reports/{report}/runs", json={}), "state")


def _request_delete(sandbox: Sandbox) -> Call:
    report = _new(sandbox)
    return lambda client: client.request("DELETE", f"reports/{report}")


def _discovery(name: str) -> Method:
    return Method(
        name=f"discovery.{name}",
        kind="list",
        verb="GET",
        path=f"/batch/acme/{name}",
        make=lambda _: lambda client: list(getattr(client.discovery, name)()),
    )


def _mint(_sandbox: Sandbox) -> Call:
    return lambda client: client.discovery.mint("nightly", END).name


def _revoke(sandbox: Sandbox) -> Call:
    made = sandbox.state.signatures["sandbox-signature"]
    sandbox.state.signatures["abc"] = made
    signature = Signature(token="abc", access_key="k", access_secret="s")
    return lambda client: client.discovery.revoke(signature)


def _get(name: str, path: str, make: Any, kind: str = "list") -> Method:
    return Method(name=name, kind=kind, verb="GET", path=path, make=make)


METHODS = (
    _get("verify", "/api/verify", lambda _: lambda client: client.verify(), "record"),
    _get("user", "/api/[a-z-]+", _user, "thing"),
    _get("members", f"{A}/memberships", _members),
    _get("groups", f"{A}/groups", _groups),
    _get("permissions", f"{A}/spaces/{T}/permissions", _permissions),
    _get("audit_logs", f"{A}/audit_logs", _audit_logs),
    _get("collections", f"{A}/spaces", lambda _: lambda client: list(client.collections())),
    _get("reports", f"{A}/spaces", _reports),
    _get("reports of a collection", f"{A}/spaces/{T}/reports", _reports_of),
    _get("datasets", f"{A}/spaces/{T}/datasets", _datasets),
    _get("walk", f"{A}/spaces/{T}/reports", _walk),
    _get("report", R, _one_report, "thing"),
    _get("dataset_reports", f"{A}/datasets/{T}/reports", _dataset_reports),
    Method(name="archive", kind="patch", verb="PATCH", path=f"{R}/archive", make=_archive),
    Method(name="unarchive", kind="patch", verb="PATCH", path=f"{R}/unarchive", make=_unarchive),
    Method(name="move", kind="patch", verb="PATCH", path=R, make=_move),
    Method(name="delete_report", kind="delete", verb="DELETE", path=R, make=_delete_report),
    Method(name="purge_results", kind="post", verb="POST", path=f"{A}/reports/purge",
           make=lambda _: lambda client: client.purge_results(before=date(2020, 1, 1))),
    _get("schedules", f"{R}/schedules", _schedules),
    Method(name="create_schedule", kind="start", verb="POST", path=f"{R}/schedules", make=_create_schedule),
    Method(
        name="delete_schedule", kind="delete", verb="DELETE", path=f"{R}/schedules/{T}", make=_delete_schedule
    ),
    _get("subscriptions", f"{R}/subscriptions", _subscriptions),
    _get(
        "subscription_members", f"{R}/subscriptions/{T}/email_memberships", _subscription_members, "optional"
    ),
    Method(name="run", kind="start", verb="POST", path=f"{R}/runs", make=_run),
    _get("report_run", f"{R}/runs/{T}", _report_run, "thing"),
    _get("runs", f"{R}/runs", _runs),
    _get("last_run", f"{R}/runs", _last_run),
    Method(name="cancel_run", kind="put", verb="PUT", path=f"{R}/runs/{T}/cancel", make=_cancel_run),
    _get("query_runs", f"{R}/runs/{T}/query_runs", _query_runs),
    _get("results", f"{R}/runs/{T}/results/content.csv", _results, "file"),
    _get("pdf", f"{R}/exports/runs/{T}/pdf/download", _pdf, "file"),
    _get("pdf (its job)", f"{R}/exports/runs/{T}/pdf.pdf", _pdf, "job"),
    _get("request GET", R, _request_get, "any"),
    Method(name="request PATCH", kind="raw patch", verb="PATCH", path=R, make=_request_patch),
    Method(name="request POST", kind="raw post", verb="POST", path=f"{R}/runs", make=_request_post),
    Method(name="request DELETE", kind="delete", verb="DELETE", path=R, make=_request_delete),
    *map(_discovery, ("reports", "report_stats", "spaces", "queries", "charts", "members")),
    Method(
        name="discovery.mint", kind="start", verb="POST", path="/batch/acme/signature_tokens", make=_mint
    ),
    Method(
        name="discovery.revoke", kind="delete", verb="DELETE", path="/batch/acme/signature_tokens/abc",
        make=_revoke,
    ),
)  # fmt: skip
