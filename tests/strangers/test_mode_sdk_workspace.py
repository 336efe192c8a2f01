"""mode-sdk on people, groups, data sources, datasets, definitions, the audit log and Discovery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.model import Report


def test_members(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Everybody who has not left, with their addresses; one can be removed."""
    errors = pytest.importorskip("mode_sdk.errors")
    state = mode_sandbox.state
    listed = sdk.memberships.list().list()
    assert {one.username: one.email for one in listed} == {
        one.username: one.email for one in state.present_members()
    }
    member = state.present_members()[-1]
    token = state.membership_token(member)
    assert sdk.memberships.get(token).member_username == member.username
    sdk.memberships.remove(token)
    assert member.left
    with pytest.raises(errors.NotFoundError):
        sdk.memberships.get(token)


def test_invitations_are_for_members(sdk: Any, member_sdk: Any, mode_sandbox: Sandbox) -> None:
    """A workspace key may not invite; a member may."""
    errors = pytest.importorskip("mode_sdk.errors")
    with pytest.raises(errors.PermissionDeniedError):
        sdk.invites.create("newcomer@example.com", "Welcome")
    assert member_sdk.invites.create("newcomer@example.com", "Welcome").email == "newcomer@example.com"
    assert mode_sandbox.state.changes[-1].kind == "invite"


def test_groups(sdk: Any, mode_sandbox: Sandbox) -> None:
    """More than a page of them, by counters and never by Mode's wrong link."""
    state = mode_sandbox.state
    listed = sdk.groups.list()
    assert [one.token for one in listed] == list(state.groups)
    assert listed.total_count == len(state.groups) > 20
    made = sdk.groups.create("Readers")
    assert sdk.groups.update(made, "Writers").name == state.groups[made.token].name == "Writers"
    member = next(iter(state.members.values()))
    joined = sdk.groups.add_member(made, member.token)
    assert sdk.groups.get_membership(made, joined).member_token == member.token
    assert sdk.groups.get(made).member_count == 1
    assert [one.token for one in sdk.groups.memberships(made)] == [joined.token]
    sdk.groups.remove_member(made, joined)
    assert not state.groups[made.token].members
    sdk.groups.delete(made)
    assert made.token not in state.groups


def test_groups_of_a_member(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Only those that the member is in; a data source alone is refused, as Mode does."""
    errors = pytest.importorskip("mode_sdk.errors")
    state = mode_sandbox.state
    member = next(iter(state.members.values()))
    within = [token for token, group in state.groups.items() if member.token in group.members.values()]
    assert [one.token for one in sdk.groups.list(member=member.username)] == within
    assert 0 < len(within) < len(state.groups)
    with pytest.raises(errors.BadRequestError):
        sdk.groups.list(extra_params={"data_source": next(iter(state.data_sources))})


def test_data_sources(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Found by token, never by number; their reports come once although Mode repeats them by query."""
    errors = pytest.importorskip("mode_sdk.errors")
    state = mode_sandbox.state
    sources = sdk.data_sources.list().list()
    assert [one.token for one in sources] == list(state.data_sources)
    for source in sources:
        assert sdk.data_sources.get(source).name == state.data_sources[source.token].name
        expected = [
            one.token
            for one in state.reports.values()
            if not one.is_dataset and any(query.data_source == source.token for query in one.queries)
        ]
        assert [one.token for one in sdk.reports.list(data_source=source)] == expected
        datasets = [
            one.token
            for one in state.reports.values()
            if one.is_dataset and any(query.data_source == source.token for query in one.queries)
        ]
        assert [one.token for one in sdk.datasets.list(data_source=source)] == datasets
    with pytest.raises(errors.NotFoundError):
        sdk.request("GET", f"/data_sources/{sources[0].id}")
    with pytest.raises(errors.BadRequestError):  # this client sends no date, which the sandbox wants
        sdk.data_sources.purge(sources[0])


def _dataset(sandbox: Sandbox) -> Report:
    imported = {token for one in sandbox.state.reports.values() for token in one.imports}
    return next(one for one in sandbox.state.reports.values() if one.is_dataset and one.token in imported)


@pytest.mark.mode_sandbox(reports=60, frozen=True)
def test_datasets(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Listed by collection, read, changed, run, scheduled and deleted; they say who imports them."""
    state = mode_sandbox.state
    record = _dataset(mode_sandbox)
    listed = sdk.datasets.list(space=record.collection).list()
    assert {one.token for one in listed} == {
        one.token for one in state.reports.values() if one.is_dataset and one.collection == record.collection
    }
    assert {one.token for one in sdk.spaces.datasets(record.collection)} == {one.token for one in listed}
    assert sdk.datasets.get(record.token).type == "DatasetReport"
    importers = [one.token for one in state.reports.values() if record.token in one.imports]
    assert [one.token for one in sdk.datasets.reports(record.token)] == importers
    assert sdk.datasets.update(record.token, name="Base").name == record.name == "Base"
    assert {one.name for one in sdk.datasets.fields(record.token)} == {"day", "value"}
    run = sdk.dataset_runs.create(record.token)
    mode_sandbox.advance(timedelta(minutes=1))
    assert sdk.dataset_runs.get(record.token, run).state == "succeeded"
    assert sdk.dataset_runs.list(record.token).first_page()[0].token == run.token
    schedule = mode_sandbox.add_schedule(record, cron={"freq": "hourly", "minute": 5})
    assert schedule.token in {one.token for one in sdk.dataset_schedules.list(record.token)}
    assert sdk.datasets.refresh_in_report(importers[0], [record.token])["state"] == "enqueued"
    assert record.last_run is not None
    made = sdk.dataset_fields.create(record.token, "day", "<p>The day</p>")
    assert sdk.dataset_fields.update(record.token, made, "<p>A day</p>").desc == "<p>A day</p>"
    assert [one.name for one in sdk.dataset_fields.list(record.token)] == ["day"]
    sdk.dataset_fields.delete(record.token, made)
    assert not record.field_descriptions
    sdk.datasets.delete(record.token)
    assert record.token not in state.reports


def test_definitions(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Listed whole or by token, made, changed and deleted."""
    state = mode_sandbox.state
    tokens = list(state.definitions)
    assert [one.token for one in sdk.definitions.list()] == tokens
    assert [one.token for one in sdk.definitions.list(tokens=tokens[1:2])] == tokens[1:2]
    made = sdk.definitions.create("churn", "select 1", description="Who left")
    assert sdk.definitions.get(made).description == "Who left"
    assert sdk.definitions.update(made, source="select 2").source == state.definitions[made.token].source
    sdk.definitions.delete(made)
    assert made.token not in state.definitions


def test_the_audit_log(sdk: Any, member_sdk: Any, mode_sandbox: Sandbox) -> None:
    """Every change by its cursor once, filtered by what was done, by whom and to what."""
    errors = pytest.importorskip("mode_sdk.errors")
    state = mode_sandbox.state
    report = next(iter(state.reports))
    for _ in range(60):
        sdk.reports.archive(report)
    begin = datetime(2000, 1, 1, tzinfo=UTC)
    end = mode_sandbox.now + timedelta(days=1)
    entries = sdk.audit_logs.list(begin, end).list()
    assert len(entries) == len(state.members) + len(state.changes)
    archived = sdk.audit_logs.list(begin, end, action="archive").list()
    assert [one.entity_id for one in archived] == [report] * 60
    assert len(sdk.audit_logs.list(begin, end, entity_id=report).list()) == 60
    assert len(sdk.audit_logs.list(begin, end, username=mode_sandbox.login).list()) == 60
    assert sdk.audit_logs.list(begin, begin + timedelta(days=1)).list() == []
    with pytest.raises(errors.AuthenticationError):
        member_sdk.audit_logs.list(begin, end)
    with pytest.raises(errors.ModeAPIError) as caught:
        sdk.request("GET", "/audit_logs")
    assert caught.value.status_code == 406


@pytest.mark.mode_sandbox(reports=300, collections=8)
@pytest.mark.parametrize("per_page", [None, 70])
def test_discovery(discovery: Any, mode_sandbox: Sandbox, per_page: int | None) -> None:
    """Every list, whole and in pages, holds what the state holds; personal collections only when asked."""
    state = mode_sandbox.state
    reports = [one for one in state.reports.values() if not one.is_dataset]
    shared = [one for one in reports if not state.collections[one.collection].personal]
    options = {"per_page": per_page, "include_spaces": "all"}
    rows = discovery.reports(**options).list()
    assert [one.token for one in rows] == [one.token for one in reports]
    assert [one.token for one in discovery.reports(per_page=per_page)] == [one.token for one in shared]
    for row, record in zip(rows, reports, strict=True):
        seen = row.raw["last_viewed_at"]
        assert (None if seen is None else datetime.fromisoformat(seen)) == record.last_viewed_at
    stats = {one.raw["report_token"]: one.raw for one in discovery.report_stats(**options)}
    assert {token: row["view_count"] for token, row in stats.items()} == {
        one.token: one.view_count or 0 for one in reports
    }
    assert {token: row["active_schedules_count"] for token, row in stats.items()} == {
        one.token: len(one.schedules) for one in reports
    }
    queries = [query.token for one in reports for query in one.queries]
    assert [one.token for one in discovery.queries(**options)] == queries
    charts = [chart.token for one in reports for query in one.queries for chart in query.charts]
    assert [one.token for one in discovery.charts(**options)] == charts
    assert [one.token for one in discovery.collections(per_page=per_page)] == list(state.collections)
    members = discovery.members(per_page=per_page).list()
    assert [one.raw["member_username"] for one in members] == list(state.members)


def test_discovery_signatures(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Minted with the workspace's key, used, and revoked; without the plan there is none."""
    mode_sdk = pytest.importorskip("mode_sdk")
    errors = pytest.importorskip("mode_sdk.errors")
    key = {"token": mode_sandbox.login, "secret": mode_sandbox.password, "base_url": mode_sandbox.url}
    made = mode_sdk.discovery.create_signature_token(
        "acme", name="catalogue", expires_at="2036-01-01T00:00Z", **key
    )
    with mode_sdk.Discovery("acme", signature=made, base_url=mode_sandbox.url, max_retries=0) as client:
        assert client.members().total_count == len(mode_sandbox.state.members)
        with type(sdk.transport)(
            "batch/acme", mode_sandbox.login, mode_sandbox.password, base_url=mode_sandbox.url
        ) as admin:
            deleted = admin.payload("DELETE", f"/signature_tokens/{made.token}")
        assert deleted == {"message": "signature token was deleted"}
        with pytest.raises(errors.AuthenticationError):
            client.members()
    mode_sandbox.switch(discovery_plan="none")
    with pytest.raises(errors.DiscoveryUnavailableError):
        mode_sdk.discovery.create_signature_token(
            "acme", name="catalogue", expires_at="2036-01-01T00:00Z", **key
        )


def test_a_stranger_is_told_so(mode_sandbox: Sandbox, sdk: Any) -> None:
    """A wrong secret, another workspace, and a path that is none."""
    mode_sdk = pytest.importorskip("mode_sdk")
    errors = pytest.importorskip("mode_sdk.errors")
    base = f"{mode_sandbox.url}/api"
    with (
        mode_sdk.Mode("acme", token=mode_sandbox.login, secret="wrong", base_url=base) as client,
        pytest.raises(errors.AuthenticationError),
    ):
        client.verify()
    with (
        mode_sdk.Mode(
            "globex", token=mode_sandbox.login, secret=mode_sandbox.password, base_url=base
        ) as client,
        pytest.raises(errors.NotFoundError),
    ):
        client.spaces.list()
    with pytest.raises(errors.NotFoundError, match="request path not recognized"):
        sdk.request("GET", "/unheard/of")
    with pytest.raises(errors.BadRequestError, match="unsupported for use with Api Keys"):
        sdk.request("GET", "/account", workspace=False)


@pytest.mark.mode_sandbox(requests=3, period=0.2, limit="sliding", switches={"retry_after": "seconds"})
def test_the_limit_is_kept_by_waiting(mode_sandbox: Sandbox) -> None:
    """A client that honours Retry-After gets through, and the sandbox counted whom it sent away."""
    mode_sdk = pytest.importorskip("mode_sdk")
    with mode_sdk.Mode(
        "acme", token=mode_sandbox.login, secret=mode_sandbox.password, base_url=f"{mode_sandbox.url}/api"
    ) as client:
        for _ in range(4):
            client.verify()
    assert mode_sandbox.usage.throttled >= 1
