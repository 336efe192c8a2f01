"""Applies or restores without Airflow, and kills itself at the boundary asked for.

A boundary is the end of a request or of a journal line; `torn` writes half of the line that is due before it
kills. Commands come as JSON, one a line, on standard input; each runs in a fork of this process, whose
imports are done, and is answered with how the fork ended.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from airflow_provider_mode.client import ModeClient, ModeConfig
from airflow_provider_mode.governance.apply.apply import apply
from airflow_provider_mode.governance.apply.units import units_to_archive
from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.journals import journals_in, read_journals
from airflow_provider_mode.governance.journal.lines import Header
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.restore.restore import restore
from tests.governance.object_folder import ObjectPath


class Boundaries:
    """Counts boundaries, and kills at one of them."""

    def __init__(self, at: int) -> None:
        self.at = at
        self._count = itertools.count(1)
        self.passed = 0

    def cross(self) -> None:
        """One more boundary."""
        self.passed = next(self._count)
        if self.passed == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


class Client:
    """A client whose every call ends at a boundary."""

    def __init__(self, client: ModeClient, boundaries: Boundaries) -> None:
        self._client = client
        self._boundaries = boundaries

    def __getattr__(self, name: str) -> Any:
        held = getattr(self._client, name)
        return self._counted(held) if callable(held) else held

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            result = call(*args, **kwargs)
            result = iter(list(result)) if isinstance(result, Iterator) else result
            self._boundaries.cross()
            return result

        return counted


class Lines:
    """A journal whose every line ends at a boundary."""

    def __init__(self, journal: Journal, boundaries: Boundaries, *, torn: bool) -> None:
        self._journal = journal
        self._boundaries = boundaries
        self._torn = torn

    def __getattr__(self, name: str) -> Any:
        held = getattr(self._journal, name)
        if name not in {"before", "after", "settle"}:
            return held

        def counted(*args: Any, **kwargs: Any) -> Any:
            if self._torn and self._boundaries.passed + 1 == self._boundaries.at:
                with Path(self._journal.path).open("ab") as file:
                    file.write(b'{"n": 1, "when": "before", "kind": "archive_rep')
                self._boundaries.cross()
            result = held(*args, **kwargs)
            self._boundaries.cross()
            return result

        return counted


def run(command: dict[str, Any]) -> dict[str, Any]:
    """Apply or restore as a command says; returns the result, with how many boundaries were crossed."""
    boundaries = Boundaries(command.get("at", 0))
    now = datetime.fromisoformat(command["now"])
    client = ModeClient(ModeConfig(**command["config"], rate_limit=None, retry_for=5.0))
    header = Header(workspace=client.config.workspace, host=client.config.host)
    local = Path(command["root"])
    root: Any = ObjectPath(local) if command.get("store") else local
    doubles: Any = Client(client, boundaries)
    with client:
        if command["do"] == "restore":
            journal = Journal(root / "back", header, clock=lambda: now)
            lines: Any = Lines(journal, boundaries, torn=False)
            found = read_journals(root / "task", header)
            restored = restore(found, doubles, lines).result(boundaries=boundaries.passed)
            journal.close()
            return restored
        plan = Plan.loads(Path(command["plan"]).read_bytes())
        journal = Journal(root / "task", header, clock=lambda: now)
        lines = Lines(journal, boundaries, torn=command.get("torn", False))
        entries = journals_in(root, header).entries
        outcome = apply(units_to_archive([plan]), doubles, lines, clock=lambda: now, entries=entries)
        journal.close()
        return outcome.result(boundaries=boundaries.passed, left=outcome.left, fatal=repr(outcome.fatal))


LATER = ("airflow_provider_mode.client.pacing.pacing", "airflow_provider_mode.governance.plan.file")
"""Modules that are imported when they are first needed, which would be once a fork."""


def serve() -> None:
    """Answer commands until there are no more."""
    for name in LATER:
        importlib.import_module(name)
    for text in sys.stdin:
        command = json.loads(text)
        answer = Path(command["root"]) / "answer.json"
        child = os.fork()
        if not child:
            answer.write_text(json.dumps(run(command)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = os.waitstatus_to_exitcode(status)
        result = json.loads(answer.read_text()) if ended == 0 else None
        sys.stdout.write(json.dumps({"ended": ended, "result": result}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
