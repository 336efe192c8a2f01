from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox


def test_verify_names_workspace_and_scope(api: Any, mode_sandbox: Sandbox) -> None:
    """The credential check, with either key; its link names the member behind the key."""
    own = api.get("/api/verify").json
    assert (own["workspace"], own["api_key_scope"]) == ("acme", "workspace")
    key = api.get(own["_links"]["self"]["href"]).json
    assert key["token_name"] == "Workspace"
    assert api.get(key["_links"]["member"]["href"]).json["username"] == mode_sandbox.state.admin.username
    theirs = api.get("/api/verify", auth=api.member).json
    assert theirs["api_key_scope"] == "member"
    assert api.get(theirs["_links"]["self"]["href"], auth=api.member).json["token_name"] == "Member"
    assert api.get(own["_links"]["self"]["href"], auth=api.member).status == 404
    mode_sandbox.switch(key_scope="absent")
    assert "api_key_scope" not in api.get("/api/verify").json


def test_wrong_and_missing_credentials(api: Any, mode_sandbox: Sandbox) -> None:
    """401 with Mode's error object, in every shape of nonsense."""
    wrong = api.key(mode_sandbox.login, "wrong")
    for auth in (None, wrong, "Basic !!!", "Basic /w==", "Token x", api.bearer):
        answer = api.get("spaces", auth=auth)
        assert (answer.status, answer.json["id"]) == (401, "unauthorized")


def test_account_and_records(api: Any, mode_sandbox: Sandbox) -> None:
    """/account refuses keys; the workspace's record asks for none; users need one."""
    assert api.get("/api/account").json["message"] == "unsupported for use with Api Keys"
    assert api.get("/api/acme", auth=None).json["username"] == "acme"
    assert api.get("/api/acme", auth=api.member).json["membership_type"] == "full"
    mode_sandbox.switch(anonymous_workspace="401")
    assert api.get("/api/acme", auth=None).status == 401
    member = mode_sandbox.state.present_members()[0]
    assert api.get(f"/api/{member.username}").json["email"] == member.email
    assert api.get(f"/api/{member.username}", auth=None).status == 401
    mode_sandbox.switch(user_email=False)
    assert "email" not in api.get(f"/api/{member.username}").json


def test_users_who_left_are_gone(api: Any, mode_sandbox: Sandbox) -> None:
    """Their page is 404 while their reports still name them."""
    member = mode_sandbox.state.present_members()[2]
    api.control("POST", f"/members/{member.username}/leave")
    assert api.get(f"/api/{member.username}").json["message"] == "account not found"
    assert api("POST", f"/_sandbox/members/{member.username}/leave", auth=None).status == 404


@pytest.mark.parametrize(
    "path", ["/api/ACME/spaces", "/api/other/reports/x", "/api/nobody", "/batch/other/reports"]
)
def test_other_workspaces(api: Any, path: str) -> None:
    """They do not exist; names are lower case."""
    auth = api.bearer if path.startswith("/batch") else ""
    assert api.get(path, auth=auth).json == {"id": "not_found", "message": "account not found"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "reports"),
        ("POST", "spaces/abc"),
        ("GET", "nonsense/1"),
        ("PUT", "spaces"),
        ("GET", "/"),
        ("GET", "//x/y"),
    ],
)
def test_unknown_routes(api: Any, method: str, path: str) -> None:
    """What Mode does not route is not recognized, POST on a collection among them."""
    assert api(method, path).json == {"id": "not_found", "message": "request path not recognized"}


def test_unknown_parameters(api: Any, mode_sandbox: Sandbox) -> None:
    """Ignored, or refused where the switch says so."""
    assert api.get("definitions?colour=red&page=1").status == 200
    mode_sandbox.switch(unknown_params="refuse")
    answer = api.get("definitions?colour=red&page=1")
    assert (answer.status, answer.json["message"]) == (400, "found unpermitted parameter: colour")


def test_numeric_ids_are_not_routable(api: Any, mode_sandbox: Sandbox) -> None:
    """Only tokens are."""
    report = next(iter(mode_sandbox.state.reports.values()))
    assert api.get(f"reports/{report.id}").status == 404


def test_a_member_sees_what_its_member_sees(api: Any, mode_sandbox: Sandbox) -> None:
    """Shared collections and its own, no foreign personal or restricted ones; a permission opens those."""
    state = mode_sandbox.state
    everything = api.get("spaces?filter=all").rows("spaces")
    seen = {row["token"] for row in api.get("spaces?filter=all", auth=api.member).rows("spaces")}
    restricted = next(one for one in state.collections.values() if one.restricted)
    assert {row["token"] for row in everything} - seen == {restricted.token}
    foreign = state.home("growth-lead" if "growth-lead" in state.members else list(state.members)[3])
    assert api.get(f"spaces/{foreign.token}", auth=api.member).status == 403
    report = mode_sandbox.add_report(collection=restricted.token)
    assert api.get(f"reports/{report.token}", auth=api.member).status == 403
    me = state.members[list(state.members)[1]]
    grant = {"permission": {"action": "view", "accessor_type": "Account", "accessor_token": me.token}}
    api("POST", f"spaces/{restricted.token}/permissions", grant)
    assert api.get(f"reports/{report.token}", auth=api.member).status == 200


def test_a_member_changes_only_its_own(api: Any, mode_sandbox: Sandbox) -> None:
    """403 on archiving somebody else's report, unless the switch is generous."""
    me = list(mode_sandbox.state.members)[1]
    mine, theirs = mode_sandbox.add_report(creator=me), mode_sandbox.add_report()
    assert api("PATCH", f"reports/{mine.token}/archive", auth=api.member).status == 200
    assert api("PATCH", f"reports/{theirs.token}/archive", auth=api.member).json["id"] == "forbidden"
    assert not theirs.archived
    mode_sandbox.switch(member_archive="visible")
    assert api("PATCH", f"reports/{theirs.token}/archive", auth=api.member).status == 200
