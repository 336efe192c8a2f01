from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.client.models import Collection, Report
from airflow_provider_mode.governance.evidence.evidence import (
    ABSENT,
    UNASKED,
    UNSURE,
    Evidence,
    Owner,
    Unknown,
    from_report,
)
from tests.governance.fake_client import NOW, ago, collection_row, patient, report_row

SHARED = Collection.from_json(collection_row("c1", "Sales"))


def read(collection: Collection | None = SHARED, **fields: Any) -> Evidence:
    """The evidence of one row."""
    row = Report.from_json(report_row("r1", **fields))
    return from_report(row, collection, url="https://app.mode.com/acme/reports/r1", as_of=NOW)


def field_of(field: str, value: Any) -> Any:
    """One field of the evidence of a row that has this value for it."""
    fields: dict[str, Any] = {field: value}
    return getattr(read(**fields), field)


def test_a_row_becomes_evidence() -> None:
    """Every field of a good row is known; what costs a request is not asked yet."""
    seen = read(schedules_count=2)
    assert (seen.report, seen.name, seen.collection, seen.collection_name) == (
        "r1",
        "Report r1",
        "c1",
        "Sales",
    )
    assert seen.edited_at == NOW - timedelta(days=500)
    assert (seen.last_viewed_at, seen.last_run_by_hand_at) == (ABSENT, UNASKED)
    assert (seen.subscribers, seen.owner, seen.owner_hint) == (UNASKED, UNASKED, "ada")
    assert (seen.imported_by_live, seen.is_dataset) == (False, False)
    assert (seen.title, seen.place, seen.owner_label) == ("Report r1", "Sales", "ada")


@pytest.mark.parametrize("field", ["created_at", "edited_at", "last_run_at", "last_successfully_run_at"])
def test_a_moment_is_known_never_absent_or_unsure(field: str) -> None:
    """Null is never; absent and malformed are told apart."""
    assert field_of(field, ago(3)) == NOW - timedelta(days=3)
    assert field_of(field, None) is None
    assert field_of(field, ...) is ABSENT
    assert field_of(field, "yesterday") is UNSURE


def test_counts_are_known_absent_or_unsure() -> None:
    """A view count of null is 0; a count of schedules that is null tells nothing."""
    assert read(view_count=None).view_count == 0
    assert read(view_count=...).view_count is ABSENT
    assert read(view_count="many").view_count is UNSURE
    assert read(view_count=2**63).view_count is UNSURE  # no column of a file holds it
    assert read(schedules_count=None).schedules_count is ABSENT
    assert read(schedules_count=0).subscribers == 0
    assert read(schedules_count=...).subscribers is UNASKED


@pytest.mark.parametrize("field", ["archived", "public"])
def test_flags_read_as_false_unless_they_say_otherwise(field: str) -> None:
    """Absent is false, as Mode leaves flags out; what is there and no flag is unsure."""
    assert field_of(field, value=True) is True
    assert field_of(field, ...) is False
    assert field_of(field, None) is UNSURE
    assert field_of(field, "perhaps") is UNSURE


def test_a_report_that_never_ran_was_never_run_by_hand() -> None:
    """That costs no request to know."""
    assert read(last_run_at=None).last_run_by_hand_at is None


@pytest.mark.parametrize("kind", [7, None, "Notebook", ...])
def test_a_type_that_is_not_known_is_unsure(kind: object) -> None:
    """Datasets are left alone, and so is what may be one, or may be something else."""
    assert read(type="DatasetReport").is_dataset
    assert read(type="Report").kind == "Report"
    assert read(type=kind).kind is UNSURE
    assert not read(type=kind).is_dataset


def test_the_owner_can_be_asked_for_where_a_creator_is_named() -> None:
    """No link, an illegible link and a good one are three things."""
    assert read(_links=...).owner is ABSENT
    assert read(_links={"creator": None}).owner is ABSENT
    assert read(_links={"creator": {"href": 7}}).owner is UNSURE
    assert read(_links=...).owner_label is None
    assert read().but(owner=Owner(username="ada", email="ada@example.com")).owner_label == "ada@example.com"
    assert read().but(owner=Owner()).owner_label == "ada"


def test_without_its_collection_a_row_is_unsure_where_it_belongs() -> None:
    """A single read names its collection by its 12 characters alone."""
    seen = read(None, space_token="c9")
    assert (seen.collection, seen.collection_name, seen.personal) == ("c9", UNSURE, UNSURE)
    assert seen.place == "c9"
    assert read(None, name=...).title is None


def test_a_collection_may_hide_its_kind() -> None:
    """A personal collection is told by its type, and an absent or illegible type tells nothing."""
    kinds: list[tuple[Any, bool | Unknown]] = [
        ("private", True),
        ("custom", False),
        (None, False),
        (3, UNSURE),
    ]
    for kind, personal in kinds:
        assert read(Collection.from_json(collection_row("c1", space_type=kind))).personal is personal
    assert read(Collection.from_json({"token": "c1", "name": "Sales"})).personal is ABSENT


WHENS = st.one_of(
    st.none(),
    st.sampled_from(Unknown),
    st.integers(0, 10**9).map(lambda number: NOW - timedelta(microseconds=number * 1001)),
)
EVIDENCE = st.builds(
    Evidence,
    report=st.text(min_size=1),
    url=st.text(),
    as_of=st.just(NOW),
    name=st.none() | st.text() | st.sampled_from(Unknown),
    personal=st.booleans() | st.sampled_from(Unknown),
    archived=st.booleans() | st.sampled_from(Unknown),
    edited_at=WHENS,
    last_viewed_at=WHENS,
    last_run_by_hand_at=WHENS,
    view_count=st.integers(0) | st.sampled_from(Unknown),
    owner=st.none()
    | st.sampled_from(Unknown)
    | st.builds(Owner, username=st.text(), email=st.none() | st.text()),
    expected_runtime=st.none() | st.floats(0, 1e6),
)


@patient
@given(EVIDENCE)
def test_json_brings_back_the_same_evidence(seen: Evidence) -> None:
    """What a plan writes down of a report is read back as it was, with every reason for not knowing."""
    facts = seen.to_json()
    assert Evidence.from_json(facts) == seen
    assert not [key for key in facts if any(word in key for word in ("token", "secret", "proxy"))]


def test_json_leaves_out_what_is_absent_and_lists_what_is_unsure() -> None:
    """Absent is an absent key, as in Mode's own replies."""
    facts = read(edited_at=..., created_at="?").but(owner=ABSENT, archived=UNASKED).to_json()
    assert not {"edited_at", "created_at", "owner"} & facts.keys()
    assert (facts["unsure"], facts["absent"], facts["unasked"]) == (["created_at"], ["owner"], ["archived"])
    assert facts["last_run_at"] == ago(400)


GOOD = read().to_json()


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({**GOOD, "edited_at": "2026-01-01T00:00:00"}, "has no time zone"),
        ({**GOOD, "edited_at": "soon"}, "Invalid isoformat"),
        ({**GOOD, "edited_at": 7}, "edited_at is a int"),
        ({**GOOD, "view_count": True}, "view_count is a bool"),
        ({**GOOD, "view_count": "<b>"}, "view_count is a str"),
        ({**GOOD, "personal": None}, "personal is a NoneType"),
        ({**GOOD, "owner": {"email": 3}}, "name is a int"),
        ({**GOOD, "colour": "red"}, "no field 'colour'"),
        ({**GOOD, "unsure": ["colour"]}, "no field 'colour'"),
        ({**GOOD, "unsure": "edited_at"}, "not of strings"),
        ({**GOOD, "absent": [1]}, "not of strings"),
        ({"report": "r1", "url": ""}, "lacks 'as_of'"),
    ],
)
def test_json_that_is_no_evidence_is_refused(facts: dict[str, Any], why: str) -> None:
    """A plan's file may be anybody's work."""
    with pytest.raises(ValueError, match=why):
        Evidence.from_json(facts)
