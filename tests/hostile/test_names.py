"""Hostile names of reports, collections, schedules, owners and queries, in every place that shows them."""

from __future__ import annotations

import csv
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from airflow_provider_mode.operators import (
    ArchiveStaleReportsOperator,
    DeleteSchedulesOperator,
    ExportResultsOperator,
    InventoryOperator,
    MoveReportsOperator,
    PlanCleanupOperator,
    RestoreOperator,
    RunReportOperator,
)
from tests.hostile.names import NAMES, UNSEEN
from tests.operators.workspace import POLICY, Mode, Said

HARMLESS = {
    "a", "blockquote", "code", "em", "h1", "h2", "h3", "hr", "li", "ol", "p", "strong", "table", "tbody",
    "td", "th", "thead", "tr", "ul",
}  # fmt: skip
WITH_OWNERS = POLICY | {"exempt_owners": ["nobody@example.com"], "exempt_names": ["no such name"]}


def _fill(mode: Mode) -> dict[str, str]:
    """A stale report for each hostile name, in a collection and with an owner and a schedule called alike."""
    state = mode.sandbox.state
    made = {}
    for member, name in zip(state.members.values(), NAMES.values(), strict=False):
        member.name = name
        member.email = f"{name}@example.com"
    owners = list(state.members)
    for number, (kind, name) in enumerate(NAMES.items()):
        where = mode.sandbox.add_collection(name or "x", description=name)
        report = mode.stale(
            name, description=name, collection=where.token, creator=owners[number % len(owners)]
        )
        mode.schedule(report, name=name, parameters={name: name, "list": [name]})
        made[report] = kind
    return made


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.met: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the tag with each of its attributes."""
        self.met |= {(tag, name) for name, _ in attrs} | {(tag, "")}
        for name, value in attrs:
            assert name not in {"href", "src"} or not (value or "").lower().lstrip().startswith("javascript")


def _tags(page: str) -> set[tuple[str, str]]:
    parser = _Tags()
    parser.feed(page)
    return parser.met


def _rendered(text: str) -> str:
    """Markdown as the most careless reader shows it: with raw HTML and bare links."""
    reader = MarkdownIt("commonmark", {"html": True, "linkify": True}).enable(["table", "linkify"])
    return str(reader.render(text))


def _plan(mode: Mode, **parameters: Any) -> tuple[dict[str, Any], Path]:
    result = mode.run(PlanCleanupOperator, policy=WITH_OWNERS, **parameters)
    return result, Path(result["plan"].removeprefix("file://")).parent


@pytest.mark.mode_sandbox(reports=0)
def test_a_plan_of_hostile_names(mode: Mode, said: Said) -> None:
    """The plan holds each name as it is; its pages and the log hold nothing that does anything."""
    plain = mode.stale("Plain")
    mode.schedule(plain)
    _, benign = _plan(mode)
    made = _fill(mode)
    result, folder = _plan(mode)
    plan = json.loads((folder / "plan.json").read_bytes())
    names = {action["report"]: action["name"] for action in plan["actions"]}
    for report, kind in made.items():
        assert names[report] == NAMES[kind].replace("\ud800", "?")
    page, text = (folder / "plan.html").read_text(), (folder / "plan.md").read_text()
    assert _tags(page) <= _tags((benign / "plan.html").read_text()) | {("details", ""), ("summary", "")}
    assert "<script>alert" not in page
    for shown in (text, result["markdown"]):
        assert {tag for tag, _ in _tags(_rendered(shown))} <= HARMLESS
    for character in UNSEEN:
        assert character not in page + text + result["markdown"]
    assert "forged line" not in "".join(line for line in text.splitlines() if line.startswith("2026"))
    assert len(json.dumps(result)) < 48_000
    _nothing_happens(said())


def _nothing_happens(log: str) -> None:
    for character in UNSEEN:
        assert character not in log
    assert not [line for line in log.splitlines() if line.startswith(("Set-Cookie", "2026-01-01 ERROR"))]
    assert "sandbox-secret" not in log


@pytest.mark.mode_sandbox(reports=0)
def test_hostile_names_are_archived_and_come_back(mode: Mode, said: Said) -> None:
    """Each report and schedule is journaled, archived and restored under the name it had."""
    made = _fill(mode)
    before = {
        report: (schedule.name, schedule.parameters)
        for report in made
        for schedule in mode.sandbox.state.reports[report].schedules.values()
    }
    done = mode.run(ArchiveStaleReportsOperator, policy=WITH_OWNERS, max_changes=100)
    assert set(done["archived"]) == set(made)
    assert not mode.schedules()
    journal = Path(done["journal"].removeprefix("file://"))
    rows = [json.loads(line) for line in journal.read_bytes().split(b"\n") if line]
    assert len(rows) == 1 + 4 * len(made)
    back = mode.run(RestoreOperator, journal=done["journal"])
    assert set(back["unarchived"]) == set(made)
    assert not back["failed"]
    for report in made:
        (schedule,) = mode.sandbox.state.reports[report].schedules.values()
        name, parameters = before[report]
        assert schedule.name == (name or "").replace("\ud800", "?")
        assert json.dumps(schedule.parameters).replace("?", "") == json.dumps(
            json.loads(json.dumps(parameters).replace("\\ud800", "?"))
        ).replace("?", "")
    _nothing_happens(said())


@pytest.mark.mode_sandbox(reports=0)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_inventory_of_hostile_names(mode: Mode, said: Said, form: str) -> None:
    """One row a report, whatever its name; no cell of the table is a formula."""
    made = _fill(mode)
    result = mode.run(InventoryOperator, format=form)
    path = Path(result["inventory"].removeprefix("file://"))
    if form == "csv":
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert not [
            cell for row in rows for cell in row.values() if cell.lstrip()[:1] in {"=", "+", "-", "@"}
        ]
    else:
        rows = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
        names = {row["report"]: row["name"] for row in rows}
        assert all(names[report] == NAMES[kind].replace("\ud800", "?") for report, kind in made.items())
    assert {row["report"] for row in rows} >= set(made)
    assert len(rows) == result["reports"]
    _nothing_happens(said())


@pytest.mark.mode_sandbox(reports=30)
@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_of_hostile_names(mode: Mode, said: Said, form: str) -> None:
    """Files called after queries stay in their folder, one for each query."""
    report = next(
        one for one in mode.sandbox.state.reports.values() if len(one.queries) > 2 and one.last_success
    )
    for query, kind in zip(report.queries, ("path", "lines", "colours", "long"), strict=False):
        query.name = NAMES[kind]
    result = mode.run(ExportResultsOperator, report=report.token, format=form)
    files = [Path(file["uri"].removeprefix("file://")) for file in result["files"]]
    assert len(set(files)) == len(report.queries)
    for file in files:
        assert file.resolve().is_relative_to(mode.output.resolve())
        assert file.is_file()
        assert file.name.isprintable()
        assert len(file.name) < 255
    assert {path.suffix for path in mode.output.rglob("*") if path.is_file()} == {f".{form}"}
    _nothing_happens(said())


@pytest.mark.mode_sandbox(reports=20)
def test_what_failed_is_told_in_one_line(mode: Mode, said: Said) -> None:
    """What Mode says of a failure, and what a warehouse says of a query, is as hostile as any name."""
    mode.stale()
    words = NAMES["colours"] + NAMES["lines"] + NAMES["direction"]
    body = json.dumps({"id": words, "message": words})
    mode.sandbox.fault("status", status=422, body=body, path="*/archive")
    with pytest.raises(Exception, match="422") as caught:
        mode.run(ArchiveStaleReportsOperator, policy=POLICY, max_changes=5)
    report = next(one.token for one in mode.sandbox.state.reports.values() if one.queries)
    mode.sandbox.set_record(report, outcome="failed", error=words)
    mode.sandbox.switch(run_seconds=0)
    with pytest.raises(Exception, match="forged line") as failed:
        RunReportOperator(task_id="run", report=report, poll_interval=1).execute({})
    for error in (caught, failed):
        shown = str(error.value)
        assert not [character for character in shown if character in UNSEEN]
        assert "\nSet-Cookie" not in shown
    _nothing_happens(said())


@pytest.mark.mode_sandbox(reports=0)
def test_other_operators(mode: Mode, said: Said) -> None:
    """Deleting schedules and moving reports log no more than the others."""
    made = _fill(mode)
    where = mode.sandbox.add_collection(NAMES["colours"])
    done = mode.run(DeleteSchedulesOperator, reports=list(made), max_changes=100)
    assert len(done["schedules_deleted"]) == len(made)
    mode.run(MoveReportsOperator, reports=list(made), collection=where.token, max_changes=100)
    assert {mode.sandbox.state.reports[report].collection for report in made} == {where.token}
    _nothing_happens(said())
