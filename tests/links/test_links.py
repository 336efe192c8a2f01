from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_mode.get_provider_info import get_provider_info
from airflow_provider_mode.hooks.showing import browsable, key_of, show
from airflow_provider_mode.links import ModePlanLink, ModeReportLink, ModeRunLink
from airflow_provider_mode.operators import RunReportOperator
from tests.waiting import Instance

LINKS = [ModePlanLink, ModeReportLink, ModeRunLink]


@pytest.mark.parametrize("kind", LINKS)
def test_a_button_is_stored_where_airflow_looks_for_it(kind: Any) -> None:
    """The key is the one that Airflow 3 makes of the class's name, and the provider lists the class."""
    assert kind().xcom_key == f"_link_{kind.__name__}" == key_of(kind.kind)
    assert f"{kind.__module__}.{kind.__name__}" in get_provider_info()["extra-links"]


def test_a_task_at_work_knows_its_buttons(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are stored at once and not again; before that, and for what it never touched, there is none."""
    task, instance = RunReportOperator(task_id="task", report="0123456789ab"), Instance()
    assert ModeRunLink().get_link(task, ti_key=None) == ""
    show(task, {"ti": instance}, report="https://mode.example.com/r", run="https://mode.example.com/r/1")
    assert ModeRunLink().get_link(task, ti_key=None) == "https://mode.example.com/r/1"
    assert ModePlanLink().get_link(task, ti_key=None) == ""
    assert set(instance.pushed) == {"_link_ModeReportLink", "_link_ModeRunLink"}
    instance.pushed.clear()
    show(task, {"ti": instance}, run="https://mode.example.com/r/1")
    assert instance.pushed == {}


def test_a_web_server_reads_what_was_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the operator is a serialized one, of Airflow's own class."""
    from airflow_provider_mode.links import _base  # noqa: PLC0415 - to stand in for Airflow's store

    stored = {"_link_ModeRunLink": "https://mode.example.com/r/1"}
    xcom = SimpleNamespace(get_value=lambda **what: stored.get(what["key"]))
    monkeypatch.setattr(_base, "XCom", xcom)
    serialized = type("Serialized", (), {"__module__": "airflow.serialization"})()
    assert ModeRunLink().get_link(serialized, ti_key=None) == "https://mode.example.com/r/1"
    assert ModePlanLink().get_link(serialized, ti_key=None) == ""


@pytest.mark.parametrize(
    ("uri", "url"),
    [
        ("file:///a/plan.html", "file:///a/plan.html"),
        ("s3://conn@bucket/a b", "https://console.aws.amazon.com/s3/object/bucket?prefix=a%20b"),
        ("gs://bucket/a/b", "https://storage.cloud.google.com/bucket/a/b"),
        ("abfs://box/a", "abfs://box/a"),
    ],
)
def test_a_file_is_shown_where_a_browser_finds_it(uri: str, url: str) -> None:
    """As far as its kind of store has a page for people; for another there is no button."""
    task, instance = RunReportOperator(task_id="task", report="0123456789ab"), Instance()
    assert browsable(uri) == url
    show(task, {"ti": instance}, plan=browsable(uri))
    assert instance.pushed == ({"_link_ModePlanLink": url} if url.startswith("https://") else {})
    assert ModePlanLink().get_link(task, ti_key=None) == instance.pushed.get("_link_ModePlanLink", "")
