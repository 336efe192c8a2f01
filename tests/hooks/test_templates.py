from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.hooks import templates


@pytest.mark.parametrize(
    ("given", "meant"), [(True, True), (False, False), ("true", True), (" False ", False), ("True", True)]
)
def test_a_flag_is_read_as_airflow_renders_it(*, given: Any, meant: bool) -> None:
    """True and false in any case are flags."""
    assert templates.flag(given, "dry_run") is meant


@pytest.mark.parametrize("given", ["yes", "", "0", 1, None, "{{ params.dry_run }}"])
def test_anything_else_is_no_flag(given: Any) -> None:
    """A word that is neither true nor false is refused, and the parameter named."""
    with pytest.raises(SettingError, match="dry_run: must be true or false"):
        templates.flag(given, "dry_run")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (None, None),
        ("None", None),
        ("", None),
        ("acme", ("acme",)),
        (["a", " b "], ("a", "b")),
        (("a",), ("a",)),
        ('["a", "b"]', ("a", "b")),
        ([], ()),
    ],
)
def test_texts_come_from_a_list_a_json_list_or_one_text(given: Any, meant: Any) -> None:
    """All spellings of a list of names give a tuple."""
    assert templates.texts(given, "reports") == meant


@pytest.mark.parametrize("given", [5, ["a", 1], ["a", ""], '["a"', {"a": 1}])
def test_what_holds_no_texts_is_refused(given: Any) -> None:
    """Numbers, blanks, broken JSON and dicts are no names of reports."""
    with pytest.raises(SettingError, match=r"^reports: "):
        templates.texts(given, "reports")


def test_at_least_one_text_may_be_asked_for() -> None:
    """An empty list of reports is refused: it would mean to do nothing, or everything."""
    assert templates.required_texts("abc", "reports") == ("abc",)
    for nothing in (None, (), "[]"):
        with pytest.raises(SettingError, match="reports: must not be empty"):
            templates.required_texts(nothing, "reports")


def test_a_text_is_stripped_and_other_types_are_refused() -> None:
    """A digest that a template padded is still the digest."""
    assert templates.text(" sha256:ab ", "digest") == "sha256:ab"
    assert templates.text("None", "digest") is None
    with pytest.raises(SettingError, match="digest: must be a text, not 5"):
        templates.text(5, "digest")


def test_a_duration_may_be_absent() -> None:
    """None, and a template that renders None, mean no duration."""
    assert templates.duration("7d", "min_age") == timedelta(days=7)
    assert templates.duration("None", "min_age") is None
    with pytest.raises(SettingError, match="min_age"):
        templates.duration("soon", "min_age")


def test_a_mapping_may_be_json() -> None:
    """A policy from ``tojson`` is a dict again."""
    assert templates.mapping('{"max_views": 3}', "policy") == {"max_views": 3}
    for wrong in ("max_views=3", "{", 3, [1]):
        with pytest.raises(SettingError, match=r"^policy: "):
            templates.mapping(wrong, "policy")


def test_the_source_is_a_word_or_a_dict() -> None:
    """REST where nothing is said, and a dict also as JSON."""
    assert templates.source(None) == "rest"
    assert templates.source("discovery") == "discovery"
    assert templates.source({"conn_id": "x", "sql": "select"}) == {"conn_id": "x", "sql": "select"}
    assert templates.source('{"conn_id": "x"}') == {"conn_id": "x"}
