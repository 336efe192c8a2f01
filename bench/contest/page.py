"""`docs/benchmarks.md` out of what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.contest import cells
from bench.contest.course import COLLECTIONS, REPORTS

NAMES = {"ours": "this package", "mode-sdk": "mode-sdk 0.1.0", "plain": "requests + tenacity"}
TARGETS = {
    "two hosts": (0.85, 0.05),
    "two hosts with Redis": (0.95, 0.0),
    "two hosts, leaky window": (None, 0.05),
    "three hosts": (0.85, 0.05),
    "no headers": (0.90, 0.0),
    "leaky window": (None, 0.0),
    "a stranger": (0.90, 0.05),
}
"""Beginnings of rows, with the least ratio and the largest share of 429s that are asked of them."""
OWN = (0.95, 0.0)
FAST_LISTING = 2000  # reports a second, on one core

HEAD = """# Benchmarks

Written by `make bench`; do not edit. One run on {cores} cores that other work shared (load average {load};
nice {nice}), in {minutes} minutes, everything against the sandbox on the same machine. **Compare only
within this page:** each figure is a ratio or a count within one run, and absolute times say more about the
machine than about anybody's code.

The work is a sweep of {collections} collections: list every report, {reports} of them, then archive some.
What is *needed* are its pages, for each collection the one more that shows its end (Mode's lists of reports
say nothing of how many there are), and one request for each report to be archived. *Ideal* is the least
time in which a sliding window of the limit lets that many requests through, the last reply included;
**ideal/wall** is 1 at best. *Sent*, *429* and what was *lost* (a report not listed or not archived) or
*doubled* (listed or archived twice) are by the sandbox's own account.

Who takes part:

- **this package**: `ModeClient.walk` and `archive` as the operators use them, pacing on, `concurrency` 8
  unless said otherwise; several processes divide the work, as tasks of one host or of several hosts.
- **mode-sdk 0.1.0**: its resources in a loop, with the retries it comes with (3 within a few seconds).
- **requests + tenacity**: a session, a loop, and exponential waits with jitter after 429 and 5xx for up
  to five minutes. It takes a short page for the last one, which this package may not, and so needs
  {collections} fewer.

A call that gives up is a *failure*; the loop around it goes on, which is more patience than a script has
that ends at the first error. A run that would not end in time is *cut* and its share of the work told; one
that lost something is *incomplete*, and how long it took says nothing.
"""

TRUE = """
## At Mode's limit: 40 requests in 10 seconds

{needed} requests needed ({strangers} beside a stranger), {ideal:.0f} s at best. "Asked" is what this
project holds itself to. {needed} is a little more than whole windows: when nothing else is left to ask this
package looks ahead, a few requests a process, and they fit into the last window. With 520 needed they take
a window of their own, and what is 0.99 here is 0.92. And eight requests in flight at a second a reply need
five seconds for a whole window: a sweep of 400 that ends on one reaches 0.96 at best.
"""

STRANGER = """
These runs go on side by side, in two groups, each with a sandbox of its own; several hosts have a temporary
folder each, and so share only what `X-RateLimit-Remaining` tells. The stranger asks twice a second with the
same key, come what may: half of the limit. There the ratio is what was let through of all that the limit
allows, both together. A leaky bucket that was empty lets through more than a sliding window, so its ratio can
be above 1.

A request holds its place in the window until the server cannot count it any more, so the *jitter* of replies
costs time (their length does not): on a machine where work waits for a core, replies jitter.
"""

FAST = """
## The matrix: 40 requests in one second

The same, ten times as fast ({needed} requests), so that the whole matrix fits in half an hour: a
millisecond of delay costs ten times as much here. To fill forty requests a second at half a second or a
second a reply, this package has {fills} requests in flight, divided among its processes. The loops have
one each; with so many in flight it also looks ahead by so many, which costs a window of the ten. Others
are cut after {cut:.0f} s, at {ideal:.0f} to {ideal_slow:.0f} s ideal.

![Ideal over wall time by reply time, processes and contender](images/benchmarks.svg)

The picture shows the sliding window; a number above a bar is that of 429s, and what was cut or left
incomplete is as high as what was done of the work.
"""

COSTS = """
## What it costs

With the limit off; CPU of the process that works, without its start.

| | CPU s for 1,000 reports, about half of them archived | largest memory, MiB | CPU ms to import |
|---|---|---|---|
"""


def write(found: Mapping[str, Any], docs: Path) -> None:
    """The page and its picture."""
    from bench.contest.picture import draw  # noqa: PLC0415 - what draws is large, and would weigh on what is measured

    parts = [_head(found), _true(found["true"])]
    if found["fast"]:
        parts.append(_fast(found["fast"], found["skipped"]))
    parts.append(_costs(found))
    (docs / "benchmarks.md").write_text("".join(parts))
    draw(found["fast"], docs / "images" / "benchmarks.svg")


def _head(found: Mapping[str, Any]) -> str:
    load = found["load"]
    return HEAD.format(
        cores=found.get("cores", 2),
        load=f"{min(load):.0f} to {max(load):.0f}",
        nice=found.get("nice", 0),
        minutes=round(found["seconds"] / 60),
        collections=COLLECTIONS,
        reports=REPORTS,
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _true(rows: Mapping[str, Mapping[str, Any]]) -> str:
    cell = next(iter(rows.values()))["cell"]
    strangers = [row["cell"]["needed"] for row in rows.values() if row["cell"]["stranger"]]
    first = next(iter(rows.values()))
    text = TRUE.format(needed=cell["needed"], strangers=(strangers or [0])[0], ideal=first["ideal"])
    head = ["", "ideal/wall", "seconds", "429", "sent", "failed", "lost, doubled", "asked"]
    ours = {name: row for name, row in rows.items() if row["cell"]["who"] == "ours"}
    others = {name: row for name, row in rows.items() if row["cell"]["who"] != "ours"}
    text += _table(head, ([name, *_figures(row), _asked(name, row)] for name, row in ours.items()))
    text += STRANGER
    return text + _table(head[:-1], ([name, *_figures(row)] for name, row in others.items()))


def _figures(row: Mapping[str, Any]) -> list[str]:
    share = f" ({row['throttled'] / row['sent']:.1%})" if row["throttled"] else ""
    whole = row["wall"] is not None
    return [
        _ratio(row),
        f"{row['wall']:.0f}" if whole else "—",
        f"{row['throttled']}{share}",
        str(row["sent"]),
        str(row["failures"]) if whole else "—",
        f"{row['lost']}, {row['doubled']}" if whole else "—",
    ]


def _ratio(row: Mapping[str, Any]) -> str:
    """Ideal over wall time; of a run that was cut, how much was done; one that left things out has none."""
    if row["wall"] is None:
        return f"cut at {row['cell']['cut']:.0f} s, {row['done']:.0%} done"
    if row["lost"]:
        return "incomplete"
    return f"{_value(row):.3f}"


def _value(row: Mapping[str, Any]) -> float:
    return float(row["filled"] if row["cell"]["stranger"] else row["ideal"] / row["wall"])


def _asked(name: str, row: Mapping[str, Any]) -> str:
    """What the row has to show, and whether it does."""
    fits = [start for start in TARGETS if name.startswith(start)]
    least, most = TARGETS[max(fits, key=len)] if fits else OWN
    wants = [f"≥ {least}"] if least else []
    wants.append(f"≤ {most:.0%} throttled" if most else "none throttled")
    good = row["wall"] is not None and row["throttled"] <= most * row["sent"] and not row["failures"]
    good = good and (not least or _value(row) >= least) and not row["lost"] and not row["doubled"]
    return f"{', '.join(wants)}: {'yes' if good else '**no**'}"


def _fast(rows: Sequence[Mapping[str, Any]], skipped: int) -> str:
    text = FAST.format(
        needed=cells.NEEDED_FAST,
        fills=cells.FILLS,
        cut=cells.CUT_FAST,
        ideal=rows[0]["ideal"],
        ideal_slow=rows[0]["ideal"] + cells.LATENCIES[-1],
    )
    head = [
        "window",
        "processes",
        "a reply",
        *(f"{name}: ideal/wall, 429 of sent, failed" for name in NAMES.values()),
    ]
    places = dict.fromkeys((r["cell"]["window"], r["cell"]["processes"], r["cell"]["latency"]) for r in rows)
    table = []
    for place in sorted(places, key=lambda one: (cells.WINDOWS.index(one[0]), *one[1:])):
        here = {r["cell"]["who"]: r for r in rows if _place(r) == place}
        table.append(
            [place[0], str(place[1]), f"{1000 * place[2]:.0f} ms", *(_brief(here.get(who)) for who in NAMES)]
        )
    text += _table(head, table)
    whole = [row for row in rows if row["wall"] is not None]
    ours = [row for row in whole if row["cell"]["who"] == "ours"]
    others = [row for row in whole if row["cell"]["who"] != "ours"]
    text += (
        f"\nThis package: {_all('lost', ours)} lost and {_all('doubled', ours)} doubled in {len(ours)} runs. "
        f"The others: {_all('lost', others)} lost in the {len(others)} runs that came to their end.\n"
    )
    return text + (f"\n{skipped} runs of the matrix were left out, for the time was up.\n" if skipped else "")


def _all(name: str, rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(row[name] for row in rows)


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row["cell"][name] for name in ("window", "processes", "latency"))


def _brief(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "not run"
    failed = "" if row["wall"] is None else f", {row['failures']} failed"
    return f"{_ratio(row)}; {row['throttled']} of {row['sent']}{failed}"


def _costs(found: Mapping[str, Any]) -> str:
    text = COSTS
    for one in found.get("bills", []):
        text += f"| {NAMES[one['who']]} | {one['cpu']:.2f} | {one['memory']:.0f} | {one['imports']:.0f} |\n"
    if not found.get("inventories"):
        return text
    text += (
        f"\nAn inventory of this package, with the limit off (`bench/inventory.py`); {FAST_LISTING:,} "
        "reports a second on one core are asked of it.\n"
    )
    rows = []
    for source, one in found["inventories"].items():
        rows.append(
            [
                source,
                f"{one['reports']:,}",
                f"{one['requests']:,}",
                f"{one['reports'] / one['cpu']:,.0f}",
                f"{one['reports'] / max(one['seconds'], 0.1):,.0f}",
                f"{one['memory'] / 1024:.0f}",
            ]
        )
    head = [
        "source",
        "reports",
        "requests",
        "reports a second of CPU",
        "reports a second here",
        "memory, MiB",
    ]
    return text + _table(head, rows)
