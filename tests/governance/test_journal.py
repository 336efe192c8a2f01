from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.governance.errors import SettingError, StorageError
from airflow_provider_mode.governance.journal.file import STRIDE
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.journals import journals_in, read_journals
from airflow_provider_mode.governance.journal.lines import (
    ARCHIVE_REPORT,
    DELETE_SCHEDULE,
    Entry,
    Header,
    decode,
    encode,
    moment_text,
    read_header,
)
from airflow_provider_mode.governance.locks import TRIES
from airflow_provider_mode.governance.storage import find
from tests.governance.memory_store import Store, StoreError, well

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOST = "https://app.mode.com"
HEADER = Header(workspace="acme", host=HOST, dag_id="clean", run_id="r1", task_id="archive")
OTHER = Header(workspace="other", host="https://app.mode.com")
R1, R2, S1 = "aaaaaaaaaaa1", "aaaaaaaaaaa2", "bbbbbbbbbbb1"


class Naps:
    """Counts sleeps, and does something at one of them."""

    def __init__(self, at: int = 0, then: Any = None) -> None:
        self.count = 0
        self._at = at
        self._then = then

    def __call__(self, _: float) -> None:
        """One sleep."""
        self.count += 1
        if self.count == self._at:
            self._then()


def opened(folder: Any, header: Header = HEADER, **how: Any) -> Journal:
    """A journal whose clock stands still."""
    return Journal(folder, header, **({"clock": lambda: NOW, "random": lambda: "r0"} | how))


def rows(content: bytes) -> list[dict[str, Any]]:
    """The lines of a file."""
    return [json.loads(line) for line in content.splitlines()]


def outcomes(entries: list[Entry]) -> list[tuple[int, str, bool | None]]:
    """Each attempt's number, report and end."""
    return [(each.before.n, each.report, None if each.open else each.done) for each in entries]


@pytest.fixture(params=["local", "store"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A task's folder on a local disk, and in an object store."""
    return tmp_path / "task" if request.param == "local" else Store().path("bucket/task")


def test_a_local_journal_reads_as_documented(tmp_path: Path) -> None:
    """Header first, then a line before and one after with the same `n`, and no empty keys."""
    journal = opened(tmp_path)
    n = journal.before(
        DELETE_SCHEDULE,
        R1,
        schedule=S1,
        definition={"cron": {"freq": "hourly"}},
        subscriptions=[{"ref": "x"}],
    )
    journal.after(n, ok=True)
    journal.after(journal.before(ARCHIVE_REPORT, R1), ok=False, error="refused: ümlaut")
    journal.close()
    assert journal.path == tmp_path / "journal.jsonl"
    at = "2026-11-24T12:00:00Z"
    assert rows((tmp_path / "journal.jsonl").read_bytes()) == [
        {"format": "mode-journal/1", "workspace": "acme", "host": "https://app.mode.com", "dag_id": "clean",
         "run_id": "r1", "task_id": "archive"},
        {"n": 1, "when": "before", "kind": "delete_schedule", "report": R1, "schedule": S1,
         "definition": {"cron": {"freq": "hourly"}}, "subscriptions": [{"ref": "x"}], "at": at},
        {"n": 1, "when": "after", "kind": "delete_schedule", "report": R1, "schedule": S1, "ok": True,
         "at": at},
        {"n": 2, "when": "before", "kind": "archive_report", "report": R1, "at": at},
        {"n": 2, "when": "after", "kind": "archive_report", "report": R1, "ok": False,
         "error": "refused: ümlaut", "at": at},
    ]  # fmt: skip
    assert "ümlaut" in (tmp_path / "journal.jsonl").read_text()


def test_parts_of_a_store_each_stand_alone() -> None:
    """One object a line, each with the header, all in the folder that the result names."""
    store = Store()
    journal = opened(store.path("bucket/task"))
    journal.after(journal.before(ARCHIVE_REPORT, R1), ok=True)
    assert sorted(store.objects) == [
        "bucket/task/journal-20261124T120000Z-r0-000001.jsonl",
        "bucket/task/journal-20261124T120000Z-r0-000002.jsonl",
    ]
    for content in store.objects.values():
        first, line = rows(content)
        assert first["format"] == "mode-journal/1"
        assert first["task_id"] == "archive"
        assert line["n"] == 1
    assert journal.path == journal.folder


def test_parts_are_gathered_at_the_end() -> None:
    """A run that ends leaves one object, with every line in order."""
    store = Store()
    journal = opened(store.path("bucket/task"))
    for report in (R1, R2):
        journal.after(journal.before(ARCHIVE_REPORT, report), ok=True)
    before = outcomes(journal.entries())
    journal.close()
    assert list(store.objects) == ["bucket/task/journal-20261124T120000Z-r0.jsonl"]
    assert outcomes(journals_in(store.path(), HEADER).entries) == before


@pytest.mark.parametrize(("deed", "left"), [("write", 2), ("remove", 3), ("read", 3)])
def test_parts_stay_where_gathering_fails(deed: str, left: int) -> None:
    """A store that fails at the end loses nothing: lines may be there twice, and count once."""
    store = Store()
    journal = opened(store.path("bucket/task"))
    journal.after(journal.before(ARCHIVE_REPORT, R1), ok=True)

    def fail(what: str, key: str) -> None:
        if what == deed:
            raise StoreError(key)

    store.fail = fail
    journal.close()
    store.fail = well
    assert len(store.objects) == left
    assert outcomes(journals_in(store.path(), HEADER).entries) == [(1, R1, True)]


def test_a_lone_part_is_not_gathered() -> None:
    """One object is gathered already."""
    store = Store()
    journal = opened(store.path("bucket/task"))
    journal.before(ARCHIVE_REPORT, R1)
    journal.close()
    assert len(store.objects) == 1


def test_an_attempt_goes_on_counting(folder: Any) -> None:
    """No two attempts of a task share a number; without a lock they start far apart."""
    first = opened(folder)
    assert first.before(ARCHIVE_REPORT, R1) == 1
    second = opened(folder, random=lambda: "r1")
    n = second.before(ARCHIVE_REPORT, R2)
    second.after(n, ok=True)
    first.after(1, ok=True)
    assert n == (2 if isinstance(folder, Path) else STRIDE + 1)
    assert outcomes(second.entries()) == [(1, R1, True), (n, R2, True)]
    first.close()
    second.close()


def test_two_attempts_that_began_together_are_told_apart() -> None:
    """In a store neither sees the other, and both count from one; their lines are not mixed up."""
    store = Store()
    first = opened(store.path("bucket/task"), random=lambda: "r1")
    second = opened(store.path("bucket/task"), random=lambda: "r2")
    first.after(first.before(ARCHIVE_REPORT, R1), ok=True)
    second.before(ARCHIVE_REPORT, R1)
    assert outcomes(first.entries()) == [(1, R1, True), (1, R1, None)]


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    """Each line stands alone, and each number is given once."""
    journals = [opened(tmp_path) for _ in range(2)]

    def work(journal: Journal) -> None:
        for _ in range(20):
            journal.after(journal.before(ARCHIVE_REPORT, R1), ok=True)

    threads = [threading.Thread(target=work, args=(journals[index % 2],)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = journals[0].entries()
    assert sorted(entry.before.n for entry in entries) == list(range(1, 121))
    assert all(entry.done for entry in entries)
    assert len(rows((tmp_path / "journal.jsonl").read_bytes())) == 1 + 240
    for journal in journals:
        journal.close()


@pytest.mark.parametrize(
    "cut",
    [b'{"n": 2, "when": "before", "kind": "arch', b"\0\0\0\0", b'{"n": 7, "when": "after", "kind": "\xc3'],
)
def test_half_a_last_line_is_passed_over_and_never_glued(tmp_path: Path, cut: bytes) -> None:
    """What a crash left stays a line of its own; the next one is whole."""
    journal = opened(tmp_path)
    journal.before(ARCHIVE_REPORT, R1)
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(cut)
    assert journal.before(ARCHIVE_REPORT, R2) == 2
    journal.after(2, ok=True)
    assert outcomes(journal.entries()) == [(1, R1, None), (2, R2, True)]
    journal.close()


def test_a_last_line_that_lacks_only_its_end_counts(tmp_path: Path) -> None:
    """It was written, and the change may have been made: its number is taken, and it is unfinished."""
    journal = opened(tmp_path)
    journal.before(ARCHIVE_REPORT, R1)
    journal.close()
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    again = opened(tmp_path)
    assert again.before(ARCHIVE_REPORT, R2) == 2
    assert outcomes(again.entries()) == [(1, R1, None), (2, R2, None)]
    again.close()


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_a_torn_header_is_written_again(tmp_path: Path, cut: int) -> None:
    """Killed while the first line was written, nothing had been done: the file begins anew."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(encode(HEADER.to_json())[:cut])
    journal = opened(tmp_path)
    journal.before(ARCHIVE_REPORT, R1)
    journal.close()
    first, line = rows(path.read_bytes())
    assert first["workspace"] == "acme"
    assert line["n"] == 1


@pytest.mark.parametrize(
    "content", [b'{"format": "mode-journal/2"}\n', b"no journal\n", encode(OTHER.to_json())]
)
def test_a_strange_file_is_not_written_to(tmp_path: Path, content: bytes) -> None:
    """A journal of another format, host or workspace stays as it is, and the task is told."""
    (tmp_path / "journal.jsonl").write_bytes(content)
    with pytest.raises(SettingError) as caught:
        opened(tmp_path)
    ours = "(mode-journal/1) of workspace 'acme' at https://app.mode.com"
    assert str(caught.value) == f"output_uri: {tmp_path / 'journal.jsonl'} is no journal {ours}"
    assert (tmp_path / "journal.jsonl").read_bytes() == content


def test_a_full_disk_leaves_no_part_of_a_line(tmp_path: Path) -> None:
    """The line that does not fit raises and is taken back; the journal is whole."""
    code = f"""
import resource, signal
from datetime import datetime, UTC
from pathlib import Path
from airflow_provider_mode.governance.errors import StorageError
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.lines import Header
header = Header(workspace="acme", host="https://app.mode.com")
journal = Journal(Path({str(tmp_path)!r}), header, clock=lambda: datetime.now(UTC))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
try:
    while True:
        journal.before("archive_report", "aaaaaaaaaaa1")
except StorageError as error:
    print(error)
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "could not write" in ended.stdout
    content = (tmp_path / "journal.jsonl").read_bytes()
    assert content.endswith(b"\n")
    assert [row.get("n") for row in rows(content)] == [None, 1, 2, 3, 4]


def test_a_file_that_cannot_be_written_raises(tmp_path: Path) -> None:
    """A failed write is an error before anything is changed; the next one starts a line of its own."""
    journal = opened(tmp_path)
    number = journal._writer._number  # type: ignore[attr-defined]  # the file underneath
    held = os.dup(number)
    with (tmp_path / "journal.jsonl").open("rb") as reading:
        os.dup2(reading.fileno(), number)
        with pytest.raises(StorageError, match="could not write"):
            journal.before(ARCHIVE_REPORT, R1)
    os.dup2(held, number)
    os.close(held)
    assert journal.before(ARCHIVE_REPORT, R1) == 1
    journal.close()


def test_a_store_that_fails_raises_before_the_change() -> None:
    """No number is given for a line that the store did not take."""
    store = Store()
    journal = opened(store.path("bucket/task"))

    def fail(what: str, key: str) -> None:
        raise StoreError(key)

    store.fail = fail
    with pytest.raises(StorageError, match="could not write"):
        journal.before(ARCHIVE_REPORT, R1)
    assert store.objects == {}


def test_a_locked_journal_is_waited_for(tmp_path: Path) -> None:
    """Another process's line is short; one that never ends is an error."""
    journal = opened(tmp_path)
    with (tmp_path / "journal.jsonl").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        naps = Naps(3, lambda: fcntl.flock(other, fcntl.LOCK_UN))
        second = opened(tmp_path, sleep=naps)
        assert naps.count == 3
        fcntl.flock(other, fcntl.LOCK_EX)
        naps = Naps()
        with pytest.raises(StorageError, match=r"keeps .* locked"):
            opened(tmp_path, sleep=naps)
        assert naps.count == TRIES
    journal.close()
    second.close()


def test_presence_is_seen_and_ends(folder: Any) -> None:
    """A second writer of a local folder knows that it is not alone; a store cannot tell."""
    first = opened(folder)
    second = opened(folder, random=lambda: "r1")
    assert first.alone
    assert second.alone is not isinstance(folder, Path)
    first.close()
    second.close()
    third = opened(folder)
    assert third.alone
    third.close()


def test_another_process_finishes_a_line(folder: Any) -> None:
    """The missing line lands in the journal of the one that was killed, beside its first."""
    killed = opened(folder / "run1")
    killed.before(ARCHIVE_REPORT, R1)
    killed.close()
    journal = opened(folder / "run2", random=lambda: "r1")
    (entry,) = journals_in(folder, HEADER).entries
    journal.settle(entry, ok=True)
    found = journals_in(folder / "run1", HEADER, deep=False).entries
    assert outcomes(found) == [(1, R1, True)]
    assert journal.entries() == []
    made = [path.name for path in find(folder / "run1", "journal*")]
    parts = [f"journal-20261124T120000Z-{who}-000001.jsonl" for who in ("r0", "r1")]
    assert made in (["journal.jsonl"], parts)
    journal.close()


def test_its_own_lines_are_finished_in_place(tmp_path: Path) -> None:
    """A retry finishes the lines of its own journal; a failure that was looked for stays doubtful."""
    killed = opened(tmp_path)
    killed.before(ARCHIVE_REPORT, R1)
    killed.close()
    journal = opened(tmp_path)
    journal.settle(journal.entries()[0], ok=False, error="not made")
    (entry,) = journal.entries()
    assert (entry.open, entry.done, entry.doubtful, entry.error) == (False, False, True, "not made")
    journal.settle(entry, ok=True)
    (entry,) = journal.entries()
    assert (entry.done, entry.doubtful, entry.error, entry.at) == (True, False, None, NOW)
    journal.close()


def test_journals_of_others_are_told_apart(folder: Any) -> None:
    """In a shared folder only this workspace's journals count; the rest is named."""
    for name, header in (("a", HEADER), ("b", OTHER)):
        journal = opened(folder / name, header)
        journal.after(journal.before(ARCHIVE_REPORT, R1), ok=True)
        journal.close()
    found = journals_in(folder, HEADER)
    assert outcomes(found.entries) == [(1, R1, True)]
    (other,) = found.others
    theirs, ours = ("workspace 'other' at https://app.mode.com", "workspace 'acme' at https://app.mode.com")
    assert other.endswith(f".jsonl is a journal of {theirs}, and the connection is for {ours}")


def test_named_journals_are_read_once(tmp_path: Path) -> None:
    """A file and the folder that holds it tell the same thing."""
    journal = opened(tmp_path / "a")
    journal.after(journal.before(ARCHIVE_REPORT, R1), ok=True)
    journal.close()
    file = tmp_path / "a" / "journal.jsonl"
    for paths in (file, tmp_path, [file, tmp_path], (file, file)):
        assert outcomes(read_journals(paths, HEADER)) == [(1, R1, True)]


def test_named_journals_that_are_none_are_refused(tmp_path: Path) -> None:
    """Another workspace's journal, another format and an empty folder each are one sentence."""
    journal = opened(tmp_path / "a", OTHER)
    journal.close()
    (tmp_path / "new.jsonl").write_bytes(b'{"format": "mode-journal/2"}\n')
    other = (
        f"{tmp_path / 'a' / 'journal.jsonl'} is a journal of workspace 'other' at https://app.mode.com, "
        "and the connection is for workspace 'acme' at https://app.mode.com"
    )
    for path, sentence in (
        (tmp_path / "a" / "journal.jsonl", other),
        (tmp_path / "a", other),
        (tmp_path / "new.jsonl", f"{tmp_path / 'new.jsonl'} is no journal of format mode-journal/1"),
        (tmp_path / "none", f"there is no journal at {tmp_path / 'none'}"),
    ):
        with pytest.raises(SettingError) as caught:
            read_journals(path, HEADER)
        assert (caught.value.field, str(caught.value)) == ("journal", f"journal: {sentence}")


def test_a_part_that_vanishes_is_looked_for_again() -> None:
    """Gathering removes parts while others read them; what they held is in the gathered object."""
    store = Store()
    journal = opened(store.path("bucket/task"))
    journal.after(journal.before(ARCHIVE_REPORT, R1), ok=True)
    closed: list[bool] = []

    def gather(what: str, key: str) -> None:
        if what == "read" and not closed:
            closed.append(True)
            journal.close()

    store.fail = gather
    assert outcomes(journals_in(store.path(), HEADER).entries) == [(1, R1, True)]


def test_parts_that_keep_vanishing_are_an_error() -> None:
    """A folder that never holds still is said to be so."""
    store = Store()
    for number in range(20):
        store.objects[f"bucket/journal-{number}.jsonl"] = encode(HEADER.to_json())

    def vanish(what: str, key: str) -> None:
        if what == "read":
            store.objects.pop(key, None)
            store.objects[f"{key[:-6]}x.jsonl"] = b""

    store.fail = vanish
    with pytest.raises(StorageError) as caught:
        journals_in(store.path(), HEADER)
    assert str(caught.value) == f"the journals in {store.path()} keep vanishing while they are read"


HOSTILE: list[Any] = [
    b"[" * 100_000,
    b'"text"',
    b"\xff\xfe",
    b'{"n": ' + b"9" * 5000 + b"}",
    {"n": 0},
    {"n": True},
    {"n": "1"},
    {"when": "during"},
    {"when": ["before"]},
    {"kind": "Drop Table"},
    {"kind": None},
    {"report": "../../acme"},
    {"report": {}},
    {"schedule": "a/b"},
    {"definition": []},
    {"subscriptions": {}},
    {"ok": "yes"},
    {"error": 1},
    {"had": "many"},
]


@pytest.mark.parametrize("strange", HOSTILE)
def test_hostile_lines_are_no_lines(tmp_path: Path, strange: Any) -> None:
    """Whatever stands in a file, only what is a line is one."""
    good = {"n": 1, "when": "before", "kind": "archive_report", "report": R1, "at": "2026-11-24T12:00:00Z"}
    line = strange if isinstance(strange, bytes) else json.dumps({**good, **strange}).encode()
    lines = [encode(HEADER.to_json()), line + b"\n", encode({**good, "n": 2})]
    (tmp_path / "journal.jsonl").write_bytes(b"".join(lines))
    assert outcomes(journals_in(tmp_path, HEADER).entries) == [(2, R1, None)]


def test_times_are_written_in_utc_wherever_the_worker_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the worker's zone nor the clock's changes how a moment is written."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        for zone in (UTC, timezone(timedelta(hours=2))):
            assert moment_text(NOW.astimezone(zone)) == "2026-11-24T12:00:00Z"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("at", "read"),
    [
        ("2026-11-24T13:00:00+01:00", NOW),
        ("2026-11-24T12:00:00", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("yesterday", None),
        (5, None),
    ],
)
def test_times_of_lines(tmp_path: Path, at: Any, read: datetime | None) -> None:
    """A time without a zone, or none at all, is not known; keys that are not known do no harm."""
    line = {"n": 1, "when": "before", "kind": "archive_report", "report": R1, "at": at, "colour": "red"}
    (tmp_path / "journal.jsonl").write_bytes(encode(HEADER.to_json()) + encode(line))
    (entry,) = journals_in(tmp_path, HEADER).entries
    assert entry.at == read


@pytest.mark.parametrize("strange", [{"workspace": 1}, {"host": None}, {"format": ["mode-journal/1"]}])
def test_hostile_headers_are_none(tmp_path: Path, strange: dict[str, Any]) -> None:
    """A first line that is no header makes the file no journal."""
    (tmp_path / "journal.jsonl").write_bytes(encode({**HEADER.to_json(), **strange}))
    assert journals_in(tmp_path, HEADER).others
    assert not journals_in(tmp_path, HEADER).entries


def test_a_header_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Which task of which run it was; what is no text there is not known."""
    journal = opened(tmp_path)
    journal.before(ARCHIVE_REPORT, R1)
    journal.close()
    (entry,) = journals_in(tmp_path, HEADER).entries
    assert entry.source.header == HEADER
    assert read_header({**HEADER.to_json(), "dag_id": 1, "run_id": None, "task_id": []}) == Header(
        workspace="acme", host=HOST
    )


def test_half_a_surrogate_pair_can_be_written() -> None:
    """A name that is no text in any encoding stays the escape that JSON has for it."""
    assert encode({"error": "ü \ud800"}) == '{"error": "ü \\ud800"}\n'.encode()
    assert next(decode(encode({"error": "\ud800"}))) == {"error": "\ud800"}


def test_headers_keep_what_they_do_not_know(tmp_path: Path) -> None:
    """Who approved the plan stands in the first line."""
    journal = opened(
        tmp_path, Header(workspace="acme", host="https://app.mode.com", more={"approved_by": "lead"})
    )
    journal.before(ARCHIVE_REPORT, R1)
    journal.close()
    (entry,) = journals_in(tmp_path, HEADER).entries
    assert entry.source.header.more == {"approved_by": "lead"}
    assert rows((tmp_path / "journal.jsonl").read_bytes())[0]["approved_by"] == "lead"


def test_repeated_and_contradicting_lines(tmp_path: Path) -> None:
    """A repeated line counts once, and a line that says *made* outweighs one that says *not*."""
    before = {"n": 1, "when": "before", "kind": "archive_report", "report": R1}
    later = (NOW + timedelta(hours=1)).isoformat()
    lines = [
        before,
        before,
        {**before, "when": "after", "ok": True, "at": later},
        {**before, "when": "after", "ok": False, "error": "not made", "looked": True},
        {**before, "when": "after", "report": R2, "ok": True},
        {"n": 9, "when": "after", "kind": "archive_report", "report": R1, "ok": True},
    ]
    (tmp_path / "journal.jsonl").write_bytes(encode(HEADER.to_json()) + b"".join(map(encode, lines)))
    (entry,) = journals_in(tmp_path, HEADER).entries
    assert (entry.done, entry.doubtful, entry.error) == (True, False, None)
    assert entry.at == NOW + timedelta(hours=1)
