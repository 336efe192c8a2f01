"""The journal of one task: a line before each change, with all that undoing it needs, and a line after it."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from airflow_provider_mode.governance.journal.file import STRIDE, LocalFile, Parts, Writer
from airflow_provider_mode.governance.journal.journals import journals_in
from airflow_provider_mode.governance.journal.lines import Entry, Header, Line
from airflow_provider_mode.governance.locks import Presence
from airflow_provider_mode.governance.storage import StoragePath, local_path

FILE = "journal.jsonl"


class Journal:
    """Writes the journal of a task's folder; other attempts of the task may be writing to it as well."""

    def __init__(
        self,
        folder: StoragePath,
        header: Header,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self.folder = folder
        self.header = header
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._threads = threading.Lock()
        self._open: dict[int, Line] = {}
        self._presence: Presence | None = None
        local = local_path(folder)
        if local is None:
            self._begin_parts()
        else:
            self._begin_file(local)

    def _begin_file(self, folder: Path) -> None:
        self.path: Any = folder / FILE
        self._writer: Writer = LocalFile(self.path, self.header, sleep=self._sleep)
        self._presence = Presence(folder, self._sleep)

    def _begin_parts(self) -> None:
        self.path = self.folder
        last = max((entry.before.n for entry in self.entries()), default=0)
        start = (last // STRIDE + 1) * STRIDE + 1 if last else 1
        name = f"{self._clock():%Y%m%dT%H%M%SZ}-{self._random()}"
        self._writer = Parts(self.folder, self.header, name=name, start=start)

    def before(
        self,
        kind: str,
        report: str,
        *,
        schedule: str | None = None,
        definition: Mapping[str, Any] | None = None,
        subscriptions: list[Any] | None = None,
        had: int | None = None,
    ) -> int:
        """The line before a change, durable when its `n` is returned; nothing may be changed on an error."""
        line = Line(
            n=0,
            when="before",
            kind=kind,
            report=report,
            schedule=schedule,
            definition=definition,
            subscriptions=subscriptions,
            had=had,
            at=self._clock(),
        )
        number = self._writer.write(line, number=True)
        with self._threads:
            self._open[number] = replace(line, n=number)
        return number

    def after(
        self,
        n: int,
        *,
        ok: bool,
        error: str | None = None,
        looked: bool = False,
        schedule: str | None = None,
    ) -> None:
        """The line after it; `looked` where the failure is what a look at the server told."""
        with self._threads:
            before = self._open.pop(n)
        self._writer.write(self._second(before, ok=ok, error=error, looked=looked, schedule=schedule))

    @property
    def alone(self) -> bool:
        """Whether no other process was at work in the folder first; object stores cannot tell."""
        return self._presence is None or self._presence.alone

    def entries(self) -> list[Entry]:
        """Every attempt in this folder's journal as it stands in storage, other processes' attempts too."""
        return journals_in(self.folder, self.header, deep=False).entries

    def settle(
        self,
        entry: Entry,
        *,
        ok: bool,
        error: str | None = None,
        looked: bool = True,
        schedule: str | None = None,
    ) -> None:
        """The second line of an attempt that a process left without, written where its first line is."""
        looked = looked and not ok
        line = self._second(entry.before, ok=ok, error=error, looked=looked, schedule=schedule)
        writer = self._writer_of(entry)
        try:
            writer.write(line)
        finally:
            if writer is not self._writer:
                writer.close()

    def _writer_of(self, entry: Entry) -> Writer:
        source = entry.source
        local = local_path(source.path)
        if local is None:
            name = f"{self._clock():%Y%m%dT%H%M%SZ}-{self._random()}"
            return Parts(source.path.parent, source.header, name=name, writer=source.writer)
        if local == self.path:
            return self._writer
        return LocalFile(local, source.header, sleep=self._sleep)

    def _second(
        self, before: Line, *, ok: bool, error: str | None, looked: bool, schedule: str | None
    ) -> Line:
        return Line(
            n=before.n,
            when="after",
            kind=before.kind,
            report=before.report,
            schedule=schedule or before.schedule,
            ok=ok,
            error=error,
            looked=looked or None,
            at=self._clock(),
        )

    def close(self) -> None:
        """Write no more, and let others know."""
        self._writer.close()
        if self._presence is not None:
            self._presence.close()
