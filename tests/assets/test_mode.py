from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from airflow.providers.common.compat.assets import Asset, AssetAlias

from airflow_provider_mode.assets.mode import (
    convert_asset_to_openlineage,
    create_asset,
    report_uri,
    sanitize_uri,
)
from airflow_provider_mode.operators import RunReportOperator
from airflow_provider_mode.sandbox import Sandbox
from tests.waiting import AIRFLOW_2, Instance

URI = "mode://acme/reports/0123456789ab"


@pytest.mark.parametrize("uri", [URI, f"{URI}/"])
def test_an_asset_of_a_report_has_one_spelling(uri: str) -> None:
    """Airflow's own asset goes through the handler that the provider registers."""
    assert sanitize_uri(urlsplit(uri)).geturl() == URI == report_uri("acme", "0123456789ab")
    assert Asset(uri).uri == URI


@pytest.mark.parametrize(
    "uri",
    [
        "mode://acme",
        "mode://Acme/reports/0123456789ab",
        "mode://acme/reports/short",
        f"{URI}/runs/1",
        f"{URI}?a=1",
    ],
)
def test_what_names_no_report_is_refused(uri: str) -> None:
    """The sentence says how it is spelt."""
    with pytest.raises(ValueError, match="mode://<workspace>/reports/<report>"):
        sanitize_uri(urlsplit(uri))
    with pytest.raises(UserWarning if AIRFLOW_2 else ValueError):  # 2.11 warns unless it is told to be strict
        Asset(uri)


def test_an_asset_is_a_dataset_of_openlineage() -> None:
    """Namespace and name make the URI again."""
    pytest.importorskip("airflow.providers.openlineage")
    dataset = convert_asset_to_openlineage(create_asset(workspace="acme", report="0123456789ab"))
    assert (dataset.namespace, dataset.name) == ("mode://acme", "reports/0123456789ab")


class Events(dict[Any, Any]):
    """Airflow's outlet events, as far as they are used."""

    def __missing__(self, key: Any) -> Any:
        event = type("Event", (), {})()
        event.extra, event.added = {}, []
        event.add = lambda asset, extra: event.added.append((asset.uri, extra))
        self[key] = event
        return event


def test_a_run_is_an_event_of_the_reports_asset(
    mode_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through an alias whichever report it is, and on the report's own asset with the details."""
    monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", json.dumps(mode_sandbox.connection(rate_limit=None)))
    mode_sandbox.switch(run_seconds=0)
    report = mode_sandbox.add_report(name="Refreshed")
    own, alias = Asset(report_uri("acme", report.token)), AssetAlias("refreshed")
    other = Asset(report_uri("acme", "0123456789ab"))
    events = Events()
    task = RunReportOperator(task_id="task", report=report.token, outlets=[own, alias, other])
    context: Any = {"ti": Instance(), "outlet_events": events}
    result = task.execute(context)
    about = {key: result[key] for key in ("report_run", "state", "url")}
    assert events[own].extra == about
    assert events[alias].added == [(own.uri, about)]
    assert other not in events


def test_openlineage_learns_of_report_and_run() -> None:
    """Where its provider is installed."""
    pytest.importorskip("airflow.providers.openlineage")
    from airflow_provider_mode.operators._touched import TOUCHED, Touched  # noqa: PLC0415 - brings the client

    task = RunReportOperator(task_id="task", report="0123456789ab")
    assert task.get_openlineage_facets_on_complete(None).outputs == []
    run = {"report_run": "abcdefabcdef", "url": "https://mode.example.com/r/1"}
    task.__dict__[TOUCHED] = Touched(read=["file:///a/b"], written=[URI], run=run)
    found = task.get_openlineage_facets_on_complete(None)
    assert [(each.namespace, each.name) for each in found.outputs] == [
        ("mode://acme", "reports/0123456789ab")
    ]
    assert [(each.namespace, each.name) for each in found.inputs] == [("file", "/a/b")]
    assert found.run_facets["externalQuery"].externalQueryId == "abcdefabcdef"
