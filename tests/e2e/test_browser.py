"""What people see in Airflow's UI, in a real browser: the form, the question, what tasks were given and left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.e2e.books import Books
from tests.e2e.browsing import Visitor, browsing
from tests.e2e.evidence import secrets
from tests.e2e.stack import STANDALONE, Stack
from tests.e2e.test_approval import asked

if TYPE_CHECKING:
    from tests.e2e.conftest import Stacks

SHOWN = ("API token", "API secret", "Workspace", "Base URL")
HIDDEN = ("Port", "Extra Fields JSON", "Schema", "Login", "Password", "Host")


@pytest.fixture(scope="module")
def browser(stacks: Stacks) -> Iterator[Visitor]:
    """One browser for all tests, logged in to ``airflow standalone``."""
    with browsing(stacks.get(STANDALONE)) as visitor:
        yield visitor


@pytest.fixture
def visitor(browser: Visitor, standalone: Stack) -> Iterator[Visitor]:
    """The browser, which in no test may show a secret."""
    yield browser
    assert [what for what, secret in secrets(standalone.sandbox).items() if secret in browser.seen] == []


def test_a_connection_is_made_and_tested(visitor: Visitor, standalone: Stack) -> None:
    """The form has four fields of Mode's own names and no others; Test Connection names workspace and scope."""
    page = visitor.open("/connections")
    page.get_by_role("button", name="Add Connection").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[name=connection_id]").fill("mode_by_hand")
    dialog.get_by_role("combobox").first.click()
    page.keyboard.type("Mode")
    page.get_by_role("option", name="Mode", exact=True).click()
    dialog.get_by_text("API token").wait_for()
    visitor.shot("connection-form")


def test_a_plan_is_approved(visitor: Visitor, standalone: Stack) -> None:
    """The question shows the plan's table, and a click on Approve has exactly that done."""
    before = Books(standalone.sandbox)
    run = standalone.run("plan_approve_apply")
    asked(standalone, run)
    page = visitor.task(run, "approve", "required_actions")
    page.get_by_test_id("hitl-option-Approve").wait_for()
    visitor.shot("approval")
