"""Whatever the fields: what must never be selected, and that stricter never means more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.governance.evidence.evidence import DATASET, UNSURE, Evidence, Owner, Unknown
from tests.governance.fake_client import NOW, patient

GAPS = st.sampled_from(Unknown)
LENGTHS = st.none() | st.integers(1, 400).map(lambda number: f"{number}d")
WORDS = ("Sales", "Ops", "ada", "bob", "ada@example.com", "#keep", "r1", "c1", "")
GLOBS = st.lists(st.sampled_from(("Sales", "O*", "ad?", "*@example.com", "*#keep*", "r1", "c1")), max_size=3)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value, or a reason for not knowing it."""
    return values | GAPS


MOMENTS = maybe(st.none() | st.integers(-5, 500).map(lambda number: NOW - timedelta(days=number)))
TEXTS = st.sampled_from(WORDS)
EVIDENCE = st.builds(
    Evidence,
    report=st.sampled_from(("r1", "r2")),
    url=st.just("https://app.mode.com/acme/reports/r"),
    as_of=st.just(NOW),
    name=maybe(st.none() | TEXTS),
    kind=st.sampled_from(("Report", "Report", DATASET)),
    collection=st.sampled_from(("c1", "c2", None)),
    collection_name=maybe(st.none() | TEXTS),
    personal=maybe(st.booleans()),
    archived=maybe(st.booleans()),
    public=maybe(st.booleans()),
    description=maybe(st.none() | TEXTS),
    created_at=MOMENTS,
    edited_at=MOMENTS,
    last_run_at=MOMENTS,
    last_viewed_at=MOMENTS,
    last_run_by_hand_at=MOMENTS,
    view_count=maybe(st.integers(0, 20)),
    schedules_count=maybe(st.integers(0, 2)),
    subscribers=maybe(st.integers(0, 2)),
    owner=maybe(
        st.none() | st.builds(Owner, username=st.none() | TEXTS, email=st.none() | st.just("ada@example.com"))
    ),
    imported_by_live=maybe(st.booleans()),
)
POLICIES = st.fixed_dictionaries(
    {
        "max_views": st.integers(0, 20),
        "older_than": LENGTHS,
        "not_viewed_for": LENGTHS,
        "not_run_for": LENGTHS,
        "not_run_by_hand_for": LENGTHS,
        "not_edited_for": LENGTHS,
        "unknown": st.sampled_from(("keep", "stale")),
        **dict.fromkeys(("exempt_collections", "exempt_reports", "exempt_names"), GLOBS),
        **dict.fromkeys(("exempt_owners", "exempt_descriptions"), GLOBS),
        **dict.fromkeys(("exempt_scheduled", "exempt_subscribed"), st.booleans()),
        **dict.fromkeys(("exempt_personal", "exempt_public", "include_datasets"), st.booleans()),
    }
)


def selected(policy: dict[str, Any], seen: Evidence) -> bool:
    """Whether the policy calls a report stale."""
    return StalePolicy.from_value(policy).judge(seen, NOW).kind == "stale"


def _of_age(moment: datetime | Unknown | None, created: datetime | Unknown | None, length: str) -> bool:
    """Whether a moment is certainly not too recent for a length such as "90d"."""
    since = created if moment is None else moment
    return not isinstance(since, datetime) or NOW - since >= timedelta(days=int(length[:-1]))


@patient
@given(POLICIES, EVIDENCE)
def test_never_selects_what_must_be_kept(policy: dict[str, Any], seen: Evidence) -> None:
    """No archived, exempt, unsure or too young report is ever selected, whatever its fields."""
    if not selected(policy, seen):
        return
    assert seen.archived is False or seen.archived is Unknown.ABSENT
    assert not (policy["exempt_public"] and seen.public is True)
    assert not (policy["exempt_personal"] and seen.personal is True)
    assert not (policy["exempt_subscribed"] and isinstance(seen.subscribers, int) and seen.subscribers)
    assert not (policy["exempt_scheduled"] and isinstance(seen.schedules_count, int) and seen.schedules_count)
    assert seen.report not in policy["exempt_reports"]
    assert seen.kind != DATASET or (policy["include_datasets"] and seen.imported_by_live is not True)
    assert UNSURE not in (seen.archived, seen.view_count)
    assert not isinstance(seen.view_count, int) or seen.view_count <= policy["max_views"]
    assert policy["older_than"] is None or (
        seen.created_at is not None and _of_age(seen.created_at, None, policy["older_than"])
    )
    assert policy["not_edited_for"] is None or seen.edited_at is not UNSURE
    assert policy["not_edited_for"] is None or _of_age(
        seen.edited_at, seen.created_at, policy["not_edited_for"]
    )


@patient
@given(POLICIES, EVIDENCE)
def test_a_careful_policy_selects_on_knowledge_alone(policy: dict[str, Any], seen: Evidence) -> None:
    """With `unknown="keep"` whatever a given criterion reads is known."""
    policy = {**policy, "unknown": "keep"}
    if not selected(policy, seen):
        return
    needed = StalePolicy.from_value(policy).needs - {"last_run_by_hand_at"}
    assert not [field for field in needed if isinstance(getattr(seen, field), Unknown)]


STRICTER = st.fixed_dictionaries(
    {},
    optional={
        "max_views": st.integers(0, 20),
        **dict.fromkeys(
            ("older_than", "not_viewed_for", "not_run_for", "not_run_by_hand_for", "not_edited_for"),
            st.integers(1, 400).map(lambda number: f"{number}d"),
        ),
        **dict.fromkeys(
            ("exempt_collections", "exempt_reports", "exempt_names", "exempt_owners", "exempt_descriptions"),
            GLOBS,
        ),
        "unknown": st.just("keep"),
        **dict.fromkeys(
            ("exempt_scheduled", "exempt_subscribed", "exempt_personal", "exempt_public"), st.just(value=True)
        ),
        "include_datasets": st.just(value=False),
    },
)


def tighten(policy: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """The policy with more asked of every report."""
    tight = dict(policy)
    for key, value in more.items():
        if isinstance(value, list):
            tight[key] = policy[key] + value
        elif key == "max_views":
            tight[key] = min(policy[key], value)
        elif isinstance(value, str) and value != "keep" and policy[key]:
            tight[key] = max(policy[key], value, key=lambda length: int(length[:-1]))
        else:
            tight[key] = value
    return tight


@patient
@given(POLICIES, STRICTER, EVIDENCE)
def test_a_stricter_policy_never_selects_more(
    policy: dict[str, Any], more: dict[str, Any], seen: Evidence
) -> None:
    """Whatever a stricter policy selects, the looser one selects too."""
    if selected(tighten(policy, more), seen):
        assert selected(policy, seen)


@patient
@given(POLICIES, EVIDENCE)
def test_the_same_evidence_gets_the_same_verdict(policy: dict[str, Any], seen: Evidence) -> None:
    """A judgement is pure: a copy of the evidence, written and read back, is judged alike."""
    chosen = StalePolicy.from_value(policy)
    assert chosen.judge(Evidence.from_json(seen.to_json()), NOW) == chosen.judge(seen, NOW)
