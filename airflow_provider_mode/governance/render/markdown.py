"""A plan as Markdown: whole (`plan.md`), or cut to so many bytes for an approval, the cut counted.

Hostile text cannot leave its place: every mark of Markdown is escaped, a name is one line, and addresses in
it are no links (renderers link bare ones even where they are escaped, so a word joiner breaks these).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from airflow_provider_mode.governance.render import words
from airflow_provider_mode.governance.render.facts import Kept, OwnerShare, Row, When
from airflow_provider_mode.governance.render.story import Story, policy_words
from airflow_provider_mode.governance.render.table import NOBODY, rhythms_say, usual_evidence

LEAST = 6144
"""A limit below this could not hold the verdict and the digest whatever the names."""

_MARKS = re.compile(r"([\\`*_{}\[\]#|<>~&$])")
_ADDRESS = re.compile(r"(://|\bwww(?=\.))", re.IGNORECASE)
_SHORT, _LONG = 60, 300
_MORE = 60  # room for the line that counts what was left out


@dataclass(frozen=True, slots=True)
class Part:
    """A section whose items may be cut: what stands before them, and what one of them is called."""

    head: str
    items: Sequence[str]
    noun: str

    def fit(self, room: float) -> str:
        """As many items as there is room for, and the number of those left out."""
        if not self.items:
            return ""
        left = room - len(self.head.encode()) - _MORE
        shown = []
        for item in self.items:
            left -= len(item.encode()) + 1
            if left < 0:
                break
            shown.append(item)
        more = len(self.items) - len(shown)
        tail = [f"\n\u2026 and {words.plural(more, 'more ' + self.noun)}."] if more else []
        text = "\n".join([self.head, *shown, *tail, ""])
        return text if room == math.inf or len(text.encode()) <= room else ""


def markdown(story: Story, limit_bytes: int | None) -> str:
    """The plan as Markdown, at most `limit_bytes` of it in UTF-8."""
    if limit_bytes is not None and limit_bytes < LEAST:
        raise ValueError(f"limit_bytes must be at least {LEAST}, not {limit_bytes}")
    size = _LONG if limit_bytes is None else _SHORT
    cut = limit_bytes is not None
    head, foot = _head(story, cut=cut), _foot(story, cut=cut)
    room = math.inf if limit_bytes is None else limit_bytes - len((head + foot).encode())
    kept = _kept(story.kept, size).fit(min(room, room / 5 if limit_bytes else room))
    owners = _owners(story.owners, size).fit(room / 4 if limit_bytes else room)
    rows = _rows(story.rows, size).fit(room - len((kept + owners).encode()))
    return head + rows + owners + kept + foot


def escape(value: object, limit: int = _LONG) -> str:
    """One line of hostile text that Markdown shows as it is."""
    line = _ADDRESS.sub(lambda found: f"{found[0][:1]}\u2060{found[0][1:]}", words.clean(value, limit))
    return _MARKS.sub(r"\\\1", line)


def _line(value: object, limit: int | None) -> str:
    """Escaped text of at most so many bytes; a sentence that is cut ends in an ellipsis."""
    text = words.clean(value, 4000)
    line = escape(text, 4000)
    size = len(text)
    while limit is not None and len(line.encode()) > limit:
        size = size * 7 // 8
        line = escape(text, size)
    return line


def _head(story: Story, *, cut: bool) -> str:
    lines = [f"# Mode clean-up plan: {_line(story.workspace, 100)}"]
    lines.append(f"**{_line(story.verdict(), 700 if cut else None)}**")
    lines += [_line(said, 600 if cut else None) for said in (story.deeds(), story.objection())]
    lines.append(_line(story.validity(), None))
    lines += [f"> **Note.** {_line(said, 250 if cut else None)}" for said in story.warnings()]
    figures = story.figures()
    lines.append(
        _row_of(escape(figure.label) for figure in figures)
        + "\n|---:|---:|---:|---:|\n"
        + _row_of(words.number(figure.value) for figure in figures)
        + "\n"
        + _row_of(_line(figure.note, 120) for figure in figures)
    )
    return "\n\n".join(lines) + "\n\n"


def _row_of(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rows(rows: Sequence[Row], size: int) -> Part:
    head = (
        "## Reports\n\n"
        "| report | collection | owner | last viewed | views | schedules to delete | what and why |\n"
        "|---|---|---|---|---:|---|---|"
    )
    return Part(head, [_row(row, size) for row in rows], "report")


def _row(row: Row, size: int) -> str:
    name = escape(row.name, size)
    what = "archive" if row.archive else "delete schedules only"
    return _row_of(
        (
            f"[{name}]({_target(row.url)})" if row.url else name,
            escape(row.place, size),
            escape(row.owner or NOBODY, size),
            _when(row.viewed),
            "not known" if row.views is None else words.number(row.views),
            "; ".join(escape(line, size) for line in rhythms_say(row.rhythms)),
            f"**{what}:** {escape(row.reason, size * 3)}",
        )
    )


def _target(url: str) -> str:
    """A link's target: percent-encoded already, and no mark of Markdown left in it."""
    return re.sub(r"[*_~|]", lambda found: f"%{ord(found[0]):02X}", url)


def _when(when: When) -> str:
    if when.watched:
        return f"not since {when.watched.date().isoformat()}"
    return when.at.date().isoformat() if when.at else "never" if when.known else "not known"


def _owners(owners: Sequence[OwnerShare], size: int) -> Part:
    head = "\n## By owner\n\n| owner | reports | schedules | runs a year |\n|---|---:|---:|---:|"
    return Part(head, [_owner(share, size) for share in owners], "owner")


def _owner(share: OwnerShare, size: int) -> str:
    left = " (left the workspace)" if share.left else ""
    numbers = (words.number(it) for it in (share.reports, share.schedules, share.runs))
    return _row_of((escape(share.owner or NOBODY, size) + escape(left), *numbers))


def _kept(kept: Sequence[Kept], size: int) -> Part:
    """Reasons by number; the whole document names the reports too."""
    whole = size == _LONG
    items = [item for group in kept if group.reports for item in _reason(group, whole=whole)]
    return Part("\n## Kept, and why\n", items, "reason")


def _reason(group: Kept, *, whole: bool) -> Iterator[str]:
    reports = ", ".join(f"`{words.clean(report, 64).replace('`', '')}`" for report in group.reports)
    yield f"* {escape(group.says)}: {len(group.reports):,}" + (f" ({reports})" if whole else "")


def _foot(story: Story, *, cut: bool) -> str:
    plan = story.plan
    scope = _line(plan.key_scope, 60) if plan.key_scope else "not known"
    evidence = _line(usual_evidence(story) or plan.source, 200)
    lines = ["\n## Small print\n", f"* Evidence: {evidence}; key scope: {scope}"]
    lines += [f"* {_line(said, 400 if cut else None)}" for said in policy_words(plan.policy)]
    lines += [
        f"* Digest: `{plan.digest}`",
        "* Restoring unarchives reports and recreates schedules; subscriptions cannot be brought back.",
    ]
    return "\n".join(lines) + "\n"
