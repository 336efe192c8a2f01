"""Members, groups, invitations and the audit log."""

from collections.abc import Callable
from datetime import datetime

from airflow_provider_mode.sandbox.call import RUNS_PAGE, Call, Json, counted_page, link, whole_list
from airflow_provider_mode.sandbox.clock import parse_moment
from airflow_provider_mode.sandbox.exchange import (
    Reply,
    bad_request,
    forbidden,
    json_reply,
    not_found,
    wrapped,
)
from airflow_provider_mode.sandbox.model import Group, Member, token_from
from airflow_provider_mode.sandbox.render_admin import (
    group_row,
    lite_row,
    membership_row,
)

LOG_PAGE = 50
LOG_QUERY = frozenset(
    {"start_timestamp", "end_timestamp", "action", "entity_id", "entity_type", "entity_name", "username",
     "ip", "event_source", "next_token"}
)  # fmt: skip
FILTERS: dict[str, Callable[[Json], str | None]] = {
    "action": lambda row: row["action"],
    "username": lambda row: row["actor"]["username"],
    "ip": lambda row: row["actor"]["ip"],
    "entity_id": lambda row: row["entity"]["entity_id"],
    "entity_type": lambda row: row["entity"]["entity_type"],
    "entity_name": lambda row: row["entity"]["entity_name"],
}
"""Of an entry, what each filter compares; of `event_source` the log tells nothing, so it filters nothing."""


def memberships(call: Call) -> Reply:
    """GET the members, with a workspace key."""
    if not call.caller.everything or not call.switches.shows("memberships"):
        raise not_found("memberships")
    return counted_page(call, "memberships", call.ws.present_members(), membership_row)


def lite(call: Call) -> Reply:
    """GET the members in short, all at once, with any key."""
    return whole_list(call, "memberships", call.ws.present_members(), lite_row)


def _member(call: Call) -> Member:
    for member in call.ws.present_members():
        if call.ws.membership_token(member) == call.params["membership"]:
            return member
    raise not_found("membership")


def show_membership(call: Call) -> Reply:
    """GET a membership."""
    return json_reply(membership_row(call, _member(call)))


def drop_membership(call: Call) -> Reply:
    """DELETE a member, with a workspace key."""
    member = _member(call)
    if not call.caller.everything:
        raise forbidden()
    member.left = True
    call.ws.log(call.by, "delete_membership", member=member.username)
    return Reply()


def invite(call: Call) -> Reply:
    """POST an invitation; not for workspace keys."""
    if call.caller.everything:
        raise forbidden("not available to workspace API tokens")
    given = wrapped(call.request.json(), "invite")
    email = wrapped(given, "invitee").get("email")
    call.ws.log(call.by, "invite", email=email)
    return json_reply({"token": call.ws.new_token(), "email": email, "message": given.get("message")})


def groups(call: Call) -> Reply:
    """GET the groups, or a member's; the next link is wrong, and there even on the last page, as in Mode."""
    if "data_source" in call.query and "member" not in call.query:
        raise bad_request("When sending data source, must send user")
    rows = list(call.ws.groups.values())
    if "member" in call.query:
        member = call.ws.member_named(call.query["member"])
        rows = [one for one in rows if member is not None and member.token in one.members.values()]
    page = call.number("page", 1) + 1
    bogus = {"next_page": link(f"/api/{call.ws.id}/groups.{call.ws.name}?page={page}")}
    return counted_page(call, "groups", rows, group_row, default=RUNS_PAGE, other_links=bogus)


def _group(call: Call) -> Group:
    if call.params["group"] not in call.ws.groups:
        raise not_found("group")
    return call.ws.groups[call.params["group"]]


def show_group(call: Call) -> Reply:
    """GET a group."""
    return json_reply(group_row(call, _group(call)))


def add_group(call: Call) -> Reply:
    """POST a group."""
    given = wrapped(call.request.json(), "user_group")
    made = Group(call.ws.new_token(), given.get("name", "Untitled"))
    call.ws.groups[made.token] = made
    call.ws.log(call.by, "create_group", group=made.token)
    return json_reply(group_row(call, made))


def change_group(call: Call) -> Reply:
    """PATCH a group's name."""
    found = _group(call)
    found.name = wrapped(call.request.json(), "user_group").get("name", found.name)
    call.ws.log(call.by, "patch_group", group=found.token)
    return json_reply(group_row(call, found))


def drop_group(call: Call) -> Reply:
    """DELETE a group."""
    found = _group(call)
    del call.ws.groups[found.token]
    call.ws.log(call.by, "delete_group", group=found.token)
    return Reply()


def _in_group(call: Call, row: tuple[str, str]) -> Json:
    own = f"{call.root}/groups/{call.params['group']}/memberships/{row[0]}"
    return {"token": row[0], "member_token": row[1], "_links": {"self": link(own)}}


def group_members(call: Call) -> Reply:
    """GET the members of a group, all at once, or one by the user's id."""
    rows = list(_group(call).members.items())
    if call.query.get("filter") == "by_user_id":
        wanted = {one.token for one in call.ws.members.values() if str(one.id) == call.query.get("user_id")}
        rows = [row for row in rows if row[1] in wanted]
    return whole_list(call, "group_memberships", rows, _in_group)


def _group_member(call: Call) -> tuple[str, str]:
    members, token = _group(call).members, call.params["membership"]
    if token not in members:
        raise not_found("group membership")
    return token, members[token]


def show_group_member(call: Call) -> Reply:
    """GET a membership of a group."""
    return json_reply(_in_group(call, _group_member(call)))


def add_group_member(call: Call) -> Reply:
    """POST a member into a group."""
    group, given = _group(call), wrapped(call.request.json(), "membership")
    wanted = str(given.get("member_token"))
    if all(member.token != wanted for member in call.ws.present_members()):
        raise not_found("member")
    token = call.ws.new_token()
    group.members[token] = wanted
    return json_reply(_in_group(call, (token, wanted)))


def drop_group_member(call: Call) -> Reply:
    """DELETE a member from a group."""
    del _group(call).members[_group_member(call)[0]]
    return Reply()


def _entries(call: Call) -> list[Json]:
    """The log: members joining, then every change made here, oldest first."""
    ws = call.ws
    joined = sorted(ws.members.values(), key=lambda one: one.joined_at)
    rows = [_entry(call, "membership.created", one.joined_at, one.username, one.token) for one in joined]
    for change in ws.changes:
        entity = change.report or change.schedule or ws.token
        rows.append(_entry(call, change.kind, change.at, change.by, entity))
    return rows


def _entry(call: Call, action: str, at: datetime, username: str, entity: str) -> Json:
    return {
        "id": token_from(action, at, entity),
        "action": action,
        "description": action.replace("_", " "),
        "timestamp": at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "workspace_username": call.ws.name,
        "context": {},
        "actor": {"ip": "192.0.2.1", "user_agent": "sandbox", "user_id": None, "username": username},
        "entity": {"entity_id": entity, "entity_type": "Report", "entity_name": None},
    }


def audit_logs(call: Call) -> Reply:
    """GET the audit log between two moments, by cursor."""
    try:
        start, end = (parse_moment(call.query[f"{name}_timestamp"]) for name in ("start", "end"))
    except KeyError as error:
        raise bad_request(
            f"param is missing or the value is empty: {error.args[0]}", "param_missing"
        ) from None
    except ValueError:
        raise bad_request("timestamps must be ISO 8601") from None
    rows = [row for row in _entries(call) if start <= parse_moment(row["timestamp"]) <= end]
    for name in sorted(set(FILTERS) & set(call.query)):
        rows = [row for row in rows if FILTERS[name](row) == call.query[name]]
    first = call.number("next_token", 0)
    shown = rows[first : first + LOG_PAGE]
    more = str(first + LOG_PAGE) if first + LOG_PAGE < len(rows) else None
    return json_reply({"audit_logs": shown, "next_token": more}, media_type="application/json")
