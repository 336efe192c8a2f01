"""The journal's lines (`mode-journal/1`): how they are written, and how anything found in a file is read.

A file may end in half a line (a crash, a loss of power), repeat a line, or hold keys that are not known here.
What is no line is passed over, for a change is made only after its line was safely written.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

FORMAT = "mode-journal/1"
DELETE_SCHEDULE = "delete_schedule"
ARCHIVE_REPORT = "archive_report"
CREATE_SCHEDULE = "create_schedule"
UNARCHIVE_REPORT = "unarchive_report"
GONE = "gone: it was not there any more"

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_KIND = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first line: whose journal it is; `more` holds further keys, such as who approved the plan."""

    workspace: str
    host: str
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The header as the file holds it."""
        known = {key: getattr(self, key) for key in _HEADER_KEYS}
        return {"format": FORMAT, **known, **self.more}

    @property
    def place(self) -> str:
        """The workspace and its host, for a sentence."""
        return f"workspace {self.workspace!r} at {self.host}"

    def same_place(self, other: Header) -> bool:
        """Whether both are of one workspace of one host."""
        return (self.host, self.workspace) == (other.host, other.workspace)


_HEADER_KEYS = ("workspace", "host", "dag_id", "run_id", "task_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line after the first; `n` ties the two lines of one attempt together.

    `had` counts what was there already before a creation; `looked` marks a failure that a look at the server
    told: the request may still be on its way.
    """

    n: int
    when: Literal["before", "after"]
    kind: str
    report: str
    schedule: str | None = None
    definition: Mapping[str, Any] | None = None
    subscriptions: list[Any] | None = None
    had: int | None = None
    ok: bool | None = None
    error: str | None = None
    looked: bool | None = None
    at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The line as the file holds it: what does not apply is left out."""
        pairs = ((key, getattr(self, key)) for key in _LINE_KEYS)
        held = {key: value for key, value in pairs if value is not None}
        return held | ({"at": moment_text(self.at)} if self.at else {})


_LINE_KEYS = tuple(part.name for part in dataclasses.fields(Line))


@dataclass(frozen=True, slots=True)
class Source:
    """The file that lines were found in."""

    path: Any
    header: Header

    @property
    def writer(self) -> str:
        """Whose lines they are: parts of one journal name their writer, a whole file is its own."""
        writer = self.header.more.get("writer")
        return writer if isinstance(writer, str) else str(self.path)


@dataclass(frozen=True, slots=True)
class Entry:
    """One attempt: its `before` line, and the `after` lines that were found for it."""

    before: Line
    afters: tuple[Line, ...]
    source: Source

    @property
    def kind(self) -> str:
        """What was attempted."""
        return self.before.kind

    @property
    def report(self) -> str:
        """The report it concerns."""
        return self.before.report

    @property
    def schedule(self) -> str | None:
        """The schedule it concerns: for a creation, the one that came of it."""
        made = (after.schedule for after in self.afters if after.ok)
        return self.before.schedule or next((schedule for schedule in made if schedule), None)

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What it does to what."""
        return (self.kind, self.report, self.before.schedule)

    @property
    def done(self) -> bool:
        """Whether the change was made: one line that says so outweighs any that does not."""
        return any(after.ok for after in self.afters)

    @property
    def open(self) -> bool:
        """Whether nobody has said yet how it ended."""
        return all(after.ok is None for after in self.afters)

    @property
    def doubtful(self) -> bool:
        """Whether it may have been made although no line says so."""
        return self.open or (not self.done and any(after.looked for after in self.afters))

    @property
    def error(self) -> str | None:
        """What is to be said of it, by the last line that says something."""
        said = [after.error for after in self.afters if after.error and (after.ok or not self.done)]
        return said[-1] if said else None

    @property
    def at(self) -> datetime | None:
        """When it was made, or attempted."""
        ends = [after.at for after in self.afters if after.ok and after.at]
        return ends[-1] if ends else self.before.at


def moment_text(moment: datetime) -> str:
    """A moment as the journal writes it: ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode(row: Mapping[str, Any]) -> bytes:
    """One row as a line of its own; half a surrogate pair stays the escape that JSON has for it."""
    return (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def decode(content: bytes) -> Iterator[dict[str, Any]]:
    """The rows of a file; half a line, and whatever else is no JSON object, is passed over."""
    for text in content.split(b"\n"):
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row


def read_header(row: Mapping[str, Any]) -> Header | None:
    """The header that a row is, if it is one of this format."""
    if row.get("format") != FORMAT:
        return None
    if not all(isinstance(row.get(key), str) for key in ("workspace", "host")):
        return None
    held = {key: row.get(key) if isinstance(row.get(key), str) else None for key in _HEADER_KEYS[2:]}
    more = {key: value for key, value in row.items() if key != "format" and key not in _HEADER_KEYS}
    return Header(workspace=row["workspace"], host=row["host"], **held, more=more)


def read_line(row: Mapping[str, Any]) -> Line | None:
    """The line that a row is; one whose parts are not what they should be is none."""
    if row.get("when") not in ("before", "after") or not _good(row):
        return None
    held = {key: row[key] for key in _LINE_KEYS if key in row}
    return Line(**{**held, "at": _moment(row.get("at"))})


_TYPES: dict[str, type] = {
    "definition": dict,
    "subscriptions": list,
    "had": int,
    "ok": bool,
    "error": str,
    "looked": bool,
}


def _good(row: Mapping[str, Any]) -> bool:
    number, schedule = row.get("n"), row.get("schedule")
    typed = all(row.get(key) is None or isinstance(row[key], kind) for key, kind in _TYPES.items())
    counted = type(number) is int and number > 0
    named = _matches(_KIND, row.get("kind")) and _matches(_ID, row.get("report"))
    return typed and counted and named and (schedule is None or _matches(_ID, schedule))


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def entries_of(lines: Iterable[tuple[Source, Line]]) -> list[Entry]:
    """The attempts that lines tell of, in the order of their first lines; repeated lines count once."""
    befores: dict[tuple[str, int], tuple[Source, Line]] = {}
    afters: dict[tuple[str, int], list[Line]] = {}
    for source, line in lines:
        if line.when == "before":
            befores.setdefault((source.writer, line.n), (source, line))
        else:
            afters.setdefault((source.writer, line.n), []).append(line)
    return [
        Entry(before, tuple(_of(before, afters.get(place, ()))), source)
        for place, (source, before) in befores.items()
    ]


def _of(before: Line, afters: Iterable[Line]) -> Iterator[Line]:
    """The second lines that are of the same change: two attempts never share a number, but files may lie."""
    return (after for after in afters if (after.kind, after.report) == (before.kind, before.report))
