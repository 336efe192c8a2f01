"""`plan.html`: one file for a person who did not write the DAG; the verdict first, the evidence behind it.

The parts come in the order of a reader's questions. Without JavaScript it is a plain document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from airflow_provider_mode.governance.render import words
from airflow_provider_mode.governance.render.counts import Bar, Share, shares_of, timeline_of
from airflow_provider_mode.governance.render.facts import Kept, OwnerShare, base_url
from airflow_provider_mode.governance.render.head import asset, head
from airflow_provider_mode.governance.render.story import Figure, Story, policy_words
from airflow_provider_mode.governance.render.svg import HATCH, SHOWN, share_says, shares_svg, timeline_svg
from airflow_provider_mode.governance.render.table import NOBODY, table_parts, usual_evidence
from airflow_provider_mode.governance.render.tags import Html, inside, join, link, tag, text, verbatim

_OWNERS = 12


def page_parts(story: Story) -> Iterator[Html]:
    """The page in pieces: head, then the seven parts."""
    yield Html("<!DOCTYPE html>\n")
    yield Html('<html lang="en">')
    yield head(f"Mode clean-up plan: {story.workspace}")
    yield Html("<body>\n")
    yield HATCH
    yield Html("<main>\n")
    yield _verdict(story)
    yield _figures(story.figures())
    yield _pictures(story)
    yield _owners(story.owners)
    yield from _table(story)
    yield _kept(story)
    yield _small_print(story)
    yield Html("</main>\n")
    yield tag("script", asset("plan.js"))
    yield Html("\n</body></html>\n")


def _verdict(story: Story) -> Html:
    made = story.plan.created_at.date().isoformat()
    return tag(
        "header",
        tag("p", text(f"Mode clean-up plan \u00b7 workspace {story.workspace} \u00b7 {made}"), class_="over"),
        tag("h1", text(story.verdict())),
        *(tag("p", text(said)) for said in (story.deeds(), story.objection(), story.validity())),
        *(tag("p", tag("b", text("Note. ")), text(said), class_="note") for said in story.warnings()),
    )


def _figures(figures: Iterable[Figure]) -> Html:
    return tag("ul", *(tag("li", _figure(figure)) for figure in figures), class_="figures")


def _figure(figure: Figure) -> Html:
    says = join(
        tag("span", text(words.number(figure.value)), class_="value"),
        Html(" "),
        tag("span", text(figure.label), class_="label"),
        Html(" "),
        tag("span", text(figure.note), class_="said"),
    )
    where = "#kept" if figure.show in {"kept", "unknown"} else "#reports"
    return tag("a", says, href=where, data_filter=f"show={figure.show}")


def _pictures(story: Story) -> Html:
    if not story.rows:
        return Html("")
    timeline, shares = timeline_of(story), shares_of(story)
    whole = "all reports judged" if timeline.whole else "only reports in this plan are counted"
    legend = _legend(timeline.whole)
    by_month = tag(
        "figure",
        tag("h2", text(f"When reports were {timeline.says}")),
        legend,
        timeline_svg(timeline),
        _numbers("By month", ("month", "reports", "in this plan"), map(_bar_cells, timeline.bars)),
        tag("figcaption", text(f"By month, {whole}.")),
    )
    rest = words.plural(len(shares) - SHOWN, "more collection")
    more = f" {rest} among the numbers." if len(shares) > SHOWN else ""
    by = "the share of their reports" if shares[0].reports else "the number of their reports"
    by_place = tag(
        "figure",
        tag("h2", text("Where they are")),
        legend,
        shares_svg(shares),
        _numbers("By collection", ("collection", "reports", "in this plan"), map(_share_cells, shares)),
        tag("figcaption", text(f"Collections by {by} in this plan, the largest first.{more}")),
    )
    return tag("section", by_month, by_place, class_="pictures", aria_label="Pictures")


def _legend(whole: bool) -> Html:
    swatch = tag("svg", tag("rect", x=1, y=1, width=14, height=10, class_="stale"), class_="swatch")
    other = tag("svg", tag("rect", x=1, y=1, width=14, height=10, class_="all"), class_="swatch")
    said = [swatch, Html(" "), text("in this plan")]
    if whole:
        said += [Html(" &#160; "), other, Html(" "), text("other reports")]
    return tag("p", *said, class_="legend")


def _bar_cells(bar: Bar) -> tuple[str, str, str]:
    return bar.label, words.number(bar.reports), words.number(bar.stale)


def _share_cells(share: Share) -> tuple[str, str, str]:
    reports = "not known" if share.reports is None else words.number(share.reports)
    return share.name, reports, share_says(share)


def _numbers(title: str, heads: Iterable[str], rows: Iterable[tuple[str, str, str]]) -> Html:
    """A picture's numbers as a table, folded."""
    head = tag("tr", *(tag("th", text(name), scope="col") for name in heads))
    body = (
        tag("tr", tag("th", text(first), scope="row"), *(tag("td", text(it), class_="num") for it in rest))
        for first, *rest in rows
    )
    table = tag("table", tag("thead", head), tag("tbody", *body))
    return tag("details", tag("summary", text(f"{title}, as numbers")), table)


def _owners(owners: list[OwnerShare]) -> Html:
    if not owners:
        return Html("")
    here = [share for share in owners if share.owner is not None and not share.left]
    left = [share for share in owners if share.left]
    nobody = [share for share in owners if share.owner is None]
    parts = [_owner_table("Owner", [*here[:_OWNERS], *nobody])] if here or nobody else []
    if here[_OWNERS:]:
        more = tag("summary", text(f"and {words.plural(len(here) - _OWNERS, 'more owner')}"))
        parts.append(tag("details", more, _owner_table("Owner", here[_OWNERS:])))
    if left:
        parts += [tag("h3", text("People who left the workspace")), _owner_table("Former owner", left)]
    return tag("section", tag("h2", text("By owner")), *parts, class_="owners", id="owners")


def _owner_table(title: str, owners: list[OwnerShare]) -> Html:
    heads = ((title, None), ("Reports", "num"), ("Schedules", "num"), ("Runs a year", "num"))
    head = tag("tr", *(tag("th", text(name), scope="col", class_=class_) for name, class_ in heads))
    rows = (
        tag(
            "tr",
            tag("th", inside(_owner_filter(share), text(share.owner or NOBODY)), scope="row"),
            *(
                tag("td", text(words.number(number)), class_="num")
                for number in (share.reports, share.schedules, share.runs)
            ),
        )
        for share in owners
    )
    return tag("table", tag("thead", head), tag("tbody", *rows))


def _owner_filter(share: OwnerShare) -> str:
    return f"owner={words.query(share.owner or NOBODY)}"


def _table(story: Story) -> Iterator[Html]:
    yield Html('<section id="reports" aria-labelledby="reports-head">')
    yield tag("h2", text("Reports in this plan"), id="reports-head", tabindex=-1)
    if not story.rows:
        yield tag("p", text("None."))
    else:
        usual = usual_evidence(story)
        order = (
            "Those whose schedules run most come first, then those longest unused. Ages are as of the plan."
        )
        yield tag("p", text(f"Evidence: {usual}, unless a row says otherwise. {order}"), class_="said")
    yield Html('<div id="controls" hidden></div><div class="wide">')
    yield from table_parts(story)
    yield Html('</div><div id="pages" hidden></div></section>\n')


def _kept(story: Story) -> Html:
    base = base_url(story.plan)
    names = story.plan.summary.get("kept_names")
    held = names if isinstance(names, dict) else {}
    groups = [_reason(kept, base, held) for kept in story.kept if kept.reports]
    said = (
        "Reports that the policy exempts, and reports of which too little is known. A report that is neither"
        " here nor in the table was used recently enough, or is archived already."
    )
    return tag(
        "section",
        tag("h2", text("Kept, and why")),
        tag("p", text(said), class_="said"),
        *(groups or [tag("p", text("None."))]),
        id="kept",
    )


def _reason(kept: Kept, base: str | None, names: dict[str, object]) -> Html:
    says = kept.says[:1].upper() + kept.says[1:]
    summary = tag("summary", text(f"{says}:"), Html(" "), tag("b", text(words.number(len(kept.reports)))))
    items = (
        tag("li", link(base and base + report, text(names.get(report) or report)), data_r=text(report))
        for report in kept.reports
    )
    show = "unknown" if kept.unknown else "kept"
    return tag("details", summary, tag("ul", *items), data_show=show, data_why=kept.says, class_="kept")


def _small_print(story: Story) -> Html:
    plan = story.plan
    scope = words.clean(plan.key_scope, 40) if plan.key_scope else "not known"
    facts = (
        ("Source of the evidence", text(plan.source, 200)),
        ("Key scope", text(scope)),
        ("Made", text(words.minute(plan.created_at))),
        ("Holds until", text(words.minute(plan.expires_at))),
        ("Digest", tag("code", text(plan.digest))),
        ("Counts", text(_counts(story))),
        ("Policy", join(*(tag("p", text(said)) for said in policy_words(plan.policy)), _policy(story))),
        ("To apply it", _apply(story)),
        ("To undo it", _undo()),
    )
    entries = (join(tag("dt", text(name)), tag("dd", said)) for name, said in facts)
    return tag("section", tag("h2", text("Small print")), tag("dl", *entries), id="small-print")


def _counts(story: Story) -> str:
    counts = sorted(story.plan.counts.items())
    return ", ".join(f"{words.clean(key.replace('_', ' '), 60)} {number:,}" for key, number in counts)


def _policy(story: Story) -> Html:
    return tag("pre", verbatim(json.dumps(dict(story.plan.policy), indent=2, sort_keys=True)))


def _apply(story: Story) -> Html:
    operator = "ArchiveStaleReportsOperator" if story.archived else "DeleteSchedulesOperator"
    lines = [
        'task_id="apply"',
        'plan="<folder of this file>/plan.json"',
        f"digest={json.dumps(story.plan.digest)}",
        f"max_changes={story.archived or story.savings.schedules}",
    ]
    if story.archived and not story.savings.schedules and any(row.schedules for row in story.rows):
        lines.append(
            "delete_schedules=False"
        )  # or each report with a schedule that the plan lacks is skipped
    call = "".join([f"{operator}(\n", *(f"    {line},\n" for line in lines), ")"])
    said = "The task refuses a plan that is expired, altered, or not the one with this digest."
    return join(tag("pre", verbatim(call)), tag("p", text(said)))


def _undo() -> Html:
    call = 'RestoreOperator(task_id="undo", journal="<folder of the run that applied it>")'
    can = (
        "Restoring unarchives the reports and recreates their schedules: name, frequency, time, time zone,"
        " day, parameters and timeout."
    )
    cannot = (
        "It cannot bring back the schedules' own identifiers and run history, nor subscriptions: the journal"
        " holds who received what by mail or Slack, as far as Mode tells, and people subscribe again."
    )
    return join(tag("pre", verbatim(call)), tag("p", text(can)), tag("p", text(cannot)))
