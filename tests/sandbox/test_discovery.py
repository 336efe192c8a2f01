import base64
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox

BATCH = "/batch/acme"
SIGNATURE = {"name": "test", "expires_at": "2100-01-01T00:00Z"}


def _all(api: Any, path: str, key: str) -> list[dict[str, Any]]:
    found, target = [], f"{BATCH}/{path}"
    while True:
        page = api.get(target, auth=api.bearer).json
        found += page[key]
        if "next_page" not in page["_links"]:
            assert page["pagination"]["page"] >= page["pagination"]["total_pages"]
            return found
        target = page["_links"]["next_page"]["href"]


def test_reports_with_their_use(api: Any, mode_sandbox: Sandbox) -> None:
    """Archived ones among them, unmarked; personal collections only when all are asked for; no datasets."""
    state = mode_sandbox.state
    rows = _all(api, "reports?include_spaces=all&per_page=7", "reports")
    expected = [one for one in state.reports.values() if not one.is_dataset]
    assert [row["token"] for row in rows] == [one.token for one in expected]
    assert all("archived" not in row for row in rows)
    viewed = next(one for one in expected if one.last_viewed_at is not None)
    row = next(row for row in rows if row["token"] == viewed.token)
    assert row["creator_email"] == state.members[viewed.creator].email
    assert row["last_viewed_at"].startswith(
        str(viewed.last_viewed_at.date()) if viewed.last_viewed_at else ""
    )
    shared = _all(api, "reports", "reports")
    assert len(shared) == sum(not state.collections[one.collection].personal for one in expected)
    mode_sandbox.switch(
        discovery_archived="excluded", discovery_datasets="included", discovery_last_views="absent"
    )
    rows = _all(api, "reports?include_spaces=all", "reports")
    assert len(rows) == sum(not one.archived for one in state.reports.values())
    assert "last_viewed_at" not in rows[0]


def test_stats(api: Any, mode_sandbox: Sandbox) -> None:
    """Schedules, views and people, under either name of the count."""
    report = mode_sandbox.add_report(view_count=None, creator="somebody")
    mode_sandbox.run(report)
    mode_sandbox.add_schedule(report, cron={"freq": "daily"})
    mode_sandbox.view(report, times=3)
    row = next(
        one for one in _all(api, "report_stats", "report_stats") if one["report_token"] == report.token
    )
    assert (row["active_schedules_count"], row["view_count"]) == (1, 3)
    assert row["recent_manual_run_creators_emails"] == [mode_sandbox.state.admin.email]
    assert row["editors_emails"] == ["somebody"]
    mode_sandbox.switch(discovery_views="total_views_count")
    assert "total_views_count" in _all(api, "report_stats", "report_stats")[0]


def test_spaces_queries_charts_and_members(api: Any, mode_sandbox: Sandbox) -> None:
    """Everything else that Discovery lists, members under either key."""
    state = mode_sandbox.state
    mode_sandbox.state.members[list(state.members)[-1]].left = True
    assert len(_all(api, "spaces", "spaces")) == len(state.collections)
    queries = _all(api, "queries?include_spaces=all", "queries")
    reports = [one for one in state.reports.values() if not one.is_dataset]
    assert len(queries) == sum(len(one.queries) for one in reports)
    charts = _all(api, "charts?include_spaces=all&per_page=10", "charts")
    assert len(charts) == sum(len(query.charts) for one in reports for query in one.queries)
    members = _all(api, "members", "members")
    assert [row["state"] for row in members][-1] == "banned"
    mode_sandbox.switch(discovery_members="memberships")
    assert len(_all(api, "members", "memberships")) == len(members)


def test_pages(api: Any) -> None:
    """1,000 rows at most; next and previous are paths of this host."""
    page = api.get(f"{BATCH}/reports?include_spaces=all&per_page=20&page=2", auth=api.bearer).json
    assert page["_links"]["next_page"]["href"] == "/batch/acme/reports?page=3&include_spaces=all&per_page=20"
    assert page["_links"]["prev_page"]["href"] == "/batch/acme/reports?page=1&include_spaces=all&per_page=20"
    assert api.get(f"{BATCH}/reports?per_page=9999", auth=api.bearer).json["pagination"]["per_page"] == 1000
    assert api.get(f"{BATCH}/reports?per_page=0", auth=api.bearer).status == 400


def test_signatures(api: Any, mode_sandbox: Sandbox) -> None:
    """Minted by the workspace's key, shown once, used, revoked."""
    made = api("POST", f"{BATCH}/signature_tokens", {"signature_token": SIGNATURE}).json
    raw = f"{made['token']}:{made['access_key']}:{made['access_secret']}".encode()
    bearer = f"Bearer {base64.b64encode(raw).decode()}"
    assert api.get(f"{BATCH}/reports", auth=bearer).status == 200
    assert api("DELETE", f"{BATCH}/signature_tokens/{made['token']}").json["message"]
    assert api.get(f"{BATCH}/reports", auth=bearer).status == 401
    assert api("DELETE", f"{BATCH}/signature_tokens/{made['token']}").status == 404
    assert (
        api("POST", f"{BATCH}/signature_tokens", {"signature_token": SIGNATURE}, auth=api.member).status
        == 401
    )
    for wrong in ({"name": "abc"}, {"expires_at": "soon"}, {"name": None}):
        assert api("POST", f"{BATCH}/signature_tokens", {"signature_token": SIGNATURE | wrong}).status == 400
    assert "discovery:sandbox-signature" not in mode_sandbox.app.limiter.accounts


@pytest.mark.parametrize("auth", [None, "Bearer !!!", "Bearer c2FuZGJveC1zaWduYXR1cmU6YTpi"])
def test_wrong_signatures(api: Any, auth: str | None) -> None:
    """401; a Basic key is none either."""
    assert api.get(f"{BATCH}/reports", auth=auth).json["message"] == "check account and token"
    assert api.get(f"{BATCH}/reports").status == 401


def test_expired_signatures_and_plans(api: Any, mode_sandbox: Sandbox) -> None:
    """Expired is 401, no plan is 403."""
    mode_sandbox.switch(discovery_plan="none")
    assert api.get(f"{BATCH}/reports", auth=api.bearer).status == 403
    assert api("POST", f"{BATCH}/signature_tokens", {"signature_token": SIGNATURE}).status == 403
    mode_sandbox.advance("3651d")
    assert api.get(f"{BATCH}/reports", auth=api.bearer).json["message"] == "signature token has expired"
