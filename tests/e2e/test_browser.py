"""What people see in Airflow's UI, in a real browser: the form, the question, what tasks got and left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.e2e import books
from tests.e2e.books import Books
from tests.e2e.browsing import Visitor, browsing
from tests.e2e.evidence import Evidence, secrets
from tests.e2e.stack import STANDALONE, Stack
from tests.e2e.test_approval import asked

if TYPE_CHECKING:
    from tests.e2e.conftest import Stacks

FIELDS = ["Base URL", "API token", "API secret", "Workspace"]
BY_HAND = "mode_by_hand"
MASKED = "***"
EXPAND = "Expand all extra JSON"  # of the XCom view


@pytest.fixture(scope="module")
def browser(stacks: Stacks) -> Iterator[Visitor]:
    """One browser for all tests, logged in to ``airflow standalone``."""
    with browsing(stacks.get(STANDALONE)) as visitor:
        yield visitor


@pytest.fixture
def visitor(browser: Visitor, standalone: Stack) -> Iterator[Visitor]:
    """The browser; no page that it has seen may show a secret."""
    yield browser
    assert [what for what, secret in secrets(standalone.sandbox).items() if secret in browser.seen] == []


def test_a_connection_is_made_and_tested(visitor: Visitor, standalone: Stack) -> None:
    """The form has Mode's four fields under Mode's names; Test Connection names workspace and scope."""
    page = visitor.open("/connections")
    page.get_by_role("button", name="Add Connection").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[name=connection_id]").fill(BY_HAND)
    dialog.get_by_role("combobox").first.click()
    page.keyboard.type("Mode")
    page.get_by_role("option", name="Mode", exact=True).click()
    visitor.look("connection-form", *FIELDS)
    shown = dialog.inner_text().partition("Standard Fields")[2].partition("Extra Fields JSON")[0]
    assert [line for line in shown.splitlines() if line.strip()] == FIELDS

    connection = standalone.sandbox.connection()
    for field in ("host", "login", "password", "schema"):
        dialog.locator(f"[name={field}]").fill(connection[field])
    dialog.get_by_role("button", name="Save").click()
    row = page.locator("tr", has_text=BY_HAND)
    row.wait_for()
    stored = standalone.rest.ask("GET", f"/connections/{BY_HAND}")
    assert (stored["schema"], stored["login"]) == (connection["schema"], connection["login"])

    # Airflow 3.3.1 and 3.3.2 refuse to test a connection without a port (apache/airflow#73298); 0 is none too
    body = {"connection_id": BY_HAND, "conn_type": "mode", "port": 0}
    standalone.rest.ask("PATCH", f"/connections/{BY_HAND}", body, update_mask="port")
    visitor.open("/connections")
    row.get_by_role("button", name="Test Connection").click()
    visitor.look("connection-tested", "Connected to Mode workspace 'acme' with a key of scope 'workspace'.")


def test_a_plan_is_read_and_approved(visitor: Visitor, standalone: Stack) -> None:
    """The question shows the plan readably; Approve has exactly that done; no view masks a name."""
    before = Books(standalone.sandbox)
    names = [standalone.sandbox.report(report).name for report in before.stale]
    name = next(name for name in sorted(filter(None, names)) if name.isascii())
    run = standalone.run("plan_approve_apply")
    asked(standalone, run)
    page = visitor.task(run, "approve", "required_actions")
    number = len(before.stale)
    question = f"Archive {number} Mode reports?"
    digest = run.returned("plan")["digest"]
    visitor.look("approval", question, name, digest, "not run for")
    assert page.get_by_text(digest).count() == 1
    assert page.locator("table th").first.is_visible()  # Markdown's tables are tables
    page.get_by_test_id("hitl-option-Approve").click()
    visitor.look("approved", "Response received")
    assert standalone.ended(run) == "success"
    before.cleaned(standalone.output)

    plan = run.returned("plan")
    for task, tab, words in (
        ("plan", "rendered_templates", ["not_edited_for", "180d"]),
        ("plan", "xcom", ["markdown", name, plan["digest"]]),
        ("apply", "rendered_templates", [plan["plan"], plan["digest"], "15%"]),
        ("apply", "xcom", ["return_value", "examined"]),
    ):
        visitor.task(run, task, tab)
        if tab == "xcom":
            page.get_by_role("button", name=EXPAND).click()
        assert MASKED not in visitor.look(f"{task}-{tab}", *words)


def test_the_button_leads_to_the_report(visitor: Visitor, standalone: Stack) -> None:
    """A task that waits has its button already, and it leads to the report in Mode."""
    report = standalone.sandbox.add_report(name="New").token
    run = standalone.run("e2e_waiting", report=report)
    standalone.reaches(run, "scheduled", "deferred")
    page = visitor.task(run, "scheduled", "details")
    button = page.get_by_role("link", name="Mode report")
    button.wait_for()
    where = f"{standalone.sandbox.url}/{standalone.sandbox.workspace}/reports/{report}"
    assert button.get_attribute("href") == where
    visitor.look("button", "Mode report")
    standalone.put_away(run, "scheduled")
    standalone.sandbox.add_schedule(report, cron=books.DAILY)
    assert standalone.ended(run) == "success"


def test_no_secret_is_anywhere(standalone: Stack) -> None:
    """Logs, XComs, rendered templates, plans, journals, tracebacks, and the connection made by hand."""
    run = standalone.run("e2e_failing")
    assert standalone.ended(run) == "failed"
    seen = Evidence(standalone)
    assert seen.kinds() == {
        "task log",
        "part log",
        "xcom",
        "rendered template",
        "plan",
        "journal",
        "traceback",
    }
    assert seen.secrets() == []
