"""A page as a browser would build it, for tests that look at what it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.render.render import render_html


@dataclass
class Page(HTMLParser):
    """What a browser would build of a page: elements, their attributes, and text by element."""

    source: str
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    path: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.elements.append((tag, dict(attrs)))
        if tag not in {"br", "meta", "link", "wbr"}:
            self.path.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends; all are closed in order."""
        assert self.path.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text within an element."""
        within = self.path[-1] if self.path else ""
        self.texts.setdefault(within, []).append(data)
        if within not in {"style", "script"}:
            self.order.append(data)

    @property
    def text(self) -> str:
        """All text that is read, in one line."""
        return " ".join(" ".join(self.order).split())

    def said(self, tag: str) -> str:
        """The text directly within elements of one kind."""
        return "|".join(" ".join(text.split()) for text in self.texts.get(tag, []) if text.strip())


def page(made: Plan) -> Page:
    """The page of a plan, parsed."""
    return Page(render_html(made))
