"""Airflow's own pages in Debian's Chromium, headless, as a person sees them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.e2e.rest import PASSWORD, USER, Run
from tests.e2e.servers import needed
from tests.e2e.stack import KEPT, Stack

if TYPE_CHECKING:
    from playwright.sync_api import Page

SLOW = 120_000  # milliseconds that a page of a busy machine may take


@contextmanager
def browsing(stack: Stack) -> Iterator[Visitor]:
    """A person at a desktop who has logged in."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=needed("chromium", "chromium"), args=arguments)
        try:
            size = {"width": 1280, "height": 900}
            context = chromium.new_context(
                viewport=size, locale="en-US", timezone_id="UTC", color_scheme="light"
            )
            context.set_default_timeout(SLOW)
            visitor = Visitor(context.new_page(), stack)
            visitor.log_in()
            yield visitor
        finally:
            chromium.close()


class Visitor:
    """A person with a browser, who remembers what the pages said."""

    def __init__(self, page: Page, stack: Stack) -> None:
        self.page = page
        self.seen = ""
        self._stack = stack

    def log_in(self) -> None:
        """Through the login page, to the list of DAGs."""
        self.page.goto(f"{self._stack.rest.url}/")
        self.page.fill("input[name=username]", USER)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("button:has-text('Sign in')")
        self.page.get_by_test_id("nav-dags-link").wait_for()

    def open(self, path: str) -> Page:
        """A page of Airflow."""
        self.page.goto(f"{self._stack.rest.url}{path}")
        return self.page

    def task(self, run: Run, task: str, tab: str) -> Page:
        """A tab of a task instance's page."""
        return self.open(f"{run.page}/tasks/{task}/{tab}")

    def look(self, name: str, *words: str) -> str:
        """The text of the page once it says some words; a picture of it is kept."""
        for word in words:
            self.page.wait_for_function("word => document.body.textContent.includes(word)", arg=word)
        self.page.wait_for_timeout(800)  # for what slides or fades in
        KEPT.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=KEPT / f"{name}.png")
        text = str(self.page.evaluate("document.body.textContent"))
        self.seen += text
        return text
