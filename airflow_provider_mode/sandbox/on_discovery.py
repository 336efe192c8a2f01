"""Discovery: signatures, and bulk lists of everything with its use."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from airflow_provider_mode.sandbox.call import Call, Json, link
from airflow_provider_mode.sandbox.clock import parse_moment, stamp, whole_stamp
from airflow_provider_mode.sandbox.exchange import Reply, bad_request, json_reply, not_found, wrapped
from airflow_provider_mode.sandbox.model import Member, Report, Signature
from airflow_provider_mode.sandbox.render_reports import WEB

MOST = 1000
NAME_LEAST, NAME_MOST = 4, 64
JSON = "application/json"


def mint(call: Call) -> Reply:
    """POST a signature; its parts are shown this once."""
    given = wrapped(call.request.json(), "signature_token")
    name = given.get("name") or ""
    if not NAME_LEAST <= len(name) <= NAME_MOST:
        raise bad_request(f"name must have {NAME_LEAST} to {NAME_MOST} characters")
    try:
        expires_at = parse_moment(str(given.get("expires_at")))
    except ValueError:
        raise bad_request("expires_at must be ISO 8601") from None
    ws = call.ws
    token = ws.new_token()
    made = Signature(token, name, f"sandbox-key-{token}", f"sandbox-secret-{token}", ws.now, expires_at)
    ws.signatures[token] = made
    answer = {
        "token": token,
        "name": name,
        "creator_id": ws.admin.id,
        "organization_id": ws.id,
        "access_key": made.access_key,
        "access_secret": made.access_secret,
        "created_at": stamp(made.created_at),
        "updated_at": stamp(made.created_at),
        "expires_at": stamp(made.expires_at),
        "authentication_for": "batch-api",
        "authorization_type": "read-only",
    }
    return json_reply(answer, media_type=JSON)


def revoke(call: Call) -> Reply:
    """DELETE a signature."""
    if call.ws.signatures.pop(call.params["signature"], None) is None:
        raise not_found("signature token")
    return json_reply({"message": "signature token was deleted"}, media_type=JSON)


def _page(call: Call, key: str, rows: Sequence[Any], render: Callable[[Call, Any], Json]) -> Reply:
    size = call.number("per_page", 0) if "per_page" in call.query else MOST
    if not size:
        raise bad_request("per_page must be greater than 0")
    size, page = min(MOST, size), call.number("page", 1)
    shown = [render(call, row) for row in rows[(page - 1) * size : page * size]]
    total = -(-len(rows) // size)
    rest = "".join(
        f"&{name}={call.query[name]}" for name in ("include_spaces", "per_page") if name in call.query
    )
    path = call.request.path
    links = {"self": link(call.request.target)}
    if page < total:
        links["next_page"] = link(f"{path}?page={page + 1}{rest}")
    if page > 1:
        links["prev_page"] = link(f"{path}?page={page - 1}{rest}")
    counters = {
        "page": page,
        "per_page": size,
        "count": len(shown),
        "total_pages": total,
        "total_count": len(rows),
    }
    return json_reply({"pagination": counters, "_links": links, key: shown}, media_type=JSON)


def _covered(call: Call) -> Iterator[Report]:
    """The reports that Discovery knows: personal collections only when all are asked for."""
    ws, switches = call.ws, call.switches
    everything = call.query.get("include_spaces") == "all"
    for report in ws.reports.values():
        if report.is_dataset and switches["discovery_datasets"] == "excluded":
            continue
        if report.archived and switches["discovery_archived"] == "excluded":
            continue
        if everything or not ws.collections[report.collection].personal:
            yield report


def _email(call: Call, username: str) -> str | None:
    member = call.ws.members.get(username)
    return None if member is None else member.email


def _report(call: Call, report: Report) -> Json:
    ws, last, success = call.ws, report.last_run, report.last_success
    row: Json = {
        "id": call.id(report.id),
        "token": report.token,
        "name": report.name,
        "description": report.description,
        "created_at": stamp(report.created_at),
        "edited_at": stamp(report.edited_at),
        "updated_at": stamp(report.updated_at),
        "last_viewed_at": stamp(report.last_viewed_at),
        "last_run_at": stamp(report.last_run_at),
        "last_run_token": None if last is None else last.token,
        "last_run_state": None if last is None else last.state(ws.now),
        "last_successfully_run_at": None if success is None else stamp(success.ends),
        "creator_email": _email(call, report.creator),
        "space_id": str(ws.collections[report.collection].id),
        "space_token": report.collection,
        "report_url": f"{WEB}/{ws.name}/reports/{report.token}",
    }
    if not call.switches.shows("discovery_last_views"):
        del row["last_viewed_at"]
    return row


def reports(call: Call) -> Reply:
    """GET every report, archived or not, which it does not say."""
    return _page(call, "reports", list(_covered(call)), _report)


def _stats(call: Call, report: Report) -> Json:
    hand = [run for run in report.runs if run.schedule is None]
    owners = {schedule.creator for schedule in report.schedules.values()}
    return {
        "report_id": call.id(report.id),
        "report_token": report.token,
        "active_schedules_count": len(report.schedules),
        "explorations_count": 0,
        call.switches["discovery_views"]: report.view_count or 0,
        "recent_manual_run_creators_emails": sorted({_email(call, run.by) or run.by for run in hand}),
        "scheduled_run_creators_emails": sorted(_email(call, owner) or owner for owner in owners),
        "editors_emails": [_email(call, report.creator) or report.creator],
    }


def report_stats(call: Call) -> Reply:
    """GET the counts of every report."""
    return _page(call, "report_stats", list(_covered(call)), _stats)


def spaces(call: Call) -> Reply:
    """GET every collection, personal ones among them."""
    rows = [one for one in call.ws.collections.values() if one.state == "active"]
    return _page(
        call,
        "spaces",
        rows,
        lambda one, space: {
            "id": one.id(space.id),
            "token": space.token,
            "name": space.name,
            "description": space.description,
            "space_type": space.space_type,
            "default_access": space.access,
            "space_url": f"{WEB}/{one.ws.name}/spaces/{space.token}",
        },
    )


def _place(call: Call, report: Report) -> Json:
    return {
        "report_id": str(report.id),
        "report_token": report.token,
        "space_id": str(call.ws.collections[report.collection].id),
        "space_token": report.collection,
    }


def queries(call: Call) -> Reply:
    """GET every query."""
    rows = [(report, query) for report in _covered(call) for query in report.queries]
    return _page(
        call,
        "queries",
        rows,
        lambda one, row: {
            "id": one.id(row[1].id),
            "token": row[1].token,
            "name": row[1].name,
            "raw_query": row[1].raw_query,
            "creator_email": _email(one, row[1].creator),
            "data_source_token": row[1].data_source,
            **_place(one, row[0]),
        },
    )


def charts(call: Call) -> Reply:
    """GET every chart."""
    rows = [
        (report, query, chart)
        for report in _covered(call)
        for query in report.queries
        for chart in query.charts
    ]
    return _page(
        call,
        "charts",
        rows,
        lambda one, row: {
            "id": one.id(row[2].id),
            "token": row[2].token,
            "chart_type": row[2].kind,
            "chart_title": row[2].title,
            "query_id": str(row[1].id),
            "query_token": row[1].token,
            "report_creator_email": _email(one, row[0].creator),
            "exploration_url": f"{WEB}/{one.ws.name}/reports/{row[0].token}/explore/{row[2].token}",
            **_place(one, row[0]),
        },
    )


def _member(call: Call, member: Member) -> Json:
    def latest(moments: Iterator[datetime | None]) -> str | None:
        return whole_stamp(max(filter(None, moments), default=None))

    mine = [report for report in call.ws.reports.values() if report.creator == member.username]
    return {
        "id": str(member.id),
        "token": call.ws.membership_token(member),
        "state": "banned" if member.left else "active",
        "member_email": member.email,
        "member_token": member.token,
        "member_username": member.username,
        "banned_at": whole_stamp(call.ws.now) if member.left else None,
        "activated_at": whole_stamp(member.joined_at),
        "last_report_created_at": latest(report.created_at for report in mine),
        "last_report_viewed_at": latest(report.last_viewed_at for report in mine),
        "last_report_run_at": latest(report.last_run_by_hand_at for report in mine),
        "total_days_engaged": str(len(mine)),
    }


def members(call: Call) -> Reply:
    """GET every member, those who left among them."""
    return _page(call, call.switches["discovery_members"], list(call.ws.members.values()), _member)
