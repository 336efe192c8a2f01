"""
The file of a memory of view counts (`mode-history/1`): one a workspace, one read and one write a run.

The first line is JSON, with the checksum of what follows; then one line a report, sorted: its 12 characters,
its count, and in seconds since 1970 since when it is watched, when the count last grew (-1: it did not), and
when it was last read. A file that is lost or damaged costs evidence, never reports: watching begins anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from airflow_provider_mode.client.pacing.file import own_folder
from airflow_provider_mode.governance.durations import counted, say_duration, say_moment
from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.governance.history.history import NEVER, History, Track, moment_of
from airflow_provider_mode.governance.locks import lock
from airflow_provider_mode.governance.plan.plan import moment_text
from airflow_provider_mode.governance.storage import Guard, local_path, read_bytes, write_atomic

FORMAT = "mode-history/1"
_log = logging.getLogger(__name__)
_LATEST = 253_402_300_799  # the last second that a datetime can hold


class Damaged(ValueError):  # noqa: N818 - named for what happened
    """A file that is not, or no longer, a memory of this workspace."""


def file_name(host: str, workspace: str) -> str:
    """The file's name in its folder, by host and workspace."""
    return f"{re.sub('[^a-z0-9.-]', '_', urlsplit(host).netloc)}__{workspace}.history"


def dumps(history: History, *, host: str, workspace: str, now: datetime) -> bytes:
    """The file's bytes; reports that no list has shown for years are left out."""
    lines = [f"{quote(report, safe='')} {' '.join(map(str, track))}\n" for report, track in history.kept(now)]
    body = "".join(lines).encode()
    header = {
        "format": FORMAT,
        "host": host,
        "workspace": workspace,
        "began": moment_text(moment_of(history.began)),
        "as_of": moment_text(now),
        "reports": len(lines),
        "checksum": _checksum(body),
    }
    return json.dumps(header).encode() + b"\n" + body


def loads(content: bytes, *, host: str, workspace: str) -> History:
    """The memory in a file's bytes; anything that cannot be relied on raises Damaged."""
    head, _, body = content.partition(b"\n")
    header = _header(head)
    if (header.get("host"), header.get("workspace")) != (host, workspace):
        raise Damaged("it is another workspace's")
    if header.get("checksum") != _checksum(body):
        raise Damaged("its checksum does not match: it was cut short or altered")
    try:
        history = History(_began(header["began"]))
        for line in _lines(body):
            name, *numbers = line.split()
            history.remember(unquote(name.decode()), _track(numbers))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Damaged(f"it cannot be read ({error})") from None
    return history


def _header(line: bytes) -> dict[str, Any]:
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise Damaged(f"it does not begin as {FORMAT} does")
    return header


def _began(text: str) -> datetime:
    began = datetime.fromisoformat(text)
    if began.tzinfo is None or began.timestamp() < 0:
        raise ValueError("a beginning out of range")
    return began


def _lines(body: bytes) -> Iterator[bytes]:
    """The lines of the body, one after another and not all of them at once."""
    start = 0
    while (end := body.find(b"\n", start)) >= 0:
        yield body[start:end]
        start = end + 1


def _track(numbers: list[bytes]) -> Track:
    track = Track(*map(int, numbers))
    if track.views < 0 or not all(NEVER <= second <= _LATEST for second in track[1:]):
        raise ValueError("a number out of range")
    return track


def _checksum(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


class _Stamp(NamedTuple):
    """What changes whenever a file is written; not every store tells when that was, and then it is 0."""

    inode: int
    size: int
    modified: float


class HistoryFile:
    """The file in a folder, given as a `pathlib.Path` or as an object store's path with the same methods."""

    def __init__(
        self, folder: Any, *, host: str, workspace: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.path = folder / file_name(host, workspace)
        self._folder = folder
        self._whose = {"host": host, "workspace": workspace}
        self._sleep = sleep
        self._stamp: _Stamp | None = None

    def load(self, now: datetime) -> History:
        """The memory, or one that begins now and says so loudly."""
        self._check_folder()
        self._stamp = self._stamped()
        content = read_bytes(self.path)
        if content is None:
            _log.warning(
                "No history of views at %s: it begins now, and until it is as old as the policy asks, when a "
                "report was last viewed stays unknown",
                self.path,
            )
            return History(now)
        try:
            history = loads(content, **self._whose)
        except Damaged as damage:
            self._set_aside(content, damage)
            return History(now)
        began = moment_of(history.began)
        _log.info(
            "The history of views at %s began on %s, %s ago, and knows %s",
            self.path,
            say_moment(began),
            say_duration(now - began),
            counted(len(history), "report"),
        )
        return history

    def save(self, history: History, now: datetime) -> None:
        """Write the memory and what other runs wrote meanwhile; a crash leaves the old file or the new."""
        with self._locked():
            stamp = self._stamped()
            if stamp != self._stamp or (stamp is not None and not stamp.modified):
                history = self._joined(history)
            write_atomic(self.path, dumps(history, now=now, **self._whose))
            self._stamp = self._stamped()

    def _check_folder(self) -> None:
        """No other try would make a folder out of a file."""
        folder = local_path(self._folder)
        for path in (folder, *folder.parents) if folder else ():
            if path.is_file():
                raise SettingError("history", f"must be a folder, existing or new, and {path} is a file")

    def _joined(self, history: History) -> History:
        """Another run's memory and ours as one; should the other's be lost or unreadable, ours stands."""
        try:
            others = loads(read_bytes(self.path) or b"", **self._whose)
        except Damaged as damage:
            _log.warning("The history of views at %s was overwritten: %s", self.path, damage)
            return history
        others.join(history.readings())
        return others

    def _set_aside(self, content: bytes, damage: Damaged) -> None:
        """Keep the damaged file for a person to look at, under a name of its own."""
        aside = self._folder / f"{self.path.name}.damaged-{hashlib.sha256(content).hexdigest()[:8]}"
        write_atomic(aside, content)
        _log.error(
            "The history of views at %s is of no use: %s. It was kept as %s, and watching begins anew: when "
            "a report was last viewed stays unknown until the new one is as old as the policy asks",
            self.path,
            damage,
            aside,
        )

    def _stamped(self) -> _Stamp | None:
        with Guard("look at", self.path):
            try:
                seen = self.path.stat()
            except FileNotFoundError:
                return None
        return _Stamp(getattr(seen, "st_ino", 0), seen.st_size, getattr(seen, "st_mtime_ns", seen.st_mtime))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among this machine's processes; between machines, what is lost makes evidence younger."""
        if local_path(self.path) is None:
            yield
            return
        with Guard("open", tempfile.gettempdir()):
            path = own_folder() / "history.lock"  # where no other user can make it first and hold it
            number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            lock(number, path, fcntl.LOCK_EX, self._sleep)
            yield
        finally:
            os.close(number)
