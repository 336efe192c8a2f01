"""The pages of the documentation as the tests read them: blocks of code, headings, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
README = ROOT / "README.md"
WRITTEN = [README, *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")), *PAGES]
EXAMPLES = sorted((ROOT / "dags_examples").glob("*.py"))
_NOT_RUN = re.compile(r"<!-- not run: (?P<reason>\S.*?) -->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, its first line on the page, and why it is not run, if so."""

    page: Path
    language: str
    text: str
    line: int
    not_run: str | None = None


@cache
def tokens(page: Path) -> list[Token]:
    """A page, parsed as CommonMark with tables."""
    return MarkdownIt("commonmark").enable("table").parse(page.read_text())


@cache
def blocks(page: Path) -> list[Block]:
    """Every fenced block of a page; a comment right before one says why it is not run."""
    found, reason = [], None
    for token in tokens(page):
        if token.type == "fence" and token.map is not None:
            found.append(Block(page, token.info.strip(), token.content, token.map[0] + 2, reason))
        said = _NOT_RUN.search(token.content) if token.type == "html_block" else None
        reason = said["reason"] if said else None
    return found


def python_blocks(page: Path) -> list[Block]:
    """The blocks of Python on a page."""
    return [block for block in blocks(page) if block.language == "python"]


def inline(page: Path, kind: str) -> Iterator[Token]:
    """The inline tokens of one kind (`link_open`, `image`, `code_inline`) on a page."""
    for token in tokens(page):
        yield from (child for child in token.children or () if child.type == kind)


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub and MyST name them, and MyST's own labels."""
    parsed = tokens(page)
    heads = [parsed[at + 1].content for at, token in enumerate(parsed) if token.type == "heading_open"]
    plain = (re.sub(r"[`*]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", head)) for head in heads)
    labels = re.findall(r"^\(([\w-]+)\)=$", page.read_text(), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in plain).union(labels)


@cache
def reachable() -> frozenset[str]:
    """The pages that the index leads to, by its tables of contents."""
    found, waiting = set(), ["index"]
    while waiting:
        name = waiting.pop()
        if name in found or not (DOCS / f"{name}.md").exists():
            continue
        found.add(name)
        for block in blocks(DOCS / f"{name}.md"):
            if block.language == "{toctree}":
                waiting += [line for line in block.text.splitlines() if line and not line.startswith(":")]
    return frozenset(found)
