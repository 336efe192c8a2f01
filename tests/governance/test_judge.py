from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.governance.evidence.evidence import (
    ABSENT,
    DATASET,
    UNASKED,
    UNSURE,
    Evidence,
    Owner,
    Unknown,
)
from airflow_provider_mode.governance.policy.verdict import Verdict
from tests.governance.fake_client import NOW


def days(number: float) -> datetime:
    """So many days before now."""
    return NOW - timedelta(days=number)


OLD = Evidence(
    report="r1",
    url="https://app.mode.com/acme/reports/r1",
    as_of=NOW,
    name="Churn",
    collection="c1",
    collection_name="Sales",
    description=None,
    created_at=days(900),
    edited_at=days(500),
    last_run_at=days(412),
    last_viewed_at=days(300),
    last_run_by_hand_at=days(600),
    view_count=3,
    schedules_count=1,
    subscribers=0,
    owner=Owner(username="ada", email="ada@example.com"),
    imported_by_live=False,
)


def judge(policy: dict[str, Any] | None = None, **fields: Any) -> Verdict:
    """The verdict on an old report that nobody uses, but for these fields."""
    return StalePolicy.from_value({"max_views": 10, **(policy or {})}).judge(OLD.but(**fields), NOW)


def test_a_stale_report_is_explained_in_a_sentence() -> None:
    """Each criterion says how it holds, and the age comes last."""
    policy = {"not_run_for": "90d", "not_edited_for": "90d", "not_viewed_for": "90d", "max_views": 3}
    assert judge(policy) == Verdict(
        "stale",
        "stale",
        "not viewed for 300 days (last viewed 2026-01-28), not run for 412 days (last run 2025-10-08), "
        "not edited for 500 days (last edited 2025-07-12), 3 views; older than 30 days",
    )
    assert judge({"older_than": None}, view_count=1).sentence == "1 view"


CRITERIA = [
    ("not_viewed_for", "last_viewed_at", "viewed"),
    ("not_run_for", "last_run_at", "run"),
    ("not_run_by_hand_for", "last_run_by_hand_at", "run_by_hand"),
    ("not_edited_for", "edited_at", "edited"),
    ("older_than", "created_at", "too_young"),
]


@pytest.mark.parametrize(("setting", "field", "reason"), CRITERIA)
def test_a_criterion_holds_from_its_length_on(setting: str, field: str, reason: str) -> None:
    """To the second: at the length it holds, a second before it does not."""
    assert judge({setting: "90d"}, **{field: days(90)}).kind == "stale"
    fresh = judge({setting: "90d"}, **{field: days(90) + timedelta(seconds=1)})
    assert (fresh.kind, fresh.reason) == ("fresh", reason)
    assert "89 days ago (2026-08-26)" in fresh.sentence
    assert judge({setting: "90d"}, **{field: NOW + timedelta(days=1)}).kind == "fresh"


@pytest.mark.parametrize(("setting", "field", "reason"), CRITERIA[:4])
def test_never_counts_from_creation(setting: str, field: str, reason: str) -> None:
    """What never happened is as old as the report."""
    policy = {setting: "90d", "older_than": None}
    old = judge(policy, **{field: None, "created_at": days(91)})
    assert (old.kind, old.sentence) == (
        "stale",
        f"never {reason.replace('_', ' ')} (created 2026-08-25), 3 views",
    )
    young = judge(policy, **{field: None, "created_at": days(89)})
    assert (young.kind, young.reason) == ("fresh", "too_young")
    assert judge(policy, **{field: None, "created_at": ABSENT}).reason == "unknown_created_at"
    assert judge(policy, **{field: None, "created_at": None}).reason == "unknown_created_at"


@pytest.mark.parametrize(("setting", "field", "reason"), [*CRITERIA, ("max_views", "view_count", "views")])
def test_what_is_not_known_keeps(setting: str, field: str, reason: str) -> None:
    """An absent field is unknown, and only that can be told to count as stale; an unsure one always keeps."""
    policy: dict[str, Any] = {setting: 3 if setting == "max_views" else "90d"}
    unknown = judge(policy, **{field: ABSENT})
    assert (unknown.kind, unknown.reason) == ("unknown", f"unknown_{field}")
    assert unknown.sentence.startswith("not known ")
    stale = judge({**policy, "unknown": "stale"}, **{field: ABSENT})
    assert stale.kind == "stale"
    assert "not known" in stale.sentence
    assert ("older than" in stale.sentence) == (field != "created_at")
    assert judge({**policy, "unknown": "stale"}, **{field: UNSURE}).reason == f"unknown_{field}"


def test_null_creation_never_counts_as_stale() -> None:
    """`unknown="stale"` is for absent fields: a creation of null leaves no age to count from."""
    assert judge({"unknown": "stale"}, created_at=None).reason == "unknown_created_at"


def test_too_many_views_keep() -> None:
    """One view more than allowed is use."""
    assert judge({"max_views": 3}).kind == "stale"
    assert judge({"max_views": 2}) == Verdict("fresh", "views", "3 views, more than 2")
    for never in (0, "0"):
        assert judge({"max_views": never}, view_count=0).kind == "stale"
        assert judge({"max_views": never}, view_count=1).kind == "fresh"


EXEMPTIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("archived", {}, {"archived": True}),
    ("dataset", {}, {"kind": DATASET}),
    ("exempt_report", {"exempt_reports": ["r1"]}, {}),
    ("exempt_report", {"exempt_reports": ["https://app.mode.com/acme/reports/r1"]}, {}),
    ("exempt_collection", {"exempt_collections": ["c1"]}, {}),
    ("exempt_collection", {"exempt_collections": ["c1"]}, {"collection_name": UNSURE}),
    ("exempt_collection", {"exempt_collections": ["Sales"]}, {}),
    ("exempt_collection", {"exempt_collections": ["[Sales]"]}, {"collection_name": "[Sales]"}),
    ("exempt_collection", {"exempt_collections": ["Sa*"]}, {}),
    ("exempt_personal", {}, {"personal": True}),
    ("exempt_public", {}, {"public": True}),
    ("exempt_name", {"exempt_names": ["*urn"]}, {}),
    ("exempt_name", {"exempt_names": ["*"]}, {"name": None}),
    ("exempt_description", {}, {"description": "line\nplease #keep this"}),
    ("scheduled", {"exempt_scheduled": True}, {}),
    ("exempt_owner", {"exempt_owners": ["ada"]}, {}),
    ("exempt_owner", {"exempt_owners": ["*@example.com"]}, {}),
    ("imported", {"include_datasets": True}, {"kind": DATASET, "imported_by_live": True}),
    ("subscribed", {}, {"subscribers": 2}),
]


@pytest.mark.parametrize(("reason", "policy", "fields"), EXEMPTIONS)
def test_an_exemption_keeps_whatever_the_use(
    reason: str, policy: dict[str, Any], fields: dict[str, Any]
) -> None:
    """Each exemption by itself, also where something else is not known."""
    verdict = judge(policy, **fields)
    assert (verdict.kind, verdict.reason) == ("exempt", reason)
    assert judge(policy, **{**fields, "edited_at": UNSURE, "created_at": ABSENT}).reason == reason


@pytest.mark.parametrize(
    ("policy", "fields"),
    [
        ({"exempt_public": False}, {"public": True}),
        ({"exempt_personal": False}, {"personal": True}),
        ({"exempt_subscribed": False}, {"subscribers": 2}),
        ({"exempt_descriptions": []}, {"description": "#keep"}),
        ({"exempt_names": ["churn"]}, {}),
        ({"exempt_collections": ["sales"]}, {}),
        ({"exempt_owners": ["*@example.org", "bob"]}, {}),
        ({"exempt_owners": ["*"]}, {"owner": None}),
        ({"exempt_owners": ["bob"]}, {"owner": Owner(username="ada")}),
        ({"exempt_owners": ["*@example.org"]}, {"owner": Owner(email="ada@example.com")}),
        ({"exempt_scheduled": True}, {"schedules_count": 0}),
        ({"include_datasets": True}, {"kind": DATASET}),
        ({"exempt_names": ["Churn*"]}, {"name": None}),
        ({"exempt_names": ["?*"]}, {"name": None}),
        ({"exempt_owners": ["MAX"]}, {"owner": Owner(username="ada")}),
    ],
)
def test_what_is_not_exempt_is_stale(policy: dict[str, Any], fields: dict[str, Any]) -> None:
    """Switched off, or a pattern that does not match (case counts), nothing is kept."""
    assert judge(policy, **fields).kind == "stale"


GAPS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("archived", {}, {"archived": UNSURE}),
    ("public", {}, {"public": UNSURE}),
    ("personal", {}, {"personal": ABSENT}),
    ("description", {}, {"description": ABSENT}),
    ("name", {"exempt_names": ["x"]}, {"name": ABSENT}),
    ("collection_name", {"exempt_collections": ["x"]}, {"collection_name": UNSURE}),
    ("schedules_count", {"exempt_scheduled": True}, {"schedules_count": ABSENT}),
    ("owner", {"exempt_owners": ["bob"]}, {"owner": ABSENT}),
    ("owner", {"exempt_owners": ["b*"]}, {"owner": Owner(username="ada")}),
    ("owner", {"exempt_owners": ["bob@example.com"]}, {"owner": Owner(username="ada")}),
    ("owner", {"exempt_owners": ["bob"]}, {"owner": Owner(email="ada@example.com")}),
    ("imported_by_live", {"include_datasets": True}, {"kind": DATASET, "imported_by_live": UNSURE}),
    ("subscribers", {}, {"subscribers": ABSENT}),
    ("public", {}, {"public": UNASKED}),
]


@pytest.mark.parametrize(("field", "policy", "fields"), GAPS)
def test_an_exemption_that_cannot_be_known_keeps(
    field: str, policy: dict[str, Any], fields: dict[str, Any]
) -> None:
    """A report that may be exempt is unknown, unless it is fresh for certain."""
    verdict = judge(policy, **fields)
    assert (verdict.kind, verdict.reason) == ("unknown", f"unknown_{field}")
    assert judge({**policy, "max_views": 1}, **fields).kind == "fresh"


QUESTIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("archived", {}, {"archived": UNASKED}),
    ("owner", {"exempt_owners": ["bob"]}, {"owner": UNASKED}),
    ("imported_by_live", {"include_datasets": True}, {"kind": DATASET, "imported_by_live": UNASKED}),
    ("subscribers", {}, {"subscribers": UNASKED}),
    ("subscribers", {"exempt_scheduled": True}, {"subscribers": UNASKED, "schedules_count": ABSENT}),
    (
        "subscribers",
        {"exempt_scheduled": True, "exempt_subscribed": False},
        {"subscribers": UNASKED, "schedules_count": ABSENT},
    ),
    ("last_run_by_hand_at", {"not_run_by_hand_for": "500d"}, {"last_run_by_hand_at": UNASKED}),
    # What REST tells of a report, it tells in the read that confirms it.
    ("archived", {}, {"archived": UNASKED, "description": UNASKED}),
    ("archived", {"exempt_owners": ["b*"]}, {"archived": UNASKED, "owner": Owner(username="ada")}),
]


@pytest.mark.parametrize(("field", "policy", "fields"), QUESTIONS)
def test_a_dear_question_is_asked_last(field: str, policy: dict[str, Any], fields: dict[str, Any]) -> None:
    """Only a report that everything cheaper calls stale costs a request."""
    verdict = judge(policy, **fields)
    assert (verdict.kind, verdict.reason, verdict.needs) == ("needs", "needs", frozenset({field}))
    assert judge({**policy, "max_views": 1}, **fields).kind == "fresh"
    assert judge(policy, **fields, public=True).kind == "exempt"
    assert judge(policy, **fields, edited_at=UNSURE, created_at=ABSENT).kind == "unknown"


def test_questions_are_asked_one_at_a_time_cheapest_first() -> None:
    """Each answer may spare the next request."""
    policy = {"exempt_owners": ["bob"], "include_datasets": True, "not_run_by_hand_for": "500d"}
    open_questions: dict[str, Any] = {
        "kind": DATASET,
        "archived": UNASKED,
        "owner": UNASKED,
        "imported_by_live": UNASKED,
        "subscribers": UNASKED,
        "last_run_by_hand_at": UNASKED,
    }
    asked: list[str] = []
    while needs := judge(policy, **open_questions).needs:
        asked += needs
        del open_questions[min(needs)]
    assert asked == ["archived", "owner", "imported_by_live", "subscribers", "last_run_by_hand_at"]


def test_a_report_that_did_not_run_was_not_run_by_hand() -> None:
    """The last run of any kind answers for free where it is old enough."""
    verdict = judge({"not_run_by_hand_for": "90d"}, last_run_by_hand_at=UNASKED)
    assert verdict.sentence == "not run by hand since 2025-10-08, 3 views; older than 30 days"
    at_the_bound = judge({"not_run_by_hand_for": "90d"}, last_run_by_hand_at=UNASKED, last_run_at=days(90))
    assert at_the_bound.kind == "stale"
    for last in (None, ABSENT, days(89)):
        assert (
            judge({"not_run_by_hand_for": "90d"}, last_run_by_hand_at=UNASKED, last_run_at=last).kind
            == "needs"
        )


@pytest.mark.parametrize(
    ("policy", "fields", "sentence"),
    [
        ({"not_run_by_hand_for": "90d"}, {}, "not run by hand since 2025-04-03"),
        (
            {"not_viewed_for": "90d"},
            {"last_viewed_at": UNSURE, "watched_since": days(120)},
            "not viewed since 2026-07-27",
        ),
    ],
)
def test_a_latest_possible_moment_is_no_last_time(
    policy: dict[str, Any], fields: dict[str, Any], sentence: str
) -> None:
    """Where only a bound is known, no sentence says that it was then."""
    assert judge(policy, **fields).sentence == f"{sentence}, 3 views; older than 30 days"


@pytest.mark.parametrize("why", list(Unknown))
def test_a_question_that_does_not_matter_is_not_asked(why: Unknown) -> None:
    """What no rule reads may stay unknown."""
    policy = {"exempt_subscribed": False, "exempt_public": False, "exempt_personal": False}
    fields = dict.fromkeys(
        ("subscribers", "public", "personal", "owner", "last_viewed_at", "imported_by_live"), why
    )
    assert judge(policy, **fields).kind == "stale"
