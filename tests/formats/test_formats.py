"""What earlier versions left in storage is read; what a later one might leave is refused with a sentence."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode import __version__
from airflow_provider_mode.client import ModeClient, ModeConfig
from airflow_provider_mode.governance.errors import PlanRefused, SettingError
from airflow_provider_mode.governance.evidence.inventory_file import COLUMNS
from airflow_provider_mode.governance.history.file import HistoryFile
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.journals import journals_in, read_journals
from airflow_provider_mode.governance.journal.lines import ARCHIVE_REPORT, DELETE_SCHEDULE, Header
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.restore.wishes import wishes
from airflow_provider_mode.sandbox import Sandbox
from tests.formats import make

HERE = Path(__file__).resolve().parent
HOST = "https://app.mode.com"
HEADER = Header(workspace="acme", host=HOST, dag_id="clean_up", run_id="manual__2026", task_id="apply")
NOW = datetime(2126, 1, 1, tzinfo=UTC)  # after every version
VERSIONS = sorted(path.name for path in HERE.iterdir() if (path / "plan.json").exists())
KINDS = {"string": str, "moment": str, "bool": bool, "count": int, "number": float, "names": list}
BY_NAME = ("kept", "kept_names", "months")  # their keys are no part of the format
DIGESTS = {"0.1.0": "sha256:588966cad3ab43827b6a646240eb9982a9fb6318cebab83da998749101db7176"}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """A version that has left files."""
    return str(request.param)


@pytest.fixture
def journal(version: str, tmp_path: Path) -> Path:
    """A copy of a version's journal, where a task would find it."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes((HERE / version / "journal.jsonl").read_bytes())
    return path


def held(version: str) -> dict[str, Any]:
    """A version's plan as JSON."""
    plan: dict[str, Any] = json.loads((HERE / version / "plan.json").read_bytes())
    return plan


def test_a_plan_is_read_and_is_the_same_plan(version: str) -> None:
    """Byte for byte, by the digest that somebody approved."""
    content = (HERE / version / "plan.json").read_bytes()
    plan = Plan.loads(content)
    assert plan.digest == DIGESTS[version]
    assert plan.dumps() == content
    assert Counter(action.kind for action in plan.actions) == {DELETE_SCHEDULE: 4, ARCHIVE_REPORT: 4}
    plan.check("acme", plan.created_at + timedelta(days=6), DIGESTS[version])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": "mode-plan/2"}, "this is no plan: its format is 'mode-plan/2', not 'mode-plan/1'"),
        ({"format": None}, "this is no plan: its format is None"),
        ({"approvals": 2}, "this is no plan: it has a key 'approvals'"),
        ({"counts": {}}, "the plan was altered: its digest is sha256:"),
    ],
    ids=["format", "none", "key", "altered"],
)
def test_a_plan_of_a_later_version_is_refused(version: str, changes: dict[str, Any], sentence: str) -> None:
    """By its format, or by the first key that this version would pass over."""
    with pytest.raises(PlanRefused) as refused:
        Plan.loads(json.dumps(held(version) | changes).encode())
    assert str(refused.value).startswith(sentence)


def test_an_action_of_a_later_version_is_refused(version: str) -> None:
    """What an action says and this version does not understand could be a condition."""
    plan = held(version)
    plan["actions"][0]["after"] = "2027-01-01"
    with pytest.raises(PlanRefused, match="an action's keys are"):
        Plan.loads(json.dumps(plan).encode())


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_plan_cut_short_is_refused(version: str, part: float) -> None:
    """Wherever the file ends."""
    content = (HERE / version / "plan.json").read_bytes()
    with pytest.raises(PlanRefused, match="this is no plan: "):
        Plan.loads(content[: int(len(content.rstrip(b"}\n")) * part)])


def test_a_journal_is_read(journal: Path) -> None:
    """Everything that was done, with all that undoing it needs."""
    entries = read_journals(journal, HEADER)
    assert all(entry.done for entry in entries)
    assert Counter(entry.kind for entry in entries) == {DELETE_SCHEDULE: 4, ARCHIVE_REPORT: 4}
    wanted = wishes(entries)
    assert [wish.archived for wish in wanted] == [True] * 4
    (scheduled,) = (wish for wish in wanted if wish.schedules)
    crons = {one["cron"]["freq"]: one["cron"] for one in scheduled.schedules}
    assert crons.keys() == {"hourly", "daily", "weekly", "monthly"}
    assert crons["monthly"]["day_of_month"] == 15
    assert {str(one["params"]) for one in scheduled.schedules} == {"{'region': 'EU'}"}
    assert scheduled.unknown == 0


def test_a_schedule_out_of_a_journal_is_what_mode_takes(journal: Path, mode_sandbox: Sandbox) -> None:
    """Each definition of an earlier version is created as it stands there."""
    config = ModeConfig(
        workspace=mode_sandbox.workspace,
        login=mode_sandbox.login,
        password=mode_sandbox.password,
        host=mode_sandbox.url,
        rate_limit=None,
    )
    report = mode_sandbox.add_report(name="New").token
    (scheduled,) = (wish for wish in wishes(read_journals(journal, HEADER)) if wish.schedules)
    with ModeClient(config) as client:
        made = [client.create_schedule(report, dict(one)) for one in scheduled.schedules]
    assert [one.definition for one in made] == scheduled.schedules


def test_a_journal_is_gone_on_with(journal: Path) -> None:
    """A task whose first try ran before the upgrade writes on into the same file."""
    writer = Journal(journal.parent, HEADER, clock=lambda: NOW)
    number = writer.before(ARCHIVE_REPORT, "aaaaaaaaaaaa")
    writer.after(number, ok=True)
    writer.close()
    assert number == 9
    assert len(read_journals(journal, HEADER)) == 9


def test_a_journal_of_a_later_version_is_refused(journal: Path) -> None:
    """To be restored from and to be written on; in a folder it is passed over with a sentence."""
    journal.write_bytes(journal.read_bytes().replace(b"mode-journal/1", b"mode-journal/2"))
    sentence = "journal.jsonl is no journal of format mode-journal/1"
    with pytest.raises(SettingError, match=sentence):
        read_journals(journal, HEADER)
    with pytest.raises(
        SettingError, match=r"journal.jsonl is no journal \(mode-journal/1\) of workspace 'acme'"
    ):
        Journal(journal.parent, HEADER, clock=lambda: NOW)
    found = journals_in(journal.parent, HEADER)
    assert found.entries == []
    assert found.others == [f"{journal} is no journal of format mode-journal/1"]


def test_what_a_later_version_adds_to_a_journal_is_passed_over(journal: Path) -> None:
    """A key or a kind of change more takes nothing from what is there."""
    before = read_journals(journal, HEADER)
    rows = [json.loads(line) | {"attempt": 1} for line in journal.read_text().splitlines()]
    rows.append({"n": 99, "when": "before", "kind": "hide_report", "report": "aaaaaaaaaaaa"})
    journal.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    after = read_journals(journal, HEADER)
    assert [(one.key, one.done) for one in after[:8]] == [(one.key, one.done) for one in before]
    assert wishes(after[:8]) == wishes(before)


def test_a_journal_cut_short_is_read_as_far_as_it_goes(journal: Path) -> None:
    """A crash leaves half a line; the attempt before it is unfinished. Half a header is no journal."""
    content = journal.read_bytes()
    last = content.rstrip(b"\n").rindex(b"\n") + 1
    journal.write_bytes(content[: last + 20])
    entries = read_journals(journal, HEADER)
    assert [entry.open for entry in entries] == [False] * 7 + [True]
    journal.write_bytes(content[:40])
    with pytest.raises(SettingError, match="is no journal of format mode-journal/1"):
        read_journals(journal, HEADER)


def memory(folder: Path, version: str, change: Callable[[bytes], bytes] = bytes) -> HistoryFile:
    """A folder that holds a version's memory of views, or what was made of it."""
    file = HistoryFile(folder, host=HOST, workspace="acme")
    file.path.write_bytes(change((HERE / version / "acme.history").read_bytes()))
    return file


def test_a_memory_of_views_is_read_and_written_on(version: str, tmp_path: Path) -> None:
    """Since when reports are watched outlives the upgrade."""
    file = memory(tmp_path, version)
    history = file.load(NOW)
    assert len(history) == 15
    assert history.began < NOW.timestamp()
    file.save(history, NOW)
    assert HistoryFile(tmp_path, host=HOST, workspace="acme").load(NOW).began == history.began


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda content: content.replace(b"mode-history/1", b"mode-history/2"),
            "it does not begin as mode-history/1",
        ),
        (lambda content: content[:-30], "it was cut short or altered"),
        (lambda content: content[:30], "it does not begin as mode-history/1"),
        (lambda _: b"", "it does not begin as mode-history/1"),
    ],
    ids=["later", "cut", "head", "empty"],
)
def test_a_memory_that_is_of_no_use_is_kept_aside(
    version: str,
    tmp_path: Path,
    change: Callable[[bytes], bytes],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Watching begins anew, which keeps reports; the file stays for people to see, and the log says so."""
    file = memory(tmp_path, version, change)
    content = file.path.read_bytes()
    history = file.load(NOW)
    assert (len(history), history.began) == (0, NOW.timestamp())
    assert reason in caplog.text
    (aside,) = tmp_path.glob("*.damaged-*")
    assert aside.read_bytes() == content


def test_an_inventory_has_the_columns_it_always_had(version: str) -> None:
    """Queries on earlier inventories go on working: no column is gone, and none is of another type."""
    rows = [json.loads(line) for line in (HERE / version / "inventory.jsonl").read_text().splitlines()]
    for row in rows:
        assert row.keys() <= COLUMNS.keys()
        for column, value in row.items():
            assert value is None or isinstance(value, KINDS[COLUMNS[column]])


def test_what_waits_while_the_package_is_upgraded_waits_on(version: str) -> None:
    """A trigger is made of what Airflow has stored of it, with everything it was waiting for."""
    for path, parameters in json.loads((HERE / version / "triggers.json").read_text()):
        module, _, name = path.rpartition(".")
        trigger = getattr(importlib.import_module(module), name)(**parameters)
        where, stored = trigger.serialize()
        assert where == path
        assert parameters.items() <= stored.items()


def shape(value: Any) -> Any:
    """The keys of JSON, at every depth, without what they hold."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items() if key not in BY_NAME}
    return [shape(each) for each in value] if isinstance(value, list) else None


def test_this_version_writes_what_lies_here_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should this fail before a release, run `python -m tests.formats.make`; after one, mend the format."""
    monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", "")  # so that it is put back
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    make.write(tmp_path)
    for name in ("plan.json", "journal.jsonl", "inventory.jsonl"):
        texts = [(folder / name).read_text() for folder in (tmp_path, HERE / __version__)]
        written, kept = ([shape(json.loads(part)) for part in parts(name, text)] for text in texts)
        assert {json.dumps(one) for one in written} == {json.dumps(one) for one in kept}
    stored = [json.loads((folder / "triggers.json").read_text()) for folder in (tmp_path, HERE / __version__)]
    assert stored[0] == stored[1]


def parts(name: str, text: str) -> list[str]:
    """A plan is one JSON value, the others are one a line."""
    return [text] if name == "plan.json" else text.splitlines()
