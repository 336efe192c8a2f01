"""HTML and SVG as values: text becomes `Html` only by being escaped, and the type checker holds that.

Pages are pure ASCII (other characters as references): no wrong charset can garble them, and a large page
takes one byte a character in memory whatever the names in it.
"""

from __future__ import annotations

import html
from datetime import datetime
from typing import NewType

from airflow_provider_mode.governance.render import words

Html = NewType("Html", str)
"""Markup whose every text is escaped."""

Attribute = str | int | float | None

NOTHING = Html("")
_VOID = frozenset(("br", "input", "link", "meta", "wbr"))


def text(value: object, limit: int = 2000) -> Html:
    """One line of hostile text, cleaned and escaped."""
    return verbatim(words.clean(value, limit))


def verbatim(value: str) -> Html:
    """Text escaped as it stands, line breaks too."""
    return Html(html.escape(value).encode("ascii", "xmlcharrefreplace").decode("ascii"))


def join(*parts: Html) -> Html:
    """Several pieces of markup as one."""
    return Html("".join(parts))


def tag(name: str, /, *children: Html, **attributes: Attribute) -> Html:
    """An element; `class_` and `data_x` stand for class and data-x, an attribute of None is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>" + ("" if name in _VOID else f"{''.join(children)}</{name}>"))


def link(url: str | None, label: Html) -> Html:
    """A link out of the page, to an http(s) URL only; without one, the label alone."""
    safe = words.safe_url(url)
    if safe is None:
        return label
    return tag("a", label, href=safe, target="_blank", rel="noopener noreferrer")


def inside(filters: str, label: Html, name: str = "a") -> Html:
    """A link that filters the table; without JavaScript it leads to the table."""
    return tag(name, label, href="#reports", data_filter=filters)


def day(at: datetime, now: datetime) -> Html:
    """A date and, beside it, its age when the plan was made."""
    date = at.date().isoformat()
    return join(
        tag("time", text(date), datetime=date),
        Html(" "),
        tag("small", text(words.age(at, now)), class_="age"),
    )
