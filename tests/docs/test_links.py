"""Every link, anchor and path in the documentation leads somewhere, and the index to every page."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, WRITTEN, anchors, blocks, inline, reachable

PACKAGE = ROOT / "airflow_provider_mode"
_PATH = re.compile(
    r"[\w.-]+(?:/[\w.-]+)+\.(?:py|md|toml|ya?ml|png|css|js|lock)|(?:tests|docs|bench|dags_examples)/[\w./-]*"
)
_DRAWN = re.compile(r"^.*?  ((?:[a-z_]+/)+(?:[a-z_]+\.py)?)", re.MULTILINE)
MADE = {"build/docs/html"}


def targets(page: Path) -> list[str]:
    """Where a page's links and images lead."""
    links = [str(token.attrs["href"]) for token in inline(page, "link_open")]
    return links + [str(token.attrs["src"]) for token in inline(page, "image")]


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    """A relative link to a file that exists and, with an anchor, to a heading there; others are https."""
    for target in targets(page):
        parts = urlsplit(target)
        if parts.scheme:
            assert parts.scheme == "https", target
            assert parts.netloc, target
            continue
        where = (page.parent / parts.path).resolve() if parts.path else page
        assert where.exists(), f"{page.name}: {target}"
        if parts.fragment and where.suffix == ".md":
            assert parts.fragment in _anchors_with_included(where), f"{page.name}: {target}"


def _anchors_with_included(page: Path) -> frozenset[str]:
    """The anchors of a page and of what it includes."""
    included = [
        (page.parent / block.language.removeprefix("{include} ")).resolve()
        for block in blocks(page)
        if block.language.startswith("{include}")
    ]
    return anchors(page).union(*(anchors(one) for one in included))


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_paths_exist(page: Path) -> None:
    """A path in the text is one of this repository, from its root or from the package."""
    for token in inline(page, "code_inline"):
        if _PATH.fullmatch(token.content) and token.content not in MADE:
            places = [base / token.content for base in (ROOT, PACKAGE, DOCS)]
            assert any(place.exists() for place in places), f"{page.name}: {token.content}"


def test_the_drawing_of_the_flow_names_real_places() -> None:
    """Every file and folder that the drawing puts beside a step is there."""
    page = DOCS / "how-it-flows.md"
    drawn = [
        path for block in blocks(page) if block.language == "text" for path in _DRAWN.findall(block.text)
    ]
    assert len(drawn) > 8
    assert [path for path in drawn if not (PACKAGE / path).exists()] == []


def test_every_page_is_reachable() -> None:
    """A page that no table of contents names is a page that nobody finds."""
    assert {page.stem for page in PAGES} == reachable()


def test_every_picture_and_example_is_used() -> None:
    """Each image is shown, and each example quoted, on some page."""
    shown = {Path(target).name for page in WRITTEN for target in targets(page)}
    assert {path.name for path in (DOCS / "images").iterdir()} <= shown
    quoted = "".join(block.language for page in PAGES for block in blocks(page))
    examples = {path.name for path in (ROOT / "dags_examples").glob("*.py")}
    assert {name for name in examples if name not in quoted} == set()


def test_quotes_have_their_marks() -> None:
    """What a page quotes by marks has both of them, in that order, in the file."""
    for page in PAGES:
        for block in blocks(page):
            if block.language.startswith("{literalinclude}"):
                text = (page.parent / block.language.split()[1]).read_text()
                start, end = re.findall(r'"(\[(?:START|END) \w+\])"', block.text)
                assert 0 <= text.index(start) < text.index(end)


def test_the_readme_tells_the_costs_that_are_reckoned() -> None:
    """Its table is that of large workspaces, shortened; requests are the sums, not other figures."""
    pages = (WRITTEN[0], DOCS / "large-workspaces.md")
    short, whole = ([line.strip("| ").split(" | ") for line in cost_rows(page)] for page in pages)
    assert len(short) == 3
    for told, (reports, collections, _, requests, minutes, _) in zip(short, whole, strict=True):
        assert told == [reports, collections, requests.rpartition("≈ ")[2], minutes]


def cost_rows(page: Path) -> list[str]:
    """The rows that begin with a number of reports in thousands."""
    return [line for line in page.read_text().splitlines() if re.match(r"\| [0-9]+,000 \|", line)]
