"""The sandbox's own routes, under `/_sandbox/`: no key, no limit, not counted."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow_provider_mode.sandbox import edits, firing, snapshot
from airflow_provider_mode.sandbox.clock import parse_moment, parse_span
from airflow_provider_mode.sandbox.cron import Cron
from airflow_provider_mode.sandbox.cron_body import read_cron
from airflow_provider_mode.sandbox.exchange import Refusal, Reply, Request, bad_request, json_reply, not_found
from airflow_provider_mode.sandbox.faults import Fault
from airflow_provider_mode.sandbox.model import Collection, Report, Run, Schedule
from airflow_provider_mode.sandbox.workspace import Workspace

if TYPE_CHECKING:
    from airflow_provider_mode.sandbox.app import App

PREFIX = "/_sandbox"
BY = "sandbox"
SETTABLE = frozenset(
    {"name", "description", "creator", "created_at", "updated_at", "edited_at", "last_saved_at",
     "last_viewed_at", "archived", "public", "view_count", "expected_runtime", "runs_count", "outcome",
     "error", "type", "imports", "settings", "profile"}
)  # fmt: skip
Json = dict[str, Any]
Handler = Callable[["App", dict[str, str], Json, dict[str, str]], Any]


def record_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of a report out of plain values: times may be ISO text (ValueError names an unknown one)."""
    if strange := sorted(set(given) - SETTABLE):
        raise ValueError(f"report: unknown {', '.join(strange)}; known: {', '.join(sorted(SETTABLE))}")
    values = dict(given)
    for name, value in given.items():
        if name.endswith("_at") and isinstance(value, str):
            values[name] = parse_moment(value)
    if "imports" in values:
        values["imports"] = tuple(values["imports"])
    return values


def schedule_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of a schedule out of plain values: `cron` as requests write it, Sunday = 0."""
    values = {key: given[key] for key in ("name", "parameters", "timeout", "failing") if key in given}
    return values | {"cron": read_cron(given.get("cron", {}), "sunday0", Cron(frequency="daily"))}


def add_report(ws: Workspace, given: Mapping[str, Any]) -> Report:
    """A new report in the collection named, or else in the first shared one."""
    rest = dict(given)
    named = rest.pop("collection", None)
    shared = next(one for one in ws.collections.values() if not one.personal and not one.restricted)
    collection = shared if named is None else ws.collection(named)
    return edits.add_report(ws, collection, BY, {"creator": ws.admin.username} | record_values(rest))


def change_record(ws: Workspace, report: Report, given: Mapping[str, Any]) -> Report:
    """Set a report's record as it is, without the marks that an edit leaves."""
    for name, value in record_values(given).items():
        setattr(report, name, value)
    ws.log(BY, "set_record", report.token, fields=sorted(given))
    return report


def add_schedule(ws: Workspace, report: Report, given: Mapping[str, Any]) -> Schedule:
    """A new schedule; `subscribers` is a list of addresses that get it by mail."""
    schedule = edits.add_schedule(ws, report, BY, schedule_values(given))
    if emails := given.get("subscribers"):
        edits.subscribe(ws, report, schedule, emails)
    return schedule


def run_report(ws: Workspace, report: Report, given: Mapping[str, Any]) -> Run:
    """A run by hand; `outcome` (failed, cancelled, never, ...) and `error` hold for this and later runs."""
    report.outcome = given.get("outcome", report.outcome)
    report.error = given.get("error", report.error)
    return edits.start_run(ws, report, given.get("by", ws.admin.username), given.get("parameters", {}))


def add_collection(ws: Workspace, given: Mapping[str, Any]) -> Collection:
    """A new collection; `creator` is a username."""
    return edits.add_collection(ws, given.get("creator", ws.admin.username), given)


def move_clock(ws: Workspace, given: Mapping[str, Any]) -> datetime:
    """Set, advance, freeze or unfreeze the clock; what is due happens at once."""
    if strange := sorted(set(given) - {"set", "advance", "frozen"}):
        raise ValueError(f"clock: unknown {', '.join(strange)}; known: advance, frozen, set")
    if "frozen" in given:
        (ws.clock.freeze if given["frozen"] else ws.clock.unfreeze)()
    if "set" in given:
        ws.clock.move_to(parse_moment(given["set"]))
    if "advance" in given:
        ws.clock.advance(parse_span(given["advance"]))
    firing.tick(ws)
    return ws.now


def _report(app: "App", params: dict[str, str]) -> Report:
    return app.workspace.report(params["report"])


def _shown(app: "App", report: Report) -> Json:
    return snapshot.report_json(app.workspace, report)


def _clock(app: "App", _params: dict[str, str], body: Json, _query: dict[str, str]) -> Json:
    ws = app.workspace
    now = move_clock(ws, body)
    return {"now": now.isoformat(timespec="milliseconds"), "frozen": ws.clock.frozen}


def _reset(app: "App", _params: dict[str, str], _body: Json, _query: dict[str, str]) -> Json:
    app.reset()
    return snapshot.counts(app.workspace)


def _set_switches(app: "App", _params: dict[str, str], body: Json, _query: dict[str, str]) -> Json:
    app.switches.update(body)
    return dict(app.switches)


def _faults(app: "App", _params: dict[str, str], _body: Json, _query: dict[str, str]) -> list[Json]:
    return [asdict(fault) for fault in app.faults.faults]


def _clear_faults(app: "App", _params: dict[str, str], _body: Json, _query: dict[str, str]) -> list[Json]:
    app.faults.clear()
    return []


def _requests(app: "App", _params: dict[str, str], _body: Json, query: dict[str, str]) -> list[Json]:
    after = int(query.get("after", "0"))
    return [asdict(one) for one in app.requests if one.n > after]


def _forget_requests(app: "App", _params: dict[str, str], _body: Json, _query: dict[str, str]) -> list[Json]:
    app.requests.clear()
    app.limiter.reset()
    return []


def _views(app: "App", params: dict[str, str], body: Json, _query: dict[str, str]) -> Json:
    at = parse_moment(body["at"]) if "at" in body else None
    edits.view(app.workspace, _report(app, params), body.get("times", 1), at)
    return _shown(app, _report(app, params))


def _edit(app: "App", params: dict[str, str], body: Json, _query: dict[str, str]) -> Json:
    report = _report(app, params)
    edits.change_report(app.workspace, report, BY, {"name": report.name} | body)
    return _shown(app, report)


def _delete(app: "App", params: dict[str, str], _body: Json, _query: dict[str, str]) -> Json:
    edits.delete_report(app.workspace, _report(app, params), BY)
    return {}


def _run(app: "App", params: dict[str, str], body: Json, _query: dict[str, str]) -> Json:
    run = run_report(app.workspace, _report(app, params), body)
    return {"token": run.token, "state": run.state(app.workspace.now)}


def _add_schedule(app: "App", params: dict[str, str], body: Json, _query: dict[str, str]) -> Json:
    report = _report(app, params)
    return snapshot.schedule_json(report, add_schedule(app.workspace, report, body))


def _drop_schedule(app: "App", params: dict[str, str], _body: Json, _query: dict[str, str]) -> Json:
    report = _report(app, params)
    edits.remove_schedule(app.workspace, report, app.workspace.schedule(report, params["schedule"]), BY)
    return _shown(app, report)


def _drop_collection(app: "App", params: dict[str, str], _body: Json, _query: dict[str, str]) -> Json:
    found = app.workspace.collection(params["space"])
    edits.delete_collection(app.workspace, found, BY)
    return snapshot.collection_json(found)


def _leave(app: "App", params: dict[str, str], _body: Json, _query: dict[str, str]) -> Json:
    member = app.workspace.member_named(params["username"])
    if member is None:
        raise not_found("member")
    member.left = True
    return {"username": member.username, "left": True}


def _changes(app: "App", _params: dict[str, str], _body: Json, query: dict[str, str]) -> list[Json]:
    after = int(query.get("after", "0"))
    return [snapshot.change_json(one) for one in app.workspace.changes if one.n > after]


ONE = "/reports/{report}"
TABLE: dict[tuple[str, str], Handler] = {
    ("GET", "/state"): lambda app, _p, _b, _q: snapshot.state(app.workspace),
    ("GET", "/counts"): lambda app, _p, _b, _q: snapshot.counts(app.workspace),
    ("GET", "/changes"): _changes,
    ("GET", "/requests"): _requests,
    ("DELETE", "/requests"): _forget_requests,
    ("GET", "/usage"): lambda app, _p, _b, _q: app.limiter.to_json(),
    ("POST", "/reset"): _reset,
    ("GET", "/switches"): lambda app, _p, _b, _q: dict(app.switches),
    ("POST", "/switches"): _set_switches,
    ("GET", "/clock"): _clock,
    ("POST", "/clock"): _clock,
    ("GET", "/faults"): _faults,
    ("POST", "/faults"): lambda app, _p, body, _q: asdict(app.faults.add(Fault.from_json(body))),
    ("DELETE", "/faults"): _clear_faults,
    ("POST", "/collections"): lambda app, _p, body, _q: snapshot.collection_json(
        add_collection(app.workspace, body)
    ),
    ("DELETE", "/collections/{space}"): _drop_collection,
    ("POST", "/members/{username}/leave"): _leave,
    ("POST", "/reports"): lambda app, _p, body, _q: _shown(app, add_report(app.workspace, body)),
    ("GET", ONE): lambda app, params, _b, _q: _shown(app, _report(app, params)),
    ("PATCH", ONE): lambda app, params, body, _q: _shown(
        app, change_record(app.workspace, _report(app, params), body)
    ),
    ("DELETE", ONE): _delete,
    ("POST", ONE + "/views"): _views,
    ("POST", ONE + "/edit"): _edit,
    ("POST", ONE + "/run"): _run,
    ("POST", ONE + "/schedules"): _add_schedule,
    ("DELETE", ONE + "/schedules/{schedule}"): _drop_schedule,
}


def _match(pattern: str, path: str) -> dict[str, str] | None:
    wanted, got = pattern.split("/"), path.split("/")
    if len(wanted) != len(got):
        return None
    params = {}
    for want, step in zip(wanted, got, strict=True):
        if want.startswith("{"):
            params[want[1:-1]] = step
        elif want != step:
            return None
    return params


def answer(app: "App", request: Request) -> Reply:
    """The reply to a control request (Refusal 404: no such route, 400: senseless values)."""
    path = request.path.removeprefix(PREFIX)
    for (method, pattern), handler in TABLE.items():
        params = _match(pattern, path) if method == request.method else None
        if params is not None:
            firing.tick(app.workspace)
            try:
                return json_reply(
                    handler(app, params, request.json(), request.query), media_type="application/json"
                )
            except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
                raise bad_request(str(error)) from error
    known = ", ".join(f"{method} {PREFIX}{pattern}" for method, pattern in TABLE)
    raise Refusal(HTTPStatus.NOT_FOUND, "not_found", f"no such control route; there are {known}")
