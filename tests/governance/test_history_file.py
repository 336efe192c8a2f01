"""The file of a memory: small, whole or not there, and never believed when it is damaged."""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.governance.errors import SettingError, StorageError
from airflow_provider_mode.governance.history.file import Damaged, HistoryFile, dumps, file_name, loads
from airflow_provider_mode.governance.history.history import NEVER, History, Track, seconds

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
WHOSE: dict[str, Any] = {"host": "https://app.mode.com", "workspace": "acme"}
REPORT, OTHER = "5c6b1f0e2a34", "000000000002"
SAVING_FOR_EVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from airflow_provider_mode.governance.history.history import History
from airflow_provider_mode.governance.history.file import HistoryFile

now = datetime(2026, 3, 2, 4, tzinfo=UTC)
history = History(now)
for number in range(20_000):
    history.read(f"{number:012x}", number, now)
file = HistoryFile(Path(sys.argv[1]), host="https://app.mode.com", workspace="acme")
while True:
    file.save(history, now)
    print("saved", flush=True)
"""


def remembered(**tracks: int) -> History:
    """A memory of some reports' counts, read now."""
    history = History(NOW)
    for report, views in tracks.items():
        history.read(report, views, NOW)
    return history


class PutOnly:
    """A path of an object store: whole objects, no folders, no locks."""

    objects: dict[str, tuple[bytes, float]]

    def __init__(self, name: str, objects: dict[str, tuple[bytes, float]], *, dated: bool = True) -> None:
        self.name, self.objects, self.dated = name, objects, dated

    def __truediv__(self, name: str) -> PutOnly:
        return PutOnly(f"{self.name}/{name}", self.objects, dated=self.dated)

    def __str__(self) -> str:
        return self.name

    def read_bytes(self) -> bytes:
        """The object."""
        self.stat()
        return self.objects[self.name][0]

    def write_bytes(self, content: bytes) -> None:
        """One put."""
        self.objects[self.name] = (content, len(self.objects) + self.objects.get(self.name, (b"", 0))[1] + 1)

    def stat(self) -> Any:
        """What a head request tells."""
        if self.name not in self.objects:
            raise FileNotFoundError(self.name)
        content, modified = self.objects[self.name]
        modified = modified if self.dated else 0
        return type("Stat", (), {"st_size": len(content), "st_mtime": modified})()


def test_a_file_is_named_by_host_and_workspace() -> None:
    """Two workspaces, or a sandbox and Mode itself, can share a folder."""
    assert file_name("https://app.mode.com", "acme") == "app.mode.com__acme.history"
    assert file_name("http://127.0.0.1:8080", "acme") == "127.0.0.1_8080__acme.history"


def test_what_is_written_is_read_back() -> None:
    """Every column, odd names of reports too."""
    history = History(NOW - timedelta(days=9))
    history.read(REPORT, 3, NOW - timedelta(days=8))
    history.read(REPORT, 4, NOW)
    history.read("odd name\n", 0, NOW)
    again = loads(dumps(history, now=NOW, **WHOSE), **WHOSE)
    assert again.track(REPORT) == Track(4, seconds(NOW - timedelta(days=8)), seconds(NOW), seconds(NOW))
    assert again.track("odd name\n") == history.track("odd name\n")
    assert (len(again), again.began) == (2, seconds(NOW - timedelta(days=9)))
    assert list(again.readings()) == []


def test_a_hundred_thousand_reports_stay_below_ten_megabytes() -> None:
    """Each has been seen to grow and has a long count, which is as long as a line gets."""
    history = History(NOW)
    for number in range(100_000):
        history.remember(f"{number:012x}", Track(123_456, seconds(NOW), seconds(NOW), seconds(NOW)))
    content = dumps(history, now=NOW, **WHOSE)
    assert len(content) <= 6_000_000
    assert len(loads(content, **WHOSE)) == 100_000


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda content: content[:-9], "checksum"),
        (lambda content: content.replace(b" 3 ", b" 2 "), "checksum"),
        (lambda _: b"", "begin"),
        (lambda content: b"[" * 100_000 + content, "begin"),
        (lambda _: b"[]\n", "begin"),
        (lambda content: content.replace(b"mode-history/1", b"mode-history/2"), "begin"),
        (lambda content: content.replace(b'"acme"', b'"other"'), "another workspace"),
        (lambda content: content.replace(b'"began"', b'"begun"'), "began"),
        (lambda content: content.replace(b'"2026', b'"soon'), "soon"),
        (lambda content: content.replace(b"04:00:00Z", b"04:00:00"), "out of range"),
        (lambda content: content.replace(b'"began": "2026', b'"began": "1926'), "out of range"),
    ],
)
def test_a_damaged_file_is_not_believed(spoil: Any, why: str) -> None:
    """Cut short, altered, of another kind or of another workspace."""
    with pytest.raises(Damaged, match=why):
        loads(spoil(dumps(remembered(**{REPORT: 3}), now=NOW, **WHOSE)), **WHOSE)


@pytest.mark.parametrize(
    "line",
    [
        "a 1 2\n",
        "a 1 2 x 4\n",
        "a 1 2 -2 4\n",
        "a -1 2 3 4\n",
        f"a 1 2 3 {10**12}\n",
        f"a {10**30} 2 3 4\n",
    ],  # the last two are too large,
)
def test_a_line_that_means_nothing_damages_the_file(line: str) -> None:
    """Even where the checksum matches, as when other software wrote it."""
    header, _, _ = dumps(History(NOW), now=NOW, **WHOSE).partition(b"\n")
    known = json.loads(header) | {"checksum": f"sha256:{hashlib.sha256(line.encode()).hexdigest()}"}
    with pytest.raises(Damaged, match="cannot be read"):
        loads(json.dumps(known).encode() + b"\n" + line.encode(), **WHOSE)


def test_a_lost_file_is_said_loudly_and_watching_begins_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The first run and a lost file look the same, and mean the same."""
    with caplog.at_level(logging.WARNING):
        history = HistoryFile(tmp_path / "history", **WHOSE).load(NOW)
    assert (len(history), history.began) == (0, seconds(NOW))
    assert "stays unknown" in caplog.text


def test_a_damaged_file_is_kept_aside_for_people(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of it is used, and nothing of it is destroyed."""
    file = HistoryFile(tmp_path, **WHOSE)
    file.save(remembered(**{REPORT: 3}), NOW)
    file.path.write_bytes(file.path.read_bytes()[:-1])
    assert len(HistoryFile(tmp_path, **WHOSE).load(NOW)) == 0
    [aside] = tmp_path.glob("*.damaged-*")
    assert aside.read_bytes() == file.path.read_bytes()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_run_costs_one_read_and_one_write_and_leaves_one_file(tmp_path: Path) -> None:
    """No lock file, no temporary file."""
    file = HistoryFile(tmp_path, **WHOSE)
    file.save(remembered(**{REPORT: 3}), NOW)
    again = HistoryFile(tmp_path, **WHOSE)
    history = again.load(NOW)
    history.read(REPORT, 4, NOW + timedelta(days=7))
    again.save(history, NOW + timedelta(days=7))
    assert [path.name for path in tmp_path.iterdir()] == ["app.mode.com__acme.history"]
    assert HistoryFile(tmp_path, **WHOSE).load(NOW).track(REPORT) == history.track(REPORT)


def test_two_runs_at_once_keep_what_both_have_read(tmp_path: Path) -> None:
    """Many threads load, read and save side by side, as mapped tasks on one machine do."""
    HistoryFile(tmp_path, **WHOSE).save(remembered(shared=1), NOW)
    together = threading.Barrier(8)

    def run(number: int) -> None:
        file = HistoryFile(tmp_path, **WHOSE)
        history = file.load(NOW)
        together.wait()
        history.read(f"of run {number}", number, NOW)
        history.read("shared", 1 + number, NOW + timedelta(seconds=number))
        file.save(history, NOW)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = HistoryFile(tmp_path, **WHOSE).load(NOW)
    assert [history.track(f"of run {number}") is not None for number in range(8)] == [True] * 8
    shared = history.track("shared")
    assert shared is not None
    assert (shared.views, shared.seen) == (8, seconds(NOW) + 7)


def test_what_another_run_left_damaged_is_overwritten(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Ours was read whole, so nothing is lost but the other's."""
    file = HistoryFile(tmp_path, **WHOSE)
    file.save(remembered(**{REPORT: 3}), NOW)
    file.path.write_bytes(b"not ours")
    file.save(remembered(**{REPORT: 4}), NOW)
    assert len(file.load(NOW)) == 1
    assert "overwritten" in caplog.text


def test_a_killed_run_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    """A process that does nothing but save is killed in the middle of it, again and again."""
    command = [sys.executable, "-c", SAVING_FOR_EVER, str(tmp_path)]
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"saved\n"
            process.kill()
        assert len(HistoryFile(tmp_path, **WHOSE).load(NOW)) == 20_000
    assert not list(tmp_path.glob("*.damaged-*"))


def test_an_unreadable_folder_is_an_error_and_not_a_lost_file(tmp_path: Path) -> None:
    """Taking it for lost would overwrite a year of readings."""
    file = HistoryFile(tmp_path, **WHOSE)
    file.path.mkdir()
    with pytest.raises(StorageError, match="could not read "):
        file.load(NOW)
    with pytest.raises(StorageError):
        file.save(remembered(**{REPORT: 3}), NOW)


def test_a_file_that_vanished_meanwhile_is_written_again(tmp_path: Path) -> None:
    """What was read of it before is still known."""
    file = HistoryFile(tmp_path, **WHOSE)
    file.save(remembered(**{REPORT: 3}), NOW)
    history = file.load(NOW)
    file.path.unlink()
    file.save(history, NOW)
    assert file.load(NOW).track(REPORT) == history.track(REPORT)


@pytest.mark.parametrize("dated", [True, False])
def test_an_object_store_gets_single_puts(dated: bool) -> None:
    """Neither folders nor locks are asked of it; another run's object is joined all the same."""
    objects: dict[str, tuple[bytes, float]] = {}
    HistoryFile(PutOnly("s3://bucket/history", objects, dated=dated), **WHOSE).save(
        remembered(**{OTHER: 2}), NOW
    )
    file = HistoryFile(PutOnly("s3://bucket/history", objects, dated=dated), **WHOSE)
    history = file.load(NOW)
    history.read(REPORT, 3, NOW)
    other = HistoryFile(PutOnly("s3://bucket/history", objects, dated=dated), **WHOSE)
    other.save(remembered(**{OTHER: 3}), NOW)
    file.save(history, NOW)
    [(name, (content, _))] = objects.items()
    assert name == "s3://bucket/history/app.mode.com__acme.history"
    assert sorted(report for report, _ in loads(content, **WHOSE).kept(NOW)) == [OTHER, REPORT]
    assert loads(content, **WHOSE).track(REPORT) == Track(3, seconds(NOW), NEVER, seconds(NOW))


@pytest.mark.parametrize("below", ["", "below/it"])
def test_a_file_is_no_folder(tmp_path: Path, below: str) -> None:
    """No other try would make one of it, so the error is permanent."""
    (tmp_path / "views.txt").write_text("mine")
    with pytest.raises(SettingError, match=r"history: must be a folder, .*/views.txt is a file") as caught:
        HistoryFile(tmp_path / "views.txt" / below, **WHOSE).load(NOW)
    assert caught.value.permanent
