"""The table of a plan's reports: one row a report, whole in the page, so that it reads without JavaScript.

What the script sorts by stands in `data-v` where the cell's text does not sort: an empty one is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from airflow_provider_mode.governance.render import words
from airflow_provider_mode.governance.render.facts import Rhythm, Row, When
from airflow_provider_mode.governance.render.story import Story
from airflow_provider_mode.governance.render.tags import Html, day, join, link, tag, text

COLUMNS = (
    ("report", "Report", None),
    ("collection", "Collection", None),
    ("owner", "Owner", None),
    ("viewed", "Last viewed", None),
    ("by_hand", "Last run by hand", None),
    ("views", "Views", "num"),
    ("schedules", "Schedules to delete", None),
    ("why", "What and why", None),
)
"""The table's columns: key in the page's fragment, heading, class."""

NOBODY = "owner not known"
_BREAK = tag("br")
_NONE = tag("span", text("\u2013"), class_="none")
_NOT_KNOWN = tag("span", text("not known"), class_="none")


def usual_evidence(story: Story) -> str:
    """Where and when most of the evidence was read; only rows that differ say so themselves."""
    now = story.plan.created_at
    found = Counter(row.evidence(now) for row in story.rows)
    return min(found, key=lambda said: (-found[said], said)) if found else ""


def table_parts(story: Story) -> Iterator[Html]:
    """The table in pieces, a row each."""
    heads = (
        tag("th", text(heading), scope="col", data_k=key, class_=class_) for key, heading, class_ in COLUMNS
    )
    yield Html('<table id="table"><thead>')
    yield tag("tr", *heads)
    yield Html("</thead>\n<tbody>")
    usual, now = usual_evidence(story), story.plan.created_at
    for row in story.rows:
        yield Html("\n")
        yield _row(row, usual, now)
    yield Html("</tbody></table>\n")


def _row(row: Row, usual: str, now: datetime) -> Html:
    kinds = "a" * row.archive + "s" * bool(row.rhythms)
    return tag(
        "tr",
        tag("td", link(row.url, text(row.name))),
        tag("td", text(row.place) if row.place else _NONE),
        tag("td", _owner(row.owner), class_=None if row.owner else "none"),
        _when(row.viewed, now),
        _when(row.by_hand, now),
        _number(row.views),
        _schedules(row),
        _why(row, usual, now),
        data_r=row.report,
        data_is=kinds,
    )


def _owner(owner: str | None) -> Html:
    """An address may break after its @, so that a narrow column does not tear it anywhere."""
    name, at, host = (owner or NOBODY).partition("@")
    return join(text(name), text(at), tag("wbr"), text(host)) if at else text(name)


def _when(when: When, now: datetime) -> Html:
    if when.at is not None:
        return tag("td", day(when.at, now), data_v=when.at.date().isoformat())
    if when.watched is not None:
        return tag("td", text("not since "), day(when.watched, now), data_v=when.watched.date().isoformat())
    return tag("td", text("never"), data_v="0") if when.known else tag("td", _NOT_KNOWN, data_v="")


def _number(value: int | None) -> Html:
    if value is None:
        return tag("td", _NOT_KNOWN, data_v="", class_="num")
    return tag("td", text(words.number(value)), data_v=value, class_="num")


def _schedules(row: Row) -> Html:
    if row.rhythms:
        first, *more = (text(line) for line in rhythms_say(row.rhythms))
        return tag("td", first, *(join(_BREAK, line) for line in more), data_v=row.runs)
    if row.schedules:
        return tag("td", text(f"none of its {row.schedules:,}"), data_v=0)
    return tag("td", _NONE if row.schedules == 0 else _NOT_KNOWN, data_v=0)


def rhythms_say(rhythms: Iterable[Rhythm]) -> Iterator[str]:
    """A line for each frequency and how many read it by mail, equal schedules counted."""
    for rhythm, number in Counter((rhythm.says, rhythm.subscribers) for rhythm in rhythms).items():
        says, subscribers = rhythm
        times = f"{number:,} \u00d7 " if number > 1 else ""
        readers = f" ({words.plural(subscribers, 'subscriber')})" if subscribers else ""
        yield f"{times}{says}{readers}"


def _why(row: Row, usual: str, now: datetime) -> Html:
    what = "Archive" if row.archive else "Delete schedules only"
    said = [tag("b", text(f"{what}:")), Html(" "), text(row.reason)]
    read = row.evidence(now)
    if read != usual:
        said += [_BREAK, tag("small", text(f"Evidence: {read}"), class_="age")]
    return tag("td", *said)
