from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.client.models import Collection, Report
from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.governance.apply.recheck import (
    asks_runs,
    moved,
    ran_since,
    refreshed,
    runs_since,
    why_spared,
)
from airflow_provider_mode.governance.evidence.evidence import UNASKED, Evidence, Owner, from_report

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
THEN = NOW - timedelta(days=3)
URL = "https://app.mode.com/acme/reports/aaaaaaaaaaa1"
HOME = Collection.from_json({"token": "ccccccccccc1", "name": "Weekly numbers", "space_type": "custom"})


def ago(days: float) -> str:
    """So many days before now, as Mode writes it."""
    return (NOW - timedelta(days=days)).isoformat()


ROW: dict[str, Any] = {
    "token": "aaaaaaaaaaa1", "name": "Revenue", "description": None, "type": "Report", "archived": False,
    "public": False, "space_token": "ccccccccccc1", "created_at": ago(900), "edited_at": ago(500),
    "last_run_at": ago(400), "view_count": 2, "schedules_count": 0,
    "_links": {"creator": {"href": "/api/growth-lead"}},
}  # fmt: skip


def read(**fields: Any) -> Report:
    """A report as it is read; `...` leaves a field out."""
    return Report.from_json({key: value for key, value in (ROW | fields).items() if value is not ...})


def planned(known: dict[str, Any] | None = None, **fields: Any) -> Evidence:
    """The plan's evidence of that report."""
    return from_report(read(**fields), HOME, url=URL, as_of=THEN).but(**(known or {}))


def spared(
    then: Evidence, now: Report, place: Collection | None = None, *, ran_by_hand: bool = False, **policy: Any
) -> str | None:
    """The reason for which the report is left alone."""
    rules = StalePolicy(**({"max_views": 50} | policy))
    found = why_spared(then, refreshed(then, now, place, NOW), rules, NOW, ran_by_hand=ran_by_hand)
    assert found is None or found.sentence
    return found.reason if found else None


def test_nothing_changed() -> None:
    """A report as the plan has it is changed."""
    assert spared(planned(), read()) is None


@pytest.mark.parametrize(
    ("now", "policy", "reason"),
    [
        ({"archived": True}, {}, "archived"),
        ({"archived": "perhaps"}, {}, "unknown_archived"),
        ({"edited_at": ago(1)}, {}, "edited"),
        ({"edited_at": "yesterday"}, {}, "unknown_edited_at"),
        ({"view_count": 3}, {}, "viewed"),
        ({"view_count": "many"}, {}, "unknown_view_count"),
        ({"view_count": 60}, {}, "viewed"),
        ({"last_run_at": ago(1)}, {"not_run_for": "90d"}, "run"),
        ({"last_run_at": ago(2)}, {"not_run_for": "1d"}, "run"),
        ({"public": True}, {}, "exempt_public"),
        ({"description": "please #keep this"}, {}, "exempt_description"),
        ({"name": "Board"}, {"exempt_names": ["Board*"]}, "exempt_name"),
        ({"type": "DatasetReport"}, {}, "dataset"),
        ({"schedules_count": 1}, {"exempt_scheduled": True}, "scheduled"),
        ({"created_at": ago(1)}, {}, "too_young"),
        ({"created_at": "long ago"}, {}, "unknown_created_at"),
    ],
)
def test_what_spares_a_report(now: dict[str, Any], policy: dict[str, Any], reason: str) -> None:
    """Each sign of life has its reason."""
    assert spared(planned(), read(**now), **policy) == reason


@pytest.mark.parametrize(
    ("then", "now", "policy"),
    [
        ({}, {"updated_at": ago(0)}, {}),
        ({}, {"last_run_at": ago(1)}, {}),
        ({}, {"view_count": 1}, {}),
        ({}, {"view_count": None}, {}),
        ({}, {"view_count": ...}, {}),
        ({"view_count": ...}, {"view_count": 9}, {"not_edited_for": "90d", "max_views": None}),
        ({}, {"edited_at": ...}, {"not_edited_for": "90d"}),
        ({"edited_at": ...}, {"edited_at": ago(400)}, {"not_edited_for": "90d"}),
        ({}, {"description": ..., "name": ...}, {"exempt_names": ["Board*"]}),
        ({}, {"space_token": ...}, {"exempt_collections": ["Legal"]}),
        ({"edited_at": "x"}, {"edited_at": "x"}, {}),
    ],
)
def test_what_does_not(then: dict[str, Any], now: dict[str, Any], policy: dict[str, Any]) -> None:
    """What is no sign of use, and what the read does not tell, stands as in the plan."""
    assert spared(planned(**then), read(**now), **policy) is None


def test_an_edit_that_the_plan_could_not_know() -> None:
    """Where the plan knew of no edit, any is one; where it could not know, one after its evidence is."""
    assert spared(planned(edited_at=None), read(edited_at=ago(400))) == "edited"
    assert spared(planned(edited_at=...), read(edited_at=ago(1))) == "edited"


def test_the_last_view_stands_as_planned() -> None:
    """REST never tells it: the growth of the count stands for a view."""
    then = planned({"last_viewed_at": NOW - timedelta(days=300), "source": "discovery"})
    assert spared(then, read(), max_views=None, not_viewed_for="180d") is None
    assert refreshed(then, read(), None, NOW).source == "discovery"


def test_the_owner_and_importers_stand_as_planned() -> None:
    """What cost a request for the plan is not asked again."""
    then = planned({"owner": Owner(username="growth-lead", email="growth-lead@example.com")})
    assert spared(then, read(), exempt_owners=["legal*"]) is None
    assert spared(then, read(), exempt_owners=["growth*"]) == "exempt_owner"
    dataset = planned({"imported_by_live": False}, type="DatasetReport")
    assert spared(dataset, read(type="DatasetReport"), include_datasets=True) is None


def test_a_question_that_was_never_asked_keeps_the_report() -> None:
    """What the policy needs and nobody knows is no licence."""
    assert spared(planned(), read(), exempt_owners=["legal*"]) == "unknown_owner"


@pytest.mark.parametrize(
    ("place", "policy", "reason"),
    [
        ({"name": "Legal"}, {"exempt_collections": ["Leg*"]}, "exempt_collection"),
        ({"name": "Own", "space_type": "private"}, {}, "exempt_personal"),
        ({"name": "Sales", "space_type": "custom"}, {}, None),
        (None, {}, "unknown_personal"),
    ],
)
def test_a_report_that_was_moved(
    place: dict[str, Any] | None, policy: dict[str, Any], reason: str | None
) -> None:
    """Its new collection counts; one that cannot be known keeps it."""
    there = Collection.from_json({"token": "ccccccccccc2", **place}) if place else None
    now = read(space_token="ccccccccccc2")
    assert moved(planned(), now)
    assert spared(planned(), now, there, **policy) == reason


@pytest.mark.parametrize(
    ("then", "now", "since"),
    [
        ({}, {"last_run_at": ago(1)}, NOW - timedelta(days=400)),
        ({"last_run_at": None}, {"last_run_at": ago(500)}, None),
        ({"last_run_at": ...}, {"last_run_at": ago(1)}, THEN),
    ],
)
def test_a_run_since_is_asked_about(
    then: dict[str, Any], now: dict[str, Any], since: datetime | None
) -> None:
    """Only where a person's run counts, and there was a run, the runs are read: as far back as the plan's."""
    before = planned(**then)
    fresh = refreshed(before, read(**now), None, NOW)
    assert ran_since(before, fresh)
    assert runs_since(before) == since
    assert asks_runs(before, fresh, StalePolicy(not_run_by_hand_for="90d"))
    assert not asks_runs(before, fresh, StalePolicy(max_views=3))
    unchanged = refreshed(before, read(**then), None, NOW)
    assert not asks_runs(before, unchanged, StalePolicy(not_run_by_hand_for="90d"))


def test_a_run_by_a_schedule_is_no_use() -> None:
    """It spares nothing, and the last run by hand is no later than what the plan knew."""
    then = planned()
    assert then.last_run_by_hand_at is UNASKED
    now = read(last_run_at=ago(1))
    assert spared(then, now, max_views=None, not_run_by_hand_for="90d") is None
    assert spared(then, now, max_views=None, not_run_by_hand_for="90d", ran_by_hand=True) == "run_by_hand"
    known = planned({"last_run_by_hand_at": NOW - timedelta(days=450)})
    assert spared(known, now, max_views=None, not_run_by_hand_for="90d") is None


VALUES: dict[str, Any] = {
    "archived": st.sampled_from([False, True, None, "x", ...]),
    "public": st.sampled_from([False, True, None, "x", ...]),
    "edited_at": st.sampled_from([ago(500), ago(1), None, "x", ...]),
    "created_at": st.sampled_from([ago(900), ago(1), None, "x", ...]),
    "last_run_at": st.sampled_from([ago(400), ago(1), None, "x", ...]),
    "view_count": st.sampled_from([0, 2, 3, None, "x", ...]),
    "description": st.sampled_from([None, "#keep", 5, ...]),
}


@given(st.fixed_dictionaries(VALUES), st.fixed_dictionaries(VALUES))
def test_whatever_is_changed_is_stale(then: dict[str, Any], now: dict[str, Any]) -> None:
    """No report is changed that is archived, exempt, newly used, or not stale by what a fresh read tells."""
    before, after = planned(**then), read(**now)
    if spared(before, after, not_edited_for="90d") is None:
        assert now["archived"] in (False, None, ...)
        assert now["public"] in (False, None, ...)
        assert now["edited_at"] != ago(1)
        assert now["created_at"] != ago(1)
        assert now["description"] != "#keep"
        if isinstance(then["view_count"], int) and isinstance(now["view_count"], int):
            assert now["view_count"] <= then["view_count"]
