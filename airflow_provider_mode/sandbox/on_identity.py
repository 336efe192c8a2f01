"""Who the key is, the workspace's record, and users."""

from airflow_provider_mode.sandbox.auth import LOGIN, NOBODY, unauthorized
from airflow_provider_mode.sandbox.call import Call, Json, link
from airflow_provider_mode.sandbox.clock import stamp
from airflow_provider_mode.sandbox.exchange import Reply, bad_request, json_reply, not_found
from airflow_provider_mode.sandbox.model import Member, token_from


def _key(call: Call, login: str) -> str:
    return token_from("key", call.ws.token, login)


def verify(call: Call) -> Reply:
    """GET what the key is: the credential check."""
    answer: Json = {"workspace": call.ws.name, "workspace_token": call.ws.token}
    own = call.root
    if call.switches.shows("key_scope"):
        answer["api_key_scope"] = call.caller.scope
        own = f"{call.root}/api_keys/{_key(call, call.caller.login)}"
    return json_reply({**answer, "_links": {"self": link(own)}})


def api_key(call: Call) -> Reply:
    """GET the caller's key, which names the member who made it."""
    if call.params["key"] != _key(call, call.caller.login):
        raise not_found("api key")
    name = "Workspace" if call.caller.login == LOGIN else "Member"
    links = {"self": link(call.request.path), "member": link(f"/api/{call.caller.username}")}
    return json_reply({"token_name": name, "_links": links})


def account(_call: Call) -> Reply:
    """GET that does not work with API keys."""
    raise bad_request("unsupported for use with Api Keys")


def record(call: Call) -> Reply:
    """GET the workspace's record, without a key too; or a user's, with one."""
    name = call.params["workspace"]
    if name != call.ws.name:
        if call.caller is NOBODY:
            raise unauthorized()
        member = call.ws.member_named(name)
        if member is None:
            raise not_found("account")
        return json_reply(_user(call, member))
    if call.caller is NOBODY and call.switches["anonymous_workspace"] == "401":
        raise unauthorized()
    return json_reply(_workspace(call))


def _workspace(call: Call) -> Json:
    ws, root = call.ws, call.root
    names = ("spaces", "data_sources", "definitions", "memberships", "groups")
    return {
        "username": ws.name,
        "name": ws.name.title(),
        "id": call.id(ws.id),
        "token": ws.token,
        "user": False,
        "plan_code": "plus",
        "trial_state": "none",
        "membership_type": "admin" if call.caller.everything else "full",
        "space_count": 0,
        "data_source_count": len(ws.data_sources),
        "created_at": stamp(ws.created_at),
        "_links": {"self": link(root)} | {name: link(f"{root}/{name}") for name in names},
    }


def _user(call: Call, member: Member) -> Json:
    shown: Json = {
        "username": member.username,
        "name": member.name,
        "id": call.id(member.id),
        "token": member.token,
        "user": True,
        "created_at": stamp(member.joined_at),
        "organizations_count": 1,
        "_links": {"self": link(f"/api/{member.username}")},
    }
    if call.switches.shows("user_email"):
        shown["email"] = member.email
    return shown
