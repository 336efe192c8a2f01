"""`plan.html` without a browser: the same bytes, every text escaped, every question of a reader answered."""

from __future__ import annotations

import base64
import hashlib
import re
import tracemalloc
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_mode.governance.evidence.evidence import ABSENT, Owner
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.render.render import html_parts, render_html
from tests.governance.parsed_page import Page, page
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

HARD = st.text(st.characters(), max_size=60) | st.sampled_from(HOSTILE)


def hostile_plan(text: str) -> Plan:
    """A plan whose every text is this one."""
    seen = evidence("a1b2c3d4e5f6", name=text, collection_name=text, source=text, owner=Owner(name=text))
    return plan(
        archive(seen, url=text, owner=text, reason=text),
        unschedule(seen, {"cron": {"freq": text}, "as_read": {"frequency": text}}),
        workspace=text,
        source=text,
        key_scope=text,
        policy=policy(exempt_names=[text + "x"]),
        kept={text: ["b1b2c3d4e5f6"]},
        counts={text: 3},
        summary={
            "collections": [{"name": text, "reports": 2, "stale": 1}],
            "kept_names": {"b1b2c3d4e5f6": text},
            "last_use": {"months": {text: {"reports": 2, "stale": 1}}},
        },
    )


def shape(parsed: Page) -> list[tuple[str, list[str]]]:
    """Elements and the names of their attributes; an address may break after its @."""
    return [(name, sorted(given)) for name, given in parsed.elements if name != "wbr"]


@settings(max_examples=60, deadline=None)
@given(HARD)
def test_hostile_text_adds_nothing_to_the_page(text: str) -> None:
    """The elements and their attributes are those of a harmless name; only texts differ."""
    harmless, hostile = page(hostile_plan("harmless")), page(hostile_plan(f"x{text}"))
    assert shape(hostile) == shape(harmless)
    assert hostile.path == []
    assert hostile.texts["script"] == harmless.texts["script"]
    assert not any(key.startswith("on") or key == "style" for _, given in hostile.elements for key in given)


def test_the_same_plan_gives_the_same_bytes() -> None:
    """Two renderings are equal, in ASCII, whole or in pieces."""
    text = render_html(large_plan(120))
    assert text == render_html(large_plan(120))
    assert text == "".join(html_parts(large_plan(120)))
    assert text.isascii()


def test_the_page_asks_for_nothing() -> None:
    """No element loads anything, and the policy in the head names what may work by its hash."""
    parsed = page(large_plan(30))
    sources = [given for _, given in parsed.elements if given.keys() & {"src", "srcset", "data", "action"}]
    assert sources == []
    assert [given["href"] for tag, given in parsed.elements if tag == "link"] == ["data:,"]
    links = [given for tag, given in parsed.elements if tag == "a" and (given["href"] or "")[:1] != "#"]
    assert len(links) == 30 + 6 + 3
    assert all(given["rel"] == "noopener noreferrer" for given in links)
    assert all((given["href"] or "").startswith("https://app.mode.com/acme/reports/") for given in links)
    (rules,) = (given["content"] or "" for _, given in parsed.elements if given.get("http-equiv") is not None)
    assert rules.startswith("default-src 'none'; ")
    hashes = [base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in inline(parsed)]
    assert re.findall(r"'sha256-(.+?)'", rules) == hashes


def inline(parsed: Page) -> list[str]:
    """The style and the scripts of a page."""
    return [*parsed.texts["style"], *parsed.texts["script"]]


def test_every_state_of_the_evidence_is_shown_as_what_it_is() -> None:
    """A date with its age, never, not known; counts, none, and schedules that stay."""
    rows = [
        evidence("000000000001", view_count=1234, schedules_count=3),
        evidence("000000000002", last_viewed_at=None, view_count=ABSENT, schedules_count=ABSENT),
        evidence("000000000003", last_viewed_at=ABSENT, source="rest", as_of=NOW - timedelta(days=2)),
    ]
    bare = archive(rows[2], evidence={}, collection=None, name=None, owner=None)
    text = page(plan(*map(archive, rows[:2]), bare)).text
    for said in ("2026-05-08 6 months ago", "never", "not known", "1,234", "none of its 3", "(no name)"):
        assert said in text.replace("  ", " ")
    assert "Evidence: read at an unknown time" in text
    assert "Evidence: Discovery, 2026-11-24 (today), unless a row says otherwise" in text


def test_owners_are_told_by_their_part() -> None:
    """The most reports first, the first dozen at once, those who left by themselves, nobody last."""
    actions = [
        archive(evidence(f"{place:06x}{number:06x}"), owner=f"person{place:02d}@example.com")
        for place in range(15)
        for number in range(20 - place)
    ]
    nobodys = archive(evidence("ffffffffffff"), owner=None)
    parsed = page(plan(*actions, nobodys, summary={"left": ["person14@example.com"]}))
    assert "and 2 more owners" in parsed.text
    assert "People who left the workspace" in parsed.said("h3")
    filters = [
        given["data-filter"] for _, given in parsed.elements if "owner" in (given.get("data-filter") or "")
    ]
    assert filters[0] == "owner=person00%40example.com"
    assert filters[12] == "owner=owner%20not%20known"
    assert filters[-1] == "owner=person14%40example.com"
    for left, told in ((["x"], True), ("x", False)):
        gone = plan(archive(evidence("000000000001"), owner="x"), summary={"left": left})
        assert ("People who left" in page(gone).text) is told


def test_kept_reports_are_named_where_the_plan_names_them() -> None:
    """Each reason folds its reports, linked to Mode as the plan's own reports are."""
    made = plan(
        archive(evidence("000000000001")),
        kept={"exempt_public": ["00000000000a", "00000000000b"]},
        summary={"kept_names": {"00000000000a": "Board pack"}},
    )
    parsed = page(made)
    hrefs = [given.get("href") for tag, given in parsed.elements if tag == "a"]
    assert "https://app.mode.com/acme/reports/00000000000a" in hrefs
    assert "Board pack" in parsed.said("a")
    assert "00000000000b" in parsed.said("a")
    elsewhere = plan(
        archive(evidence("000000000001", url="https://x.example/1")), kept={"x": ["00000000000a"]}
    )
    assert "00000000000a" in page(elsewhere).said("li")


def test_an_empty_plan_is_a_page_too() -> None:
    """Nothing to do: no pictures, no owners, the rest as ever."""
    parsed = page(plan(counts={"reports": 7, "archived_already": 2}))
    assert parsed.said("h1") == "None of the 5 reports in acme is to be changed."
    assert parsed.said("h2") == "Reports in this plan|Kept, and why|Small print"
    assert "There is nothing to apply." in parsed.text


def test_a_large_page_is_made_in_pieces() -> None:
    """The pieces of a page with thousands of rows are small: they can go to a file one by one."""
    made = large_plan(1500)
    list(html_parts(plan(archive(evidence("000000000001")))))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    size = sum(map(len, html_parts(made)))
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    assert size / 1500 < 900
    assert peak < 12e6
