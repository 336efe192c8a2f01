"""The two pictures as inline SVG: readable without colour, for what the plan would change is hatched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_provider_mode.governance.render import words
from airflow_provider_mode.governance.render.counts import Bar, Share, Timeline
from airflow_provider_mode.governance.render.tags import NOTHING, Html, join, tag, text

WIDTH = 560
SHOWN = 12
"""So many collections are drawn; the page lists the others as text."""

_LEFT, _TOP, _PLOT, _FOOT = 48, 30, 150, 26
_SIDE, _GAP = 56, 12  # a bar that is no month, and the space that sets it apart
_ROW, _NAME, _TRACK, _CHARACTERS = 26, 178, 206, 26
_TICK = 52  # a month's label needs so much room

HATCH = tag(
    "svg",
    tag(
        "pattern",
        tag("rect", width=6, height=6, class_="ground"),
        tag("path", d="M0 0V6", class_="stroke"),
        id="hatch",
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    ),
    width=0,
    height=0,
    aria_hidden="true",
    class_="defs",
)
"""The hatching, defined once for both pictures and their legends."""


def _svg(height: int, title: str, *children: Html) -> Html:
    box = f"0 0 {WIDTH} {height}"
    return tag("svg", *children, viewBox=box, role="img", aria_label=title, class_="chart")


def _at(value: float) -> float | int:
    """A coordinate to a tenth: short, and the same bytes on every machine."""
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded


def _rect(x: float, y: float, width: float, height: float, class_: str) -> Html:
    return tag("rect", x=_at(x), y=_at(y), width=_at(width), height=_at(height), class_=class_)


def _label(x: float, y: float, label: str, class_: str | None = None) -> Html:
    return tag("text", text(label), x=_at(x), y=_at(y), class_=class_)


def _line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Html:
    return tag("line", x1=_at(x1), y1=_at(y1), x2=_at(x2), y2=_at(y2), class_=class_)


def timeline_svg(timeline: Timeline) -> Html:
    """Reports by month of last use, and the rule as a line between the months."""
    top = _ceiling(max(bar.reports for bar in timeline.bars))
    start = _LEFT + _SIDE * len(timeline.before)
    step = (WIDTH - start - _SIDE * len(timeline.after)) / len(timeline.months)
    title = f"Reports by month in which they were {timeline.says}; hatched: in this plan"
    return _svg(
        _TOP + _PLOT + _FOOT,
        title,
        *_grid(top),
        *(_side(bar, _LEFT, top) for bar in timeline.before),
        *(_bar(bar, start + step * place, step * 0.8, top) for place, bar in enumerate(timeline.months)),
        *(
            _side(bar, WIDTH - _SIDE * (len(timeline.after) - place) + _GAP, top)
            for place, bar in enumerate(timeline.after)
        ),
        *_ticks(timeline.months, start, step),
        _rule(timeline, start, step),
    )


def _ceiling(value: int) -> int:
    """The end of the scale: one digit and zeros, at least `value`."""
    scale = int("1" + "0" * (len(str(value)) - 1))
    return next(scale * lead for lead in (1, 2, 3, 4, 6, 8, 10) if scale * lead >= value)


def _grid(top: int) -> Iterator[Html]:
    for part in (0, 0.5, 1) if top % 2 == 0 else (0, 1):
        y = _TOP + _PLOT * (1 - part)
        yield _line(_LEFT, y, WIDTH, y, "grid")
        yield _label(_LEFT - 6, y + 4, words.number(top * part), "end")


def _bar(bar: Bar, x: float, width: float, top: int) -> Html:
    """All reports as an outline, the stale ones hatched from the ground up."""
    if not bar.reports:
        return NOTHING
    tall, hatched = (_PLOT * number / top for number in (bar.reports, bar.stale))
    ground = _TOP + _PLOT
    says = f"{bar.label}: {words.plural(bar.reports, 'report')}, {bar.stale:,} of them in this plan"
    return tag(
        "g",
        tag("title", text(says)),
        _rect(x, ground - tall, width, tall, "all"),
        _rect(x, ground - hatched, width, hatched, "stale") if bar.stale else NOTHING,
    )


def _side(bar: Bar, x: float, top: int) -> Html:
    width = _SIDE - _GAP
    middle = x + width / 2
    name = "earlier" if bar.label.startswith("before") else bar.label
    return join(_bar(bar, x, width, top), _label(middle, _TOP + _PLOT + 16, name, "middle"))


def _ticks(months: Sequence[Bar], start: float, step: float) -> Iterator[Html]:
    """As many months by name as there is room for, counted back from the newest."""
    every = next((every for every in (1, 2, 3, 6) if every * step >= _TICK), 12)
    for place in range(len(months) - 1, -1, -every):
        x, y = start + step * (place + 0.9), _TOP + _PLOT + 16
        if x - start >= _TICK:
            yield _label(x, y, months[place].label, "end")


def _rule(timeline: Timeline, start: float, step: float) -> Html:
    """What lies left of the line was last used long enough ago."""
    if timeline.line is None:
        return NOTHING
    x = start + step * timeline.line - step * 0.1
    left = x > WIDTH / 2
    label = f"rule: {timeline.line_says}"
    return join(
        _line(x, _TOP - 14, x, _TOP + _PLOT, "rule"),
        _label(x - 6 if left else x + 6, _TOP - 10, label, "rule-says end" if left else "rule-says"),
    )


def shares_svg(shares: Sequence[Share]) -> Html:
    """Collections by the share of their reports in the plan, or by number where the share is not known."""
    shown = shares[:SHOWN]
    most = max(share.stale for share in shown)
    rows = [
        _share(share, row * _ROW, share.part if share.reports else share.stale / most)
        for row, share in enumerate(shown)
    ]
    return _svg(_ROW * len(shown) + 4, "Collections by the share of their reports in this plan", *rows)


def _share(share: Share, y: float, part: float) -> Html:
    name = share.name if len(share.name) <= _CHARACTERS else f"{share.name[: _CHARACTERS - 1]}\u2026"
    base = y + _ROW * 0.68
    return tag(
        "g",
        tag("title", text(f"{share.name}: {share_says(share)}")),
        _label(_NAME - 8, base, name, "end"),
        _rect(_NAME, y + 5, _TRACK, _ROW - 10, "all") if share.reports else NOTHING,
        _rect(_NAME, y + 5, max(_TRACK * part, 1), _ROW - 10, "stale"),
        _label(_NAME + _TRACK + 8, base, share_says(share)),
    )


def share_says(share: Share) -> str:
    """The share in words: "31 of 120, 26 %"."""
    if share.reports is None:
        return words.plural(share.stale, "report")
    return f"{share.stale:,} of {share.reports:,}, {words.percent(share.stale, share.reports)}"
