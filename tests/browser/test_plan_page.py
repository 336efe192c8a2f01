"""`plan.html` in a real browser: Debian's Chromium, headless, with ten thousand actions.

Screenshots and the printed page stay in `build/screenshots/`. Skipped only where no browser can be had.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import pytest

from airflow_provider_mode.governance.render.render import render_html
from tests.governance.plans_to_render import archive, evidence, large_plan, plan

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")

SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
REPORTS = 6800  # with their schedules, somewhat more than ten thousand actions
FORMULAS = ("=1+1", "+1", "-1", "@x", " =1", "\t=1", 'quote"d', "\u202e=1")


class Visit:
    """One opening of a page, and everything it did that a page should not."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.file = file
        self.wrongs: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.wrongs.append(f"error: {error}"))
        page.on("console", lambda message: self.wrongs.append(f"console: {message.text}"))
        page.on("dialog", lambda dialog: self.wrongs.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, fragment: str = "") -> Page:
        """Open the page at a fragment."""
        self.page.goto(f"{self.file.as_uri()}{fragment}")
        return self.page

    def shot(self, name: str, **options: Any) -> bytes:
        """Keep a screenshot."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        shown: bytes = self.page.screenshot(path=SHOTS / name, **options)
        return shown

    def close(self) -> None:
        """End the visit: nothing but the file itself was asked for, and nothing went wrong."""
        self.page.context.close()
        assert self.wrongs == []
        assert {url.partition("#")[0] for url in self.requests} == {self.file.as_uri()}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a plan of ten thousand actions, some with hostile names."""
    made = large_plan(REPORTS)
    assert len(made.actions) >= 10_000
    file = tmp_path_factory.mktemp("plan") / "plan.html"
    file.write_text(render_html(made), "ascii")
    return file


@pytest.fixture
def visit(browser: Browser, large: Path) -> Iterator[Visit]:
    """The large plan, opened as most readers would."""
    visiting = Visit(opened(browser), large)
    yield visiting
    visiting.close()


def opened(browser: Browser, **options: Any) -> Page:
    """A new page of a desktop's size."""
    given = {"viewport": {"width": 1400, "height": 1000}, "locale": "en-US", "timezone_id": "UTC"}
    return browser.new_context(**(given | options)).new_page()


def column(page: Page, number: int) -> list[str]:
    """What one column of the table shows."""
    return page.locator(f"#table tbody tr td:nth-child({number})").all_inner_texts()


def test_the_page_opens_at_its_verdict(visit: Visit) -> None:
    """The sentence, the figures and the pictures come first, and a hundred rows of thousands."""
    page = visit.open()
    assert page.locator("h1").inner_text().startswith("6,800 of 54,400 reports in acme have not been viewed")
    assert page.locator(".figures .value").all_inner_texts()[0] == "6,800"
    assert page.locator("svg.chart").count() == 2
    assert page.locator("#table tbody tr").count() == 100
    assert page.locator("#controls output").inner_text() == "6,800 of 6,800 reports (all planned changes)"
    assert page.title() == "Mode clean-up plan: acme"
    visit.shot("plan-light.png")
    visit.shot("plan-light-whole.png", full_page=True)


def test_typing_filters_and_the_fragment_keeps_it(visit: Visit) -> None:
    """Every word must match; the address can be sent, and opens the same view."""
    page = visit.open()
    page.get_by_role("searchbox").press_sequentially("churn TEAM")
    rows = page.locator("#table tbody tr").all_inner_texts()
    assert rows
    assert all("churn" in row.lower() and "team" in row.lower() for row in rows)
    said = page.locator("#controls output").inner_text()
    assert page.url.endswith("#q=churn%20TEAM")
    visit.shot("plan-filtered.png")
    page.get_by_role("button", name="Clear").click()
    assert page.url.endswith("#")
    page.goto("about:blank")
    page = visit.open("#q=churn%20TEAM&sort=-views")
    assert page.locator("#controls output").inner_text() == said
    assert page.get_by_role("searchbox").input_value() == "churn TEAM"
    views = [int(text.replace(",", "")) for text in column(page, 6)]
    assert views == sorted(views, reverse=True)


def test_every_column_sorts_both_ways_and_back(visit: Visit) -> None:
    """A click sorts, a second turns, a third gives the plan's own order; what is not known stays last."""
    page = visit.open()
    first = column(page, 1)
    button = page.get_by_role("columnheader", name="Last run by hand").get_by_role("button")
    head = page.locator("th[data-k=by_hand]")
    button.click()
    assert head.get_attribute("aria-sort") == "ascending"
    dates = [text.split()[0] for text in column(page, 5)]
    assert dates == sorted(dates)
    button.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    later = [text.split()[0] for text in column(page, 5)]
    assert later == sorted(later, reverse=True)
    page.get_by_role("button", name="Next").click()
    assert page.locator("#pages span").inner_text() == "101\u2013200 of 6,800"
    page.locator("#pages button").first.click()
    button.click()
    assert head.get_attribute("aria-sort") is None
    assert column(page, 1) == first
    for key in ("report", "collection", "owner", "viewed", "views", "schedules", "why"):
        page.locator(f"th[data-k={key}] button").click()
        assert page.locator("#table tbody tr").count() == 100


def test_figures_owners_and_words_lead_to_their_rows(visit: Visit) -> None:
    """A figure or an owner filters the table; kept reports are found where the planned ones are not."""
    page = visit.open()
    page.locator(".figures a").nth(2).click()
    assert page.locator("#controls output").inner_text() == "2,115 of 2,115 reports (kept by exemption)"
    assert all(text.startswith("Kept: ") for text in column(page, 8))
    page.locator(".figures a").nth(1).click()
    assert "\u2013" not in column(page, 7)
    owner = page.locator("#owners tbody tr").nth(3)
    name, reports = owner.locator("th").inner_text(), owner.locator("td").first.inner_text()
    owner.get_by_role("link").click()
    assert set(column(page, 3)) == {name}
    assert page.locator("#controls output").inner_text().startswith(f"{reports} of")
    page.get_by_role("button", name="Remove the filter owner").click()
    page.get_by_role("searchbox").fill("00000007a120")
    page.locator("#table").get_by_role("button", name="Show 1 among the other reports").click()
    assert column(page, 8) == ["Kept: public"]
    page.go_back()
    assert page.evaluate("location.hash").startswith("#show=")


def test_rows_copy_as_csv_that_no_spreadsheet_runs(browser: Browser, tmp_path: Path) -> None:
    """The filtered rows, quoted; a cell that would be a formula begins with an apostrophe."""
    rows = [
        archive(evidence(f"{number:012x}", name=name, view_count=1234))
        for number, name in enumerate(FORMULAS)
    ]
    file = tmp_path / "plan.html"
    file.write_text(render_html(plan(*rows)), "ascii")
    visit = Visit(opened(browser, permissions=["clipboard-read", "clipboard-write"]), file)
    page = visit.open()
    page.get_by_role("button", name="Copy as CSV").click()
    assert page.locator("#controls output").inner_text() == "8 rows copied"
    lines = page.evaluate("navigator.clipboard.readText()").split("\r\n")
    assert lines[0].startswith('"id","url","Report","Collection","Owner","Last viewed"')
    names = [re.findall(r'"((?:[^"]|"")*)"', line)[2] for line in lines[1:]]
    assert names == ["'=1+1", "'+1", "'-1", "'@x", "'=1", "'=1", 'quote""d', "\ufffd=1"]
    assert '"2026-05-08"' in lines[1]
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.get_by_role("button", name="Copy as CSV").click()
    assert page.get_by_role("textbox", name="The rows as CSV").input_value().startswith('"id","url"')
    visit.close()


def test_without_javascript_it_is_a_document(browser: Browser, tmp_path: Path) -> None:
    """Every row stands in the page, no control that would do nothing is shown, and anchors work."""
    file = tmp_path / "plan.html"
    file.write_text(render_html(large_plan(212)), "ascii")
    visit = Visit(opened(browser, java_script_enabled=False), file)
    page = visit.open()
    assert page.locator("#table tbody tr").count() == 212
    assert page.locator("#table tbody tr").last.is_visible()
    assert page.get_by_role("button").count() == 0
    assert page.locator("#controls").is_hidden()
    page.locator(".figures a").nth(2).click()
    assert page.url.endswith("#kept")
    visit.shot("plan-without-javascript.png")
    visit.close()


def test_it_follows_the_readers_dark_setting(browser: Browser, large: Path) -> None:
    """The ground is dark and the text light, with the contrast that small text asks for."""
    visit = Visit(opened(browser, color_scheme="dark"), large)
    page = visit.open()
    assert brightness(page, "body", "backgroundColor") < 0.02
    assert contrast(page) > 4.5
    visit.shot("plan-dark.png")
    visit.close()
    visit = Visit(opened(browser), large)
    assert contrast(visit.open()) > 4.5
    visit.close()


def brightness(page: Page, selector: str, name: str) -> float:
    """The relative luminance of an element's colour, as WCAG counts it."""
    colour = page.locator(selector).first.evaluate("(node, name) => getComputedStyle(node)[name]", name)
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(page: Page) -> float:
    """The least contrast of text, soft text, links and what marks the stale against the ground."""
    ground = brightness(page, "body", "backgroundColor")
    marks = [brightness(page, selector, "color") for selector in ("body", ".said", "#table a", ".age")]
    marks.append(brightness(page, "#hatch .stroke", "stroke"))
    return min((max(mark, ground) + 0.05) / (min(mark, ground) + 0.05) for mark in marks)


def test_it_prints_on_a4_with_the_tables_head_on_each_sheet(visit: Visit) -> None:
    """Paper takes what the filter shows, up to five hundred rows, and the screen stays as it was."""
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    page = visit.open("#show=schedules")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.pdf(path=SHOTS / "plan.pdf", prefer_css_page_size=True)
    sheets = pypdf.PdfReader(SHOTS / "plan.pdf").pages
    texts = [normalize("NFKC", " ".join(sheet.extract_text().split())) for sheet in sheets]
    assert {tuple(sorted(round(float(side)) for side in sheet.mediabox[2:])) for sheet in sheets} == {
        (595, 842)
    }
    tables = [text for text in texts if "Last run by hand" in text]
    assert len(tables) > 20
    assert all("What and why" in text for text in tables)
    assert "of which the first 500 are printed" in " ".join(texts)
    assert page.locator("#table tbody tr").count() == 100
    page.emulate_media(media="print")
    visit.shot("plan-print.png")


def test_a_hostile_fragment_is_only_a_filter(visit: Visit) -> None:
    """Whatever stands in the address filters nothing but the table, and unknown words are left out."""
    page = visit.open("#show=__proto__&sort=constructor&page=-5&owner=<img src=x onerror=alert(1)>&q=%ff")
    assert page.locator("#table tbody").inner_text() == "Nothing matches."
    assert page.locator("img").count() == 0
    page.goto(f"{visit.file.as_uri()}#kept")
    page.evaluate("location.hash = 'page=99999'")
    page.locator("#pages span", has_text="6,701\u20136,800 of 6,800").wait_for()


def test_narrow_windows_keep_everything_in_reach(browser: Browser, large: Path) -> None:
    """On a phone only the table scrolls sideways, within its own frame."""
    visit = Visit(opened(browser, viewport={"width": 390, "height": 844}), large)
    page = visit.open()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    visit.shot("plan-narrow.png")
    visit.close()
