from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PosixPath

import pytest

from airflow_provider_mode.governance.errors import PolicyError, StorageError
from airflow_provider_mode.governance.storage import (
    Guard,
    create,
    find,
    is_file,
    local_path,
    make_folder,
    read_bytes,
    remove,
    write_all,
    write_atomic,
)
from tests.governance.memory_store import Store, StoreError

ROOT = Path(__file__).resolve().parents[2]


class Elsewhere(PosixPath):
    """A path that is a `pathlib.Path` and yet not on this disk, as `ObjectStoragePath` is in Airflow 2.11."""

    protocol = "s3"


class FileUri:
    """A `file://` URI as an object."""

    protocol = "file"

    def __init__(self, path: Path) -> None:
        self.path = str(path)


def test_a_local_file_is_written_whole(tmp_path: Path) -> None:
    """The content replaces the old one, in folders made as needed, and no draft remains."""
    path = tmp_path / "a" / "b" / "plan.json"
    write_atomic(path, b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [each.name for each in path.parent.iterdir()] == ["plan.json"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_an_object_is_written_in_one_call() -> None:
    """A store takes a whole object or none."""
    store = Store()
    write_atomic(store.path("bucket/plan.json"), b"new")
    assert store.objects == {"bucket/plan.json": b"new"}


def test_a_disk_that_fills_up_keeps_the_old_file(tmp_path: Path) -> None:
    """What does not fit leaves the old content and no draft."""
    path = tmp_path / "plan.json"
    write_atomic(path, b"old")
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); "
    code = f"{limit}from pathlib import Path; "
    code += "from airflow_provider_mode.governance.storage import write_atomic; "
    code += f"write_atomic(Path({str(path)!r}), b'x' * 1000)"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "StorageError: could not write" in ended.stderr
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["plan.json"]


def test_a_write_that_fails_leaves_no_draft(tmp_path: Path) -> None:
    """A folder where the file should be is in the way until the end; what was drafted goes."""
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(StorageError, match="IsADirectoryError"):
        write_atomic(tmp_path / "plan.json", b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["plan.json"]


def test_a_short_write_goes_on(tmp_path: Path) -> None:
    """A pipe takes a part at a time; every byte arrives."""
    content = os.urandom(300_000)
    code = "import os, sys; from airflow_provider_mode.governance.storage import write_all; "
    code += "write_all(1, sys.stdin.buffer.read())"
    ended = subprocess.run(
        [sys.executable, "-c", code], input=content, cwd=ROOT, capture_output=True, check=True
    )
    assert ended.stdout == content
    write_all(-1, b"")


@pytest.mark.parametrize("deed", ["read", "write", "stat", "list", "remove"])
def test_whatever_storage_raises_is_a_storage_error(deed: str) -> None:
    """A store's own kind of error, which is no OSError, becomes one that callers know, with its words."""
    store = Store()
    store.objects["bucket/a.json"] = b"1"

    def fail(what: str, key: str) -> None:
        if what == deed:
            raise StoreError("endpoint cannot be reached")

    store.fail = fail
    path = store.path("bucket/a.json")
    deeds: dict[str, Callable[[], object]] = {
        "read": lambda: read_bytes(path),
        "write": lambda: write_atomic(path, b"2"),
        "stat": lambda: is_file(path),
        "list": lambda: find(path.parent, "*.json"),
        "remove": lambda: remove(path),
    }
    with pytest.raises(StorageError, match=r"mem://bucket.*StoreError: endpoint cannot be reached") as caught:
        deeds[deed]()
    assert isinstance(caught.value.__cause__, StoreError)
    assert not caught.value.permanent


@pytest.mark.parametrize("bug", [TypeError, AttributeError, NameError, AssertionError, KeyboardInterrupt])
def test_bugs_and_signals_pass(bug: type[BaseException]) -> None:
    """A mistake of ours, a signal, or Airflow's timeout is not the storage's failure."""
    with pytest.raises(bug), Guard("write", "x"):
        raise bug


def test_refusals_of_ours_pass() -> None:
    """What is already said in our own words is not said again."""
    with pytest.raises(PolicyError), Guard("write", "x"):
        raise PolicyError("max_views", "no")


def test_local_or_not(tmp_path: Path) -> None:
    """A plain path and a `file` URI are local; a path of a store is not, whatever it derives from."""
    assert local_path(tmp_path) == tmp_path
    assert local_path(FileUri(tmp_path)) == tmp_path
    assert local_path(Elsewhere("/bucket")) is None
    assert local_path(Store().path()) is None


def test_missing_files_and_folders_are_no_errors(tmp_path: Path) -> None:
    """Nothing is there yet when a task first runs."""
    for root in (tmp_path, Store().path()):
        assert read_bytes(root / "a.json") is None
        assert not is_file(root / "a.json")
        assert find(root / "none", "*.json") == []


def test_find_is_sorted_and_sees_what_others_wrote(tmp_path: Path) -> None:
    """Listings come in the order of paths, deep or not, and a store's memory of them is not trusted."""
    store = Store()
    for root in (tmp_path, store.path()):
        for name in ("b/journal.jsonl", "a/journal-1.jsonl", "journal.jsonl", "a/plan.json"):
            write_atomic(root / name, b"")
        deep = [str(path).removeprefix(f"{root}/") for path in find(root, "journal*.jsonl")]
        assert deep == ["a/journal-1.jsonl", "b/journal.jsonl", "journal.jsonl"]
        assert [path.name for path in find(root, "journal*.jsonl", deep=False)] == ["journal.jsonl"]
    assert store.forgotten == 2


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file in the way is said, not stumbled over."""
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StorageError, match="could not make the folder"):
        make_folder(tmp_path / "a" / "b")


@pytest.mark.parametrize("exclusive", [True, False])
def test_objects_are_created(exclusive: bool) -> None:
    """With or without a store's help the new object holds the content."""
    store = Store(exclusive=exclusive)
    create(store.path("bucket/part"), b"line")
    assert store.objects == {"bucket/part": b"line"}


def test_an_object_that_is_there_is_left_alone() -> None:
    """The same content may be the store's answer to a repeated request; another's is never overwritten."""
    store = Store()
    create(store.path("bucket/part"), b"line")
    create(store.path("bucket/part"), b"line")
    with pytest.raises(StorageError, match="FileExistsError"):
        create(store.path("bucket/part"), b"another line")
    assert store.objects == {"bucket/part": b"line"}
