"""All that an Airflow has written anywhere, to be searched for what must not be there."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from itertools import chain

from airflow_provider_mode.sandbox import Sandbox
from tests.e2e.stack import WRONG, Stack

TRACEBACK = re.compile(r"Traceback \(most recent call last\)|\"error_detail\"")


def encoded(text: str) -> str:
    """Base64, as headers carry it, without its padding."""
    return base64.b64encode(text.encode()).decode().rstrip("=")


def secrets(sandbox: Sandbox) -> dict[str, str]:
    """What nobody may find, by what it is."""
    signature = sandbox.discovery
    bearer = ":".join(signature[part] for part in ("token", "access_key", "access_secret"))
    return {
        "secret": sandbox.password,
        "another secret": WRONG,
        "Basic value": encoded(f"{sandbox.login}:{sandbox.password}"),
        "another Basic value": encoded(f"{sandbox.login}:{WRONG}"),
        "Discovery secret": signature["access_secret"],
        "Bearer value": encoded(bearer),
    }


class Evidence:
    """What a stack has left so far, read once: files by path, database tables by name."""

    def __init__(self, stack: Stack) -> None:
        self.places = dict(chain(_files(stack), _tables(stack.database)))
        self._secrets = secrets(stack.sandbox)

    def kinds(self) -> set[str]:
        """Which kinds of places were found to hold something: a search of nothing would prove nothing."""
        held = {_kind(place) for place, text in self.places.items() if text.strip()}
        if any(TRACEBACK.search(text) for place, text in self.places.items() if _kind(place) == "task log"):
            held.add("traceback")
        return held - {""}

    def secrets(self) -> list[str]:
        """Each secret that was found, and where."""
        return [
            f"{what} in {place}"
            for place, text in self.places.items()
            for what, secret in self._secrets.items()
            if secret in text
        ]

    def mentions(self, word: str, kind: str) -> bool:
        """Whether a word stands in any place of a kind, as a secret would."""
        return any(word in text for place, text in self.places.items() if _kind(place) == kind)


def _files(stack: Stack) -> Iterator[tuple[str, str]]:
    for path in sorted(stack.folder.rglob("*")):
        inside = path.relative_to(stack.folder).parts
        if path.is_file() and inside[0] not in ("postgres", "dags") and path.suffix not in (".db", ".pyc"):
            yield "/".join(inside), path.read_text(errors="replace")


def _tables(dump: str) -> Iterator[tuple[str, str]]:
    """The rows of each table of a dump by pg_dump or by SQLite."""
    rows: dict[str, list[str]] = {}
    table = ""
    for line in dump.splitlines():
        if found := re.match(r'(?:COPY public\.|INSERT INTO ")(\w+)', line):
            table = found[1]
        rows.setdefault(table, []).append(line)
    yield from ((f"table {name}", "\n".join(found)) for name, found in rows.items())


KINDS = {
    r"home/logs/dag_id=.*\.log": "task log",
    r"logs/.*\.log": "part log",
    r"table xcom": "xcom",
    r"table rendered_task_instance_fields": "rendered template",
    r"(home|past)/.*plan\.json": "plan",
    r"(home|past)/.*journal.*\.jsonl": "journal",
}


def _kind(place: str) -> str:
    return next((kind for pattern, kind in KINDS.items() if re.fullmatch(pattern, place)), "")
