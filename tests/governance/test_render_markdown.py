"""The plan as Markdown: short enough for an approval, and as it looks to a real Markdown parser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from airflow_provider_mode.governance.evidence.evidence import ABSENT
from airflow_provider_mode.governance.render.markdown import LEAST
from airflow_provider_mode.governance.render.render import render_markdown
from tests.governance.plans_to_render import (
    HOSTILE,
    NOW,
    archive,
    evidence,
    large_plan,
    plan,
    policy,
    unschedule,
)

HARD = st.text(st.characters(), max_size=80) | st.sampled_from(HOSTILE)
DAILY = {"cron": {"freq": "daily", "hour": 8, "minute": 0}, "as_read": {"subscriber_count": 2}}


def parsed(text: str) -> list[Token]:
    """All tokens, as a renderer with tables and bare links sees them."""
    tokens = MarkdownIt("gfm-like").parse(text)
    return [leaf for token in tokens for leaf in (token, *(token.children or []))]


def links(tokens: list[Token]) -> list[str]:
    """Where the links lead."""
    return [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]


def hostile_plan(text: str) -> Any:
    """A plan whose every text is this one."""
    seen = evidence("a1b2c3d4e5f6", name=text, collection_name=text, owner=None)
    return plan(
        archive(seen, owner=text, reason=text),
        unschedule(seen, {"cron": {"freq": text, "time_zone": text}, "as_read": {"day_of_week": text}}),
        workspace=text,
        source=text,
        key_scope=text,
        policy=policy(exempt_names=[text + "x"] * 20, exempt_owners=[text + "x"] * 9),
        kept={text: ["b1b2c3d4e5f6"]},
    )


@settings(max_examples=60, deadline=None)
@given(HARD)
def test_hostile_text_stays_text(text: str) -> None:
    """No name makes markup, a link of its own, another row or another column."""
    for limit in (8192, None):
        markdown = render_markdown(hostile_plan(text), limit_bytes=limit)
        tokens = parsed(markdown)
        mine = "https://app.mode.com/acme/reports/a1b2c3d4e5f6"
        assert {token.type for token in tokens}.isdisjoint({"html_inline", "html_block", "image", "fence"})
        assert [href for href in links(tokens) if not href.startswith("mailto:")] == [mine]
        assert sum(token.type == "tr_open" for token in tokens) == 3 + 2 + 2
        assert sum(token.type == "heading_open" for token in tokens) == 5


@settings(max_examples=60, deadline=None)
@given(HARD, st.integers(LEAST, 9000))
def test_a_summary_fits_whatever_the_names(text: str, limit: int) -> None:
    """The limit holds in bytes of UTF-8, and verdict and digest are always there."""
    made = hostile_plan(text)
    markdown = render_markdown(made, limit_bytes=limit)
    assert len(markdown.encode()) <= limit
    assert made.digest in markdown
    assert "have not been viewed" in markdown or "has not been viewed" in markdown or len(text) > 20


def test_a_long_plan_is_cut_honestly() -> None:
    """What does not fit is counted: the rows shown and the rows left out are all rows."""
    made = large_plan(400)
    summary, whole = render_markdown(made), render_markdown(made, limit_bytes=None)
    shown = sum(href.startswith("https://app.mode.com/acme/reports/") for href in links(parsed(summary)))
    assert f"and {400 - shown} more reports." in summary
    assert 5 < shown < 400
    assert len(summary.encode()) <= 8192
    assert len(links(parsed(whole))) == 400 + sum("mailto" in href for href in links(parsed(whole)))
    assert "more report" not in whole


def test_the_same_plan_gives_the_same_text() -> None:
    """Two renderings are equal."""
    assert render_markdown(large_plan(50)) == render_markdown(large_plan(50))


def test_a_limit_that_could_not_hold_the_verdict_is_refused() -> None:
    """A summary without its verdict or digest would be worse than none."""
    with pytest.raises(ValueError, match="at least 6144"):
        render_markdown(plan(), limit_bytes=100)


def test_an_empty_plan_says_so() -> None:
    """Nothing to do is an answer, too."""
    markdown = render_markdown(plan(counts={"reports": 7}))
    assert "**None of the 7 reports in acme is to be changed.**" in markdown
    assert "There is nothing to apply." in markdown
    assert "## Reports" not in markdown


def test_every_kind_of_row_is_told() -> None:
    """Never viewed, not known, schedules alone, and a report without a name or a link."""
    never = evidence("000000000001", name=ABSENT, last_viewed_at=None, view_count=ABSENT, url="ftp://x/1")
    unseen = evidence("000000000002", last_viewed_at=ABSENT, owner=None, view_count=1234)
    made = plan(
        archive(never, kind="archive_report", owner=None),
        unschedule(unseen, DAILY),
        expires_at=NOW + timedelta(hours=36),
        key_scope="member",
        counts={"reports": 12, "unreadable_collections": 2},
    )
    markdown = render_markdown(made)
    assert "| (no name) | Finance | owner not known | never | not known |  | **archive:**" in markdown
    assert "| not known | 1,234 | daily at 08:00 (2 subscribers) | **delete schedules only:**" in markdown
    assert "until 2026-11-25 21:30 UTC" in markdown
    assert "made with a member key" in markdown
    assert "2 collections could not be read" in markdown
    assert "2 subscribers would no longer get these reports by mail" in markdown
