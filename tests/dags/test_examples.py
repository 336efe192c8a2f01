"""Every example does what its first sentence says, run by Airflow itself."""

from __future__ import annotations

import ast
import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dags.conftest import ROOT, RunDag
from tests.operators.workspace import Mode

pytestmark = [
    pytest.mark.mode_sandbox(reports=0, collections=4),
    pytest.mark.filterwarnings("ignore"),  # a whole Airflow warns of its own affairs
]
EXAMPLES = sorted((ROOT / "dags_examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_begins_with_its_sentence_and_fits_a_screen(path: Path) -> None:
    """One sentence, at most 60 lines, a DAG named like its file."""
    text = path.read_text()
    sentence = ast.get_docstring(ast.parse(text))
    assert sentence is not None
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(text.splitlines()) <= 60
    assert f'"{path.stem}",' in text


def test_stale_reports_are_archived(mode: Mode, run_dag: RunDag) -> None:
    """Exactly the stale ones; a dry run of the same DAG changes nothing."""
    stale, _ = mode.stale(), mode.sandbox.add_report(name="In use")
    assert run_dag("archive_stale_reports", dry_run=True) == {("archive", -1): "success"}
    assert not mode.archived()
    run_dag("archive_stale_reports", max_changes="100%")
    assert mode.archived() == {stale}
    journals = list(mode.output.rglob("journal.jsonl"))
    header = json.loads(journals[0].read_text().splitlines()[0])
    assert (len(journals), header["dag_id"], header["task_id"]) == (1, "archive_stale_reports", "archive")


def test_too_many_changes_fail_the_task(mode: Mode, run_dag: RunDag) -> None:
    """By default at most 15 % of the reports."""
    mode.stale()
    assert run_dag("archive_stale_reports") == {("archive", -1): "failed"}
    assert not mode.archived()


def test_schedules_of_untouched_reports_go(mode: Mode, run_dag: RunDag) -> None:
    """The nightly runs of a report that nobody touches stop; a used report keeps its schedule."""
    mode.schedule(mode.stale("Nightly"))
    kept = {mode.schedule(mode.sandbox.add_report(name=f"In use {number}").token) for number in range(3)}
    assert run_dag("delete_schedules") == {("delete", -1): "success"}
    assert mode.schedules() == kept


def test_waiting_for_a_schedule(mode: Mode, run_dag: RunDag) -> None:
    """It succeeds for a report with a schedule, and says when that runs."""
    report = mode.sandbox.add_report(name="New").token
    mode.schedule(report)
    states = run_dag("wait_for_schedule", report=report)
    assert set(states.values()) == {"success"}


def test_plan_approve_apply(mode: Mode, run_dag: RunDag) -> None:
    """What was planned is applied, the approval taken for given; where Airflow has none, it is only tried."""
    reports = [mode.stale(), *(mode.sandbox.add_report(name=f"In use {number}").token for number in range(9))]
    states = run_dag("plan_approve_apply")
    assert set(states.values()) == {"success"}
    assert mode.archived() == ({reports[0]} if ("approve", -1) in states else set())


def test_a_restore_from_a_folder_of_journals(mode: Mode, run_dag: RunDag) -> None:
    """What a sweep took away comes back, all or what is named."""
    reports = {mode.stale(), mode.stale()}
    run_dag("archive_stale_reports", max_changes="100%")
    assert mode.archived() == reports
    one = min(reports)
    run_dag("restore_from_journal", journal=f"file://{mode.output}", reports=[one])
    assert mode.archived() == reports - {one}
    run_dag("restore_from_journal", journal=f"file://{mode.output}")
    assert not mode.archived()


class Mail(socketserver.StreamRequestHandler):
    """Just enough of a mail server: it takes every letter."""

    letters: list[bytes]

    def handle(self) -> None:
        """Answer each command as mail servers do."""
        self.wfile.write(b"220 ready\r\n")
        while command := self.rfile.readline().strip().upper():
            if command == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.letters.append(b"".join(lines))
            self.wfile.write(b"250 fine\r\n")


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """The letters that reach a mail server on this machine."""
    found: list[bytes] = []
    handler = type("Handler", (Mail,), {"letters": found})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        extra: dict[str, Any] = {"disable_ssl": True, "disable_tls": True, "timeout": 10}
        connection = {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": server.server_address[1],
            "extra": extra,
        }
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
        yield found
        server.shutdown()


def test_owners_are_warned_first(mode: Mode, run_dag: RunDag, letters: list[bytes]) -> None:
    """Each owner gets one letter with their reports; nothing is archived before two weeks have passed."""
    people = [member.username for member in list(mode.sandbox.state.members.values())[:2]]
    for person in people:
        mode.stale(f"Numbers of {person} <&>", creator=person)
    states = run_dag("warn_owners")
    assert {task for task, _ in states} == {"plan", "letters", "warn", "archive"}
    assert set(states.values()) == {"success"}
    assert len(letters) == 2
    assert not mode.archived()


def test_shared_policies_templates_and_mapped_tasks(mode: Mode, run_dag: RunDag) -> None:
    """Two tasks render one policy each in its own way; flags, numbers and mapped lists may be templates."""
    places = [c.token for c in mode.sandbox.state.collections.values() if c.space_type == "custom"][:2]
    for place in places:
        mode.stale(collection=place)
    kept = mode.stale("Keep these")
    states = run_dag("shared_policy", dry_run=False, collections=places)
    assert set(states.values()) == {"success"}
    assert {task for task in states if task[0] == "each"} == {("each", 0), ("each", 1)}
    policies = {
        path.parent.name: json.loads(path.read_text())["policy"] for path in mode.output.rglob("plan.json")
    }
    assert policies["years"]["not_run_for"] == "3650d"
    assert policies["months"]["not_run_for"] == "180d"
    assert policies["months"]["exempt_names"] == ["Keep*"]
    assert {"0", "1"} <= set(policies)
    assert len(mode.archived()) == 2
    assert kept not in mode.archived()
