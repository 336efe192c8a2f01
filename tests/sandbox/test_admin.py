from typing import Any

from airflow_provider_mode.sandbox import Sandbox


def test_memberships(api: Any, mode_sandbox: Sandbox) -> None:
    """In full for the workspace's key, in short for any; those who left are gone."""
    present = mode_sandbox.state.present_members()
    rows = api.get("memberships").rows("memberships")
    assert [row["member_username"] for row in rows] == [one.username for one in present]
    assert api.get("memberships", auth=api.member).status == 404
    lite = api.get("memberships/lite", auth=api.member).rows("memberships")
    assert [row["email"] for row in lite] == [one.email for one in present]
    assert "token" not in lite[0]
    own = rows[2]["_links"]["self"]["href"]
    assert api.get(own).json == rows[2]
    assert api("DELETE", own, auth=api.member).status == 403
    assert api("DELETE", own).status == 200
    assert api.get(own).json["message"] == "membership not found"
    mode_sandbox.switch(memberships="absent")
    assert api.get("memberships").status == 404


def test_invitations(api: Any) -> None:
    """For members only."""
    body = {"invite": {"invitee": {"email": "new@example.com"}, "message": "hi"}}
    assert api("POST", "invites", body).status == 403
    assert api("POST", "invites", body, auth=api.member).json["email"] == "new@example.com"


def test_groups(api: Any, mode_sandbox: Sandbox) -> None:
    """20 a page, with a link to the next that leads nowhere, even on the last page."""
    pages = [api.get(f"groups?page={page}").json for page in (1, 2)]
    assert [page["pagination"]["count"] for page in pages] == [20, 3]
    for page in pages:
        assert api.get(page["_links"]["next_page"]["href"]).status == 404
    made = api("POST", "groups", {"user_group": {"name": "New"}}).json
    path = f"groups/{made['token']}"
    assert api("PATCH", path, {"user_group": {"name": "Newer"}}).json["name"] == "Newer"
    member = mode_sandbox.state.present_members()[0].token
    row = api("POST", f"{path}/memberships", {"membership": {"member_token": member}}).json
    assert api.get(f"{path}/memberships").rows("group_memberships") == [row]
    assert api.get(path).json["member_count"] == 1
    assert api.get(f"{path}/memberships/{row['token']}").json == row
    assert (
        api("POST", f"{path}/memberships", {"membership": {"member_token": "x"}}).json["message"]
        == "member not found"
    )
    assert api("DELETE", f"{path}/memberships/{row['token']}").status == 200
    assert api.get(f"{path}/memberships/{row['token']}").status == 404
    assert api("DELETE", path).status == 200
    assert api.get(path).json["message"] == "group not found"


def test_audit_logs(api: Any, mode_sandbox: Sandbox) -> None:
    """Plain JSON only, for the workspace's key only, by cursor, between two moments."""
    report = mode_sandbox.add_report()
    for _ in range(60):
        mode_sandbox.archive(report)
    path, plain = (
        "audit_logs?start_timestamp=2000-01-01&end_timestamp=2100-01-01",
        {"Accept": "application/json"},
    )
    assert api.get(path, auth=None).status == 406
    assert api.get(path, auth=api.member, headers=plain).status == 401
    found, cursor = [], ""
    while True:
        page = api.get(f"{path}&next_token={cursor}", headers=plain).json
        found += page["audit_logs"]
        if not page["next_token"]:
            break
        cursor = page["next_token"]
    assert len({row["id"] for row in found}) > len(mode_sandbox.state.members)
    assert [row["action"] for row in found].count("archive") == 60
    only = api.get(f"{path}&action=create_report", headers=plain).json["audit_logs"]
    assert [row["entity"]["entity_id"] for row in only] == [report.token]
    assert api.get("audit_logs?start_timestamp=2000-01-01", headers=plain).json["id"] == "param_missing"
    assert api.get("audit_logs?start_timestamp=x&end_timestamp=y", headers=plain).json["id"] == "bad_request"


def test_groups_of_a_member(api: Any, mode_sandbox: Sandbox) -> None:
    """By username, together with a data source or not; a data source alone is refused, as clients saw."""
    state = mode_sandbox.state
    member = state.present_members()[0]
    within = [token for token, group in state.groups.items() if member.token in group.members.values()]
    assert [row["token"] for row in api.get(f"groups?member={member.username}").rows("groups")] == within
    assert api.get("groups?member=nobody").rows("groups") == []
    assert api.get("groups?data_source=x").status == 400
    path = f"groups/{within[0]}/memberships?filter=by_user_id&user_id="
    assert [row["member_token"] for row in api.get(f"{path}{member.id}").rows("group_memberships")] == [
        member.token
    ]
    assert api.get(f"{path}0").rows("group_memberships") == []


def test_the_audit_log_by_its_filters(api: Any, mode_sandbox: Sandbox) -> None:
    """By what was done, by whom and to what; by two at once as well."""
    report = mode_sandbox.add_report()
    mode_sandbox.archive(report)
    plain = {"Accept": "application/json"}
    path = f"audit_logs?start_timestamp=2000-01-01&end_timestamp=2100-01-01&entity_id={report.token}"

    def actions(more: str) -> list[str]:
        rows = api.get(f"{path}{more}", headers=plain).json["audit_logs"]
        return [row["action"] for row in rows]

    assert actions("") == actions("&entity_type=Report&ip=192.0.2.1") == ["create_report", "archive"]
    assert actions("&action=archive") == ["archive"]
    assert actions("&username=nobody") == actions("&entity_name=x") == []
