from __future__ import annotations

import copy
import dataclasses
import pickle
from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.governance.errors import GovernanceError, PolicyError


def test_a_policy_holds_what_was_parsed() -> None:
    """Text and timedeltas mean the same, and the policy holds timedeltas and tuples."""
    policy = StalePolicy(not_run_for="90d", exempt_names=["KPI*"])
    assert policy == StalePolicy(not_run_for=timedelta(days=90), exempt_names=("KPI*",))
    assert policy.not_run_for == timedelta(days=90)
    assert policy.older_than == timedelta(days=30)
    assert policy.exempt_descriptions == ("*#keep*",)
    assert (policy.exempt_subscribed, policy.exempt_scheduled, policy.unknown) == (True, False, "keep")


def test_a_policy_is_frozen_and_can_be_copied() -> None:
    """Two tasks may share one policy: it is hashable, does not change, and survives copy and pickle."""
    policy = StalePolicy(max_views=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        policy.max_views = 4  # type: ignore[misc]  # the point: it is frozen
    assert copy.deepcopy(policy) == policy == pickle.loads(pickle.dumps(policy))  # noqa: S301 - our own bytes
    assert len({policy, copy.copy(policy)}) == 1
    assert dataclasses.replace(policy, max_views=4).max_views == 4


def test_a_dict_with_the_same_keys_is_a_policy() -> None:
    """A dict gives the same policy as its keys, and a policy is taken as it is."""
    policy = StalePolicy(not_viewed_for="12w", exempt_owners=["*@example.com"], unknown="stale")
    assert StalePolicy.from_value(policy) is policy
    assert StalePolicy.from_value(policy.to_json()) == policy
    assert policy.to_json()["not_viewed_for"] == "84d"
    assert policy.to_json()["exempt_owners"] == ["*@example.com"]
    assert list(policy.to_json()) == [field.name for field in dataclasses.fields(StalePolicy)]


def test_rendered_text_is_parsed() -> None:
    """Airflow renders numbers, flags and lists to text, and the policy reads it back."""
    rendered = {
        "max_views": "3",
        "exempt_public": "False",
        "exempt_personal": "false",
        "exempt_scheduled": "True",
        "include_datasets": "true",
        "exempt_names": '["KPI*", "Board"]',
        "not_run_for": "36h",
        "older_than": None,
    }
    assert StalePolicy.from_value(rendered) == StalePolicy(
        max_views=3,
        exempt_public=False,
        exempt_personal=False,
        exempt_scheduled=True,
        include_datasets=True,
        exempt_names=("KPI*", "Board"),
        not_run_for="36h",
        older_than=None,
    )


WRONG: list[tuple[str, Any]] = [
    ("not_run_for", "0d"),
    ("not_run_for", "-1d"),
    ("not_edited_for", "soon"),
    ("not_viewed_for", 90),
    ("not_viewed_for", "{{ params.days }}"),
    ("not_run_by_hand_for", True),
    ("older_than", "0h"),
    ("max_views", True),
    ("max_views", -1),
    ("max_views", 1.5),
    ("max_views", "-1"),
    ("max_views", "many"),
    ("exempt_names", "KPI*"),
    ("exempt_names", "[broken"),
    ("exempt_names", "[" * 100_000),
    ("exempt_names", '{"a": 1}'),
    ("exempt_names", None),
    ("exempt_names", {"KPI*"}),
    ("exempt_owners", [""]),
    ("exempt_owners", ["  "]),
    ("exempt_owners", [3]),
    ("exempt_public", 1),
    ("exempt_public", "yes"),
    ("exempt_public", None),
    ("exempt_public", []),
    ("unknown", "maybe"),
    ("unknown", None),
    ("unknown", True),
    ("exempt_nmaes", ["KPI*"]),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_does_not_parse_is_refused_by_name(field: str, value: object) -> None:
    """Each wrong value, and an unknown key, is an error that names the field."""
    with pytest.raises(PolicyError, match=rf"^{field}: ") as caught:
        StalePolicy.from_value({"max_views": 3, field: value})
    assert caught.value.field == field
    assert caught.value.permanent
    assert isinstance(caught.value, GovernanceError)


AGES = "not_viewed_for, not_run_for, not_run_by_hand_for, not_edited_for"
EXEMPT = ", ".join(
    f"exempt_{what}"
    for what in (
        *("collections", "reports", "names", "owners", "descriptions"),
        *("scheduled", "subscribed", "personal", "public"),
    )
)
LAST = "include_datasets, unknown"
SENTENCES: list[tuple[Any, str, str]] = [
    ({}, "policy", f"needs a criterion besides older_than: {AGES} or max_views"),
    ("90d", "policy", "must be a StalePolicy or a dict, not str"),
    (
        {"views": 3},
        "views",
        f"is no field of a policy; there are {AGES}, max_views, older_than, {EXEMPT}, {LAST}",
    ),
    ({"max_views": "many"}, "max_views", "must be a whole number from 0 up, not 'many'"),
    ({"exempt_names": "KPI"}, "exempt_names", "must be a list of strings such as [\"Sales*\"], not 'KPI'"),
    ({"exempt_names": [""]}, "exempt_names", "must be a list of strings, none of them empty, not ['']"),
    ({"exempt_public": 1}, "exempt_public", "must be true or false, not 1"),
    ({"unknown": "maybe"}, "unknown", 'must be "keep" or "stale", not \'maybe\''),
]


@pytest.mark.parametrize(("value", "field", "sentence"), SENTENCES)
def test_a_refusal_says_what_would_be_right(value: Any, field: str, sentence: str) -> None:
    """The field, what it takes and what was given, in one sentence."""
    with pytest.raises(PolicyError) as caught:
        StalePolicy.from_value(value)
    assert (caught.value.field, str(caught.value)) == (field, f"{field}: {sentence}")


def test_a_json_list_may_stand_among_spaces() -> None:
    """As templates over several lines render it."""
    assert StalePolicy.from_value({"max_views": 3, "exempt_names": ' ["KPI*"]\n'}).exempt_names == ("KPI*",)


@pytest.mark.parametrize("value", [{}, {"older_than": "90d"}, {"exempt_public": False}])
def test_a_policy_needs_a_criterion_besides_age(value: dict[str, Any]) -> None:
    """Age alone makes no report stale."""
    with pytest.raises(PolicyError, match="needs a criterion besides older_than: not_viewed_for"):
        StalePolicy.from_value(value)


@pytest.mark.parametrize("value", [None, "90d", ["max_views"], 3])
def test_only_a_policy_or_a_dict_is_a_policy(value: Any) -> None:
    """Anything else is refused with a sentence."""
    with pytest.raises(PolicyError, match=r"^policy: must be a StalePolicy or a dict"):
        StalePolicy.from_value(value)


def test_a_policy_names_the_evidence_it_needs() -> None:
    """What its criteria read is known before anything is asked."""
    policy = StalePolicy(not_viewed_for="90d", max_views=3, older_than=None)
    assert policy.needs == {"last_viewed_at", "view_count"}
    assert policy.setting_of("last_viewed_at") == "not_viewed_for"
    assert policy.setting_of("view_count") == "max_views"
    assert StalePolicy(not_run_for="90d").needs == {"last_run_at", "created_at"}


def test_the_longest_duration_counts_for_what_was_restored() -> None:
    """The longest of all durations, the age included; none is none."""
    assert StalePolicy(not_run_for="90d", not_edited_for="180d").longest == timedelta(days=180)
    assert StalePolicy(max_views=3).longest == timedelta(days=30)
    assert StalePolicy(max_views=3, older_than=None).longest == timedelta(0)
