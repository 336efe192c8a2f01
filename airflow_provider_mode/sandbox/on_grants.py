"""Permissions on collections and data sources, and memberships of collections."""

from airflow_provider_mode.sandbox.call import Call, whole_list
from airflow_provider_mode.sandbox.exchange import Reply, bad_request, json_reply, not_found, wrapped
from airflow_provider_mode.sandbox.model import Grant
from airflow_provider_mode.sandbox.on_catalogue import found_source
from airflow_provider_mode.sandbox.on_collections import active
from airflow_provider_mode.sandbox.render_admin import grant_row, space_membership_row


def _grants(call: Call) -> tuple[dict[str, Grant], str]:
    if "source" in call.params:
        return found_source(call).grants, "data_source_entitlements"
    return active(call).grants, "space_entitlements"


def permissions(call: Call) -> Reply:
    """GET the permissions on a collection or a data source."""
    found, key = _grants(call)
    return whole_list(call, key, list(found.values()), grant_row)


def _grant(call: Call) -> Grant:
    found = _grants(call)[0]
    if call.params["permission"] not in found:
        raise not_found("permission")
    return found[call.params["permission"]]


def show_permission(call: Call) -> Reply:
    """GET a permission."""
    return json_reply(grant_row(call, _grant(call)))


def add_permission(call: Call) -> Reply:
    """POST a permission."""
    given = wrapped(call.request.json(), "permission")
    missing = [name for name in ("action", "accessor_type", "accessor_token") if not given.get(name)]
    if missing:
        raise bad_request(f"param is missing or the value is empty: {missing[0]}", "param_missing")
    made = Grant(call.ws.new_token(), given["action"], given["accessor_type"], given["accessor_token"])
    _grants(call)[0][made.token] = made
    call.ws.log(call.by, "create_permission", permission=made.token)
    return json_reply(grant_row(call, made))


def change_permission(call: Call) -> Reply:
    """PATCH what a permission allows."""
    found = _grant(call)
    found.action = wrapped(call.request.json(), "permission").get("action", found.action)
    call.ws.log(call.by, "patch_permission", permission=found.token)
    return json_reply(grant_row(call, found))


def drop_permission(call: Call) -> Reply:
    """DELETE a permission."""
    found = _grant(call)
    del _grants(call)[0][found.token]
    call.ws.log(call.by, "delete_permission", permission=found.token)
    return Reply()


def _space_members(call: Call) -> dict[str, Grant]:
    found = active(call)
    if found.personal:
        raise bad_request("Invalid space")
    return found.members


def space_members(call: Call) -> Reply:
    """GET the memberships of a shared collection (400 for a personal one)."""
    return whole_list(call, "space_memberships", list(_space_members(call).values()), space_membership_row)


def _space_member(call: Call) -> Grant:
    found = _space_members(call)
    if call.params["membership"] not in found:
        raise not_found("space membership")
    return found[call.params["membership"]]


def show_space_member(call: Call) -> Reply:
    """GET a membership of a collection."""
    return json_reply(space_membership_row(call, _space_member(call)))


def add_space_member(call: Call) -> Reply:
    """POST a member into a collection."""
    given = wrapped(call.request.json(), "membership")
    made = Grant(
        call.ws.new_token(), "view", given.get("member_type", "User"), str(given.get("member_token"))
    )
    _space_members(call)[made.token] = made
    return json_reply(space_membership_row(call, made))


def drop_space_member(call: Call) -> Reply:
    """DELETE a member from a collection."""
    del _space_members(call)[_space_member(call).token]
    return Reply()
