"""The inventory operator: one file with every report, from each of the sources."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_mode.client import Signature
from airflow_provider_mode.governance.durations import counted
from airflow_provider_mode.governance.history.file import HistoryFile
from airflow_provider_mode.governance.history.history import History
from airflow_provider_mode.governance.render.words import kept_words
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.operators import InventoryOperator, PlanCleanupOperator
from airflow_provider_mode.operators._verdicts import MOST
from tests.operators.workspace import POLICY, Mode, Said


def lines(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The file's rows by their report."""
    text = Path(result["inventory"].removeprefix("file://")).read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(rows) == result["reports"]
    return {row["report"]: row for row in rows}


def reports_of(mode: Mode) -> set[str]:
    """What is no dataset."""
    return {token for token, report in mode.sandbox.state.reports.items() if not report.is_dataset}


@pytest.fixture
def usage_db(mode: Mode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A source: a table of last views in SQLite, behind a connection."""
    pytest.importorskip("airflow.providers.sqlite")
    path = tmp_path / "usage.db"
    with sqlite3.connect(path) as database:
        database.execute("create table usage (report text, last_viewed_at text, last_run_at text)")
        database.executemany(
            "insert into usage values (?, ?, ?)",
            [
                (report.token, *(at and at.isoformat() for at in (report.last_viewed_at, report.last_run_at)))
                for report in mode.sandbox.state.reports.values()
                if not report.is_dataset
            ],
        )
    database.close()
    monkeypatch.setenv("AIRFLOW_CONN_USAGE", json.dumps({"conn_type": "sqlite", "host": str(path)}))
    return {"conn_id": "usage", "sql": "select report, last_viewed_at, last_run_at from usage;"}


def test_every_report_is_written_down(mode: Mode, said: Said) -> None:
    """With its collection, archived ones and people's own included; no datasets, and no request for them."""
    result = mode.run(InventoryOperator)
    state = mode.sandbox.state
    rows = lines(result)
    assert rows.keys() == reports_of(mode)
    assert not [sent for sent in mode.sandbox.requests if "datasets" in sent.target]
    assert result.keys() == {"inventory", "reports", "source", "requests"}
    assert (result["source"], result["requests"]) == ("rest", len(mode.sandbox.requests))
    for token, row in rows.items():
        report = state.reports[token]
        assert row["archived"] is report.archived
        assert row["collection_name"] == state.collections[report.collection].name
        assert row["absent"] == ["last_viewed_at", "watched_since"]
    assert "see file://" in said()


def test_an_inventory_has_the_folder_of_its_task_instance(mode: Mode) -> None:
    """A retry writes the same file again, and nothing else is left there."""
    results = [mode.run(InventoryOperator, mode.instance(), format="csv") for _ in range(2)]
    assert results[0]["inventory"] == results[1]["inventory"] == f"{mode.uri}/tidy/run/task/inventory.csv"
    [path] = (mode.output / "tidy" / "run" / "task").iterdir()
    with path.open(newline="") as file:
        assert {row["report"] for row in csv.DictReader(file)} == reports_of(mode)


def test_parquet_is_written_where_its_package_is(mode: Mode) -> None:
    """Read back with the package itself."""
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    result = mode.run(InventoryOperator, format="parquet")
    table = parquet.read_table(result["inventory"].removeprefix("file://"))
    assert set(table["report"].to_pylist()) == reports_of(mode)


def test_a_history_grows_with_each_inventory(mode: Mode, tmp_path: Path) -> None:
    """The second one knows what was viewed since the first."""
    history = f"file://{tmp_path}/history"
    first = lines(mode.run(InventoryOperator, history=history))
    assert all("last_viewed_at" in row["unsure"] and row["watched_since"] for row in first.values())
    viewed = min(reports_of(mode))
    mode.sandbox.view(viewed)
    second = lines(mode.run(InventoryOperator, history=history))
    assert {token for token, row in second.items() if row["last_viewed_at"]} == {viewed}
    [file] = (tmp_path / "history").iterdir()
    assert file.name.startswith("127.0.0.1_")


def test_discovery_costs_three_requests_for_a_small_workspace(mode: Mode) -> None:
    """Reports, their use, and collections."""
    result = mode.run(InventoryOperator, source="discovery")
    assert (result["source"], result["requests"]) == ("discovery", 3)
    state = mode.sandbox.state
    for token, row in lines(result).items():
        viewed = state.reports[token].last_viewed_at
        assert row["last_viewed_at"] == (viewed and viewed.isoformat().replace("+00:00", "Z"))
        assert "archived" in row["unasked"]


def test_a_query_costs_the_list_of_collections(mode: Mode, usage_db: dict[str, str], said: Said) -> None:
    """Its rows are the inventory, and each says that Mode has not been asked about it."""
    result = mode.run(InventoryOperator, source=usage_db)
    assert (result["source"], result["requests"]) == ("sql", 1)
    rows = lines(result)
    assert rows.keys() == reports_of(mode)
    assert all((row["source"], row["seen_in_mode"]) == ("sql", False) for row in rows.values())
    places = [space for space in mode.sandbox.state.collections.values() if space.state == "active"]
    assert f"{len(rows)} reports of {len(places)} collections by sql, as of 20" in said()
    bounded = lines(mode.run(InventoryOperator, source=usage_db, collections=["*"]))
    assert all((row["source"], row["seen_in_mode"]) == ("sql", True) for row in bounded.values())
    assert bounded.keys() == rows.keys()


def test_a_plan_can_come_of_a_query(mode: Mode, usage_db: dict[str, str]) -> None:
    """The same one as of Discovery, which has the same last views."""
    policy = {"not_viewed_for": "60d"}
    results = {
        name: mode.run(PlanCleanupOperator, policy=policy, source=source)
        for name, source in {"sql": usage_db, "discovery": "discovery"}.items()
    }
    plans = {
        name: json.loads(Path(result["plan"].removeprefix("file://")).read_text())
        for name, result in results.items()
    }
    assert plans["sql"]["source"] == "sql"
    assert plans["sql"]["actions"]
    assert [(action["kind"], action["report"]) for action in plans["sql"]["actions"]] == [
        (action["kind"], action["report"]) for action in plans["discovery"]["actions"]
    ]


def test_the_collections_bound_the_inventory(mode: Mode) -> None:
    """By name, also as a template renders a list."""
    place = next(space for space in mode.sandbox.state.collections.values() if not space.personal)
    result = mode.run(InventoryOperator, collections=json.dumps([place.name]))
    assert lines(result).keys() == set(place.reports) & reports_of(mode)


def test_an_unreadable_collection_fails_unless_others_are_named(mode: Mode) -> None:
    """And leaves no file that looks complete."""
    place = next(space for space in mode.sandbox.state.collections.values() if space.reports)
    mode.sandbox.switch(unreadable=f"{place.token}:403")
    with pytest.raises(AirflowFailException, match=place.token) as caught:
        mode.run(InventoryOperator, mode.instance())
    assert "the inventory is incomplete, so nothing was made of it: collection" in str(caught.value)
    assert "plan was made" not in str(caught.value)
    assert not list(mode.output.rglob("inventory*"))
    others = [space.token for space in mode.sandbox.state.collections.values() if space is not place]
    result = mode.run(InventoryOperator, mode.instance(), collections=others)
    assert lines(result)
    assert not lines(result).keys() & set(place.reports)


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"format": "xlsx"}, "format: must be one of"),
        ({"source": "guess"}, "source: must be one of rest, discovery, or a dict"),
        ({"source": {"conn_id": "usage", "query": "select 1"}}, "source: has no key 'query'"),
        ({"source": {"conn_id": "usage"}}, "source: needs 'sql'"),
        ({"source": {"conn_id": 7, "sql": "select 1"}}, "source: needs 'conn_id'"),
        ({"source": "discovery", "history": "file:///x"}, "history: is for views over REST"),
        ({"collections": ["nowhere"]}, "collections: no collection matches"),
    ],
)
def test_a_parameter_that_cannot_be_meant_is_named(mode: Mode, parameters: dict[str, Any], why: str) -> None:
    """At once, without retries."""
    with pytest.raises(AirflowFailException, match=why):
        mode.run(InventoryOperator, **parameters)


def test_discovery_without_a_signature_fails_at_once(mode: Mode) -> None:
    """Saying what the connection lacks, where, and what it looks like; nothing is asked of Mode."""
    mode.connect(extra={"discovery": None})
    for operator, more in ((InventoryOperator, {}), (PlanCleanupOperator, {"policy": {"max_views": 5}})):
        with pytest.raises(AirflowFailException) as caught:
            mode.run(operator, source="discovery", **more)
        assert str(caught.value).startswith(
            "source: connection 'mode_default': the connection has no signature for the Discovery API: add "
            '{"discovery": {"token": "...", "access_key": "...", "access_secret": "..."}} to its extra'
        )
    assert not mode.sandbox.requests


def test_a_revoked_signature_is_not_blamed_on_the_login(mode: Mode) -> None:
    """Which is good, and plays no part."""
    ModeHook().get_conn().discovery.revoke(Signature(**mode.sandbox.discovery))
    with pytest.raises(AirflowFailException) as caught:
        mode.run(InventoryOperator, source="discovery")
    assert "the Discovery signature (the connection's extra `discovery`) is unknown, revoked" in str(
        caught.value
    )
    assert "login and password play no part here" in str(caught.value)
    assert "Check the API token" not in str(caught.value)


@pytest.mark.parametrize("below", ["", "/below"])
def test_a_history_that_is_a_file_fails_at_once(mode: Mode, tmp_path: Path, below: str) -> None:
    """Another try would find the same file there."""
    (tmp_path / "views.txt").write_text("mine")
    with pytest.raises(AirflowFailException, match=r"history: must be a folder, .*/views.txt is a file"):
        mode.run(InventoryOperator, history=f"file://{tmp_path}/views.txt{below}")
    assert (tmp_path / "views.txt").read_text() == "mine"


def test_a_plan_says_which_evidence_it_rests_on(mode: Mode, said: Said, tmp_path: Path) -> None:
    """A history as old as the rule asks makes reports stale; plan and log say since when it watches each."""
    then = mode.sandbox.now - timedelta(days=201, hours=1)
    history = History(then)
    for report in mode.sandbox.state.reports.values():
        history.read(report.token, report.view_count or 0, then)
    HistoryFile(tmp_path, host=mode.sandbox.url, workspace="acme").save(history, then)
    policy = {"not_viewed_for": "200d"}
    result = mode.run(PlanCleanupOperator, policy=policy, history=f"file://{tmp_path}")
    plan = json.loads(Path(result["plan"].removeprefix("file://")).read_text())
    assert plan["actions"]
    for action in plan["actions"]:
        assert action["evidence"]["source"] == "rest"
        assert action["evidence"]["watched_since"].startswith(then.date().isoformat())
        assert action["reason"].startswith(f"not viewed since {then.date()}")
    text, day = said(), mode.sandbox.now.date()
    stale = {action["report"] for action in plan["actions"]}
    for report in stale:
        assert re.search(
            rf"stale: {report}, .*: not viewed since {then.date()}.*\. Evidence: REST, {day} \(today\), "
            rf"views watched since {then.date()} \(6 months ago\)",
            text,
        )
    assert f"began on {then.date()}, 201 days ago" in text
    assert re.search(rf"reports judged by evidence from rest as of {day}T.*Z: {len(stale)} stale, ", text)
    for reason, reports in plan["kept"].items():
        assert f"kept: {counted(len(reports), 'report')}: {kept_words(reason)}" in text


def test_the_log_names_only_so_many(mode: Mode, said: Said) -> None:
    """The plan names all."""
    for number in range(MOST + 2):
        mode.stale(f"Old {number}")
    result = mode.run(PlanCleanupOperator, policy=POLICY)
    number = result["counts"]["stale"]
    assert number >= MOST + 2
    text = said()
    assert len(set(re.findall(r"stale: \w{12}, ", text))) == MOST
    assert f"stale: {number - MOST} more, all of them in the plan" in text
