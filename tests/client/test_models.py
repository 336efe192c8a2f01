"""Mode's JSON as frozen types: every field may be absent, null, malformed, or of another type."""

from __future__ import annotations

import dataclasses
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.client import parse
from airflow_provider_mode.client.models import Collection, QueryRun, Report, Run, Schedule
from airflow_provider_mode.client.people import (
    AuditLog,
    Credential,
    Group,
    Member,
    Permission,
    Subscription,
    SubscriptionMember,
    User,
)

MODELS: list[type[parse.Model]] = [
    Report, Schedule, Run, QueryRun, Collection, Member, User, Group, Permission, AuditLog, Subscription,
    SubscriptionMember,
]  # fmt: skip
REPORT = {
    "token": "abcdefabcdef",
    "id": 4711,
    "name": "Revenue",
    "description": None,
    "type": "Report",
    "archived": False,
    "public": True,
    "space_token": "5ace5ace5ace",
    "created_at": "2021-12-10T20:55:24.316Z",
    "updated_at": "2021-12-11T20:55:24+00:00",
    "edited_at": None,
    "last_run_at": "2024-01-02T03:04:05",
    "last_successful_run_token": "feedfeedfeed",
    "expected_runtime": 3,
    "query_count": 2,
    "schedules_count": 1,
    "view_count": 1234,
    "imported_datasets": [{"token": "d1"}, "d2", {"_links": {"self": {"href": "/api/acme/datasets/d3"}}}],
    "_links": {"creator": {"href": "/api/owner"}},
    "layout": "<html>",
}


def test_a_report_is_read_whole() -> None:
    """Every field is parsed, times are aware, and the JSON stays as it was."""
    report = Report.from_json(REPORT)
    assert (report.token, report.id, report.name, report.description) == (
        "abcdefabcdef",
        "4711",
        "Revenue",
        None,
    )
    assert (report.archived, report.public, report.is_dataset) == (False, True, False)
    assert (report.collection, report.creator) == ("5ace5ace5ace", "owner")
    assert report.created_at == datetime(2021, 12, 10, 20, 55, 24, 316000, UTC)
    assert report.last_run_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (report.edited_at, report.chart_count) == (None, None)
    assert (report.expected_runtime, report.view_count) == (3.0, 1234)
    assert report.last_successful_run == "feedfeedfeed"
    assert report.imported_datasets == ("d1", "d2", "d3")
    assert report.raw is REPORT
    assert "layout" not in repr(report)
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301  # our own bytes
    assert len({report, Report.from_json(REPORT)}) == 1


def test_what_the_reply_told_is_known() -> None:
    """A field is known when it is there and null or well formed; absent and malformed ones are not."""
    odd = Report.from_json({**REPORT, "view_count": "many", "archived": "perhaps", "last_run_at": 12})
    for name in ("edited_at", "name", "public", "collection", "creator", "last_successful_run"):
        assert odd.known(name)
    for name in ("view_count", "archived", "last_run_at", "chart_count", "last_saved_at"):
        assert not odd.known(name)
    assert not Report(token="x").known("creator")
    with pytest.raises(AttributeError, match="no field 'colour'"):
        odd.known("colour")


@pytest.mark.parametrize(
    "href",
    ["/api/owner", "https://app.mode.com/api/owner", "/api/owner{?embed}", "owner", "/api/owner/?a=b#c"],
)
def test_links_come_in_all_forms(href: str) -> None:
    """Relative, absolute or templated: the token at the end is what counts."""
    assert Report.from_json({"token": "a", "_links": {"creator": {"href": href}}}).creator == "owner"
    assert Report.from_json({"token": "a", "_links": {"creator": [{"href": href}]}}).creator == "owner"
    assert Report.from_json({"token": "a", "_links": {"creator": href}}).creator == "owner"


@pytest.mark.parametrize(
    "links",
    [
        None,
        [],
        {"creator": None},
        {"creator": {}},
        {"creator": {"href": ""}},
        {"creator": []},
        {"creator": {"href": "http://[bad"}},
        {"creator": {"href": 5}},
    ],
)
def test_links_that_lead_nowhere_are_none(links: Any) -> None:
    """A link that cannot be followed is as good as none."""
    assert Report.from_json({"token": "a", "_links": links}).creator is None


def test_a_dataset_names_its_collection_otherwise() -> None:
    """Dataset rows have been seen with `collection_token`."""
    row = {"token": 123456789012, "type": "DatasetReport", "collection_token": "5ace5ace5ace"}
    dataset = Report.from_json(row)
    assert (dataset.token, dataset.is_dataset, dataset.collection) == ("123456789012", True, "5ace5ace5ace")
    assert (dataset.archived, dataset.public) == (False, False)
    assert (
        Report.from_json({"token": "a", "_links": {"space": {"href": "/api/acme/spaces/s"}}}).collection
        == "s"
    )


@pytest.mark.parametrize("imports", ["d1", [None], [{"name": "no token"}]])
def test_imports_that_cannot_be_read_are_unknown(imports: Any) -> None:
    """Half a list of imports would tell a lie."""
    report = Report.from_json({"token": "a", "imported_datasets": imports})
    assert report.imported_datasets is None
    assert not report.known("imported_datasets")


@pytest.mark.parametrize(
    ("state", "terminal", "succeeded"),
    [
        ("succeeded", True, True),
        ("completed", True, True),
        ("failed", True, False),
        ("cancelled", True, False),
        ("running_notebook", False, False),
        ("never_heard_of", False, False),
        (None, False, False),
    ],
)
def test_run_states(state: str | None, terminal: bool, succeeded: bool) -> None:
    """An unknown state is one that may still change."""
    run = Run.from_json({"token": "a", "state": state})
    assert (run.is_terminal, run.succeeded) == (terminal, succeeded)


def test_who_started_a_run() -> None:
    """A run that a schedule started links to it; any other was started by hand."""
    link = {
        "report_schedule": {"href": "/api/acme/reports/r/schedules/s"},
        "report": {"href": "/api/acme/reports/r"},
    }
    run = Run.from_json({"token": "a", "_links": {**link, "executed_by": {"href": "/api/owner"}}})
    assert (run.schedule, run.report, run.executed_by) == ("s", "r", "owner")
    assert Run.from_json({"token": "a", "_links": {"report_schedule": None}}).schedule is None


def test_people_are_read_from_either_list() -> None:
    """The two membership lists, the user record, and what names a row when it has no token."""
    assert Member.from_json({"member_token": "m", "token": "x", "member_username": "owner"}).token == "m"
    assert Member.from_json({"_links": {"self": {"href": "/api/acme/memberships/m"}}}).token == "m"
    user = User.from_json({"username": "owner", "email": None})
    assert (user.token, user.email) == ("owner", None)
    log = AuditLog.from_json(
        {
            "id": "u-u-i-d",
            "action": "login",
            "timestamp": "2026-01-01T00:00:00.123456Z",
            "actor": {"username": "owner"},
            "entity": {"entity_id": 7, "entity_type": "User"},
        }
    )
    assert (log.token, log.username, log.entity, log.entity_type, log.entity_name) == (
        "u-u-i-d", "owner", "7", "User", None,
    )  # fmt: skip
    subscription = Subscription.from_json(
        {"_links": {"self": {"href": "/api/acme/reports/r/subscriptions/s"}}, "email_subscriber_count": 3}
    )
    assert (subscription.token, subscription.email_subscriber_count) == ("s", 3)
    assert Collection.from_json({"token": "a", "space_type": "private"}).personal
    assert Group.from_json({"token": "a", "managed": "true"}).managed is True


@pytest.mark.parametrize(
    ("scope", "everything"), [("workspace", True), ("Workspace", True), ("member", False), (None, False)]
)
def test_the_scope_of_a_key(scope: str | None, everything: bool) -> None:
    """Only a workspace key is trusted to see everything."""
    credential = Credential.from_json({"workspace": "acme", "api_key_scope": scope})
    assert (credential.workspace, credential.scope, credential.sees_everything) == ("acme", scope, everything)


@pytest.mark.parametrize(
    "row",
    [[], {}, {"workspace": None}, {"workspace": ""}, {"workspace": 7}, {"api_key_scope": "workspace"}],
)
def test_a_key_whose_workspace_mode_did_not_say_is_none(row: Any) -> None:
    """No workspace and no scope is made up: a reply without them is not about a key of ours."""
    with pytest.raises(parse.MalformedError, match="a Credential"):
        Credential.from_json(row)


@pytest.mark.parametrize(
    ("reader", "value", "result"),
    [
        (parse.count, 3, 3),
        (parse.count, "12", 12),
        (parse.count, 4.0, 4),
        (parse.count, 4.5, None),
        (parse.count, float("inf"), None),
        (parse.count, float("nan"), None),
        (parse.count, -1, None),
        (parse.count, True, None),
        (parse.count, "1" * 30, None),
        (parse.count, "²", None),
        (parse.count, None, None),
        (parse.number, 2, 2.0),
        (parse.number, float("nan"), None),
        (parse.number, float("inf"), None),
        (parse.number, 10**400, None),
        (parse.number, True, None),
        (parse.number, "2", None),
        (parse.flag, "true", True),
        (parse.flag, "maybe", None),
        (parse.flag, 1, None),
        (parse.ident, 0, "0"),
        (parse.ident, "", None),
        (parse.ident, False, None),
        (parse.ident, 1.5, None),
        (parse.moment, "2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        (parse.moment, "yesterday", None),
        (parse.moment, 17, None),
        (parse.mapping, {"a": 1}, {"a": 1}),
        (parse.mapping, [], None),
    ],
)
def test_readers(reader: parse.Reader, value: Any, result: Any) -> None:
    """Each reader takes what it understands, and is silent about the rest."""
    assert reader(value) == result


def test_other_offsets_are_kept() -> None:
    """A time with an offset of its own means that moment."""
    found = parse.moment("2026-11-24T12:00:00+02:00")
    assert found is not None
    assert found.utcoffset() == timedelta(hours=2)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["href", "token", "a"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.data())
def test_no_row_makes_a_model_stumble(data: st.DataObject) -> None:
    """Whatever a field holds, a row with a token is read, and each field is a value of its type or None."""
    model = data.draw(st.sampled_from(MODELS))
    keys = [key or name for name, key, _ in parse.readers(model)] + ["_links", "_forms"]
    row = data.draw(st.dictionaries(st.sampled_from(keys), JSON))
    row["token"] = "abcdefabcdef"
    item = model.from_json(row)
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        assert value is None or field.name == "raw" or not isinstance(value, list | bytes)
