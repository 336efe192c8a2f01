"""Plan, ask, apply, under ``airflow standalone``: answered through Airflow's REST API, as a person would."""

from __future__ import annotations

from tests.e2e import books
from tests.e2e.books import Books
from tests.e2e.rest import Run
from tests.e2e.stack import Stack


def asked(stack: Stack, run: Run) -> None:
    """Wait until the approval waits for a person."""
    stack.reaches(run, "approve", "awaiting_input")
    stack.put_away(run, "approve")


def test_airflow_knows_the_provider(standalone: Stack) -> None:
    """The package is among the providers, and every example is read without an error."""
    found = standalone.rest.ask("GET", "/providers", limit=200)["providers"]
    assert "airflow-provider-mode" in {one["package_name"] for one in found}
    standalone.wait(lambda: standalone.rest.knows("plan_approve_apply"), "the examples are read", within=120)
    assert standalone.rest.ask("GET", "/importErrors")["import_errors"] == []


def test_what_is_approved_is_done_and_can_be_undone(standalone: Stack) -> None:
    """Exactly what is planned goes, the approver is in the journal, and a restore undoes it."""
    before = Books(standalone.sandbox)
    run = standalone.run("plan_approve_apply")
    asked(standalone, run)
    before.untouched()
    planned = run.returned("plan")
    run.answer("approve", "Approve")
    assert standalone.ended(run) == "success"

    plan, result = books.read(planned["plan"]), run.returned("apply")
    assert books.actions(plan, "archive_report") == before.stale == set(result["archived"])
    assert books.actions(plan, "delete_schedule") == before.doomed == set(result["schedules_deleted"])
    before.cleaned(standalone.output)
    (journal,) = books.journals(standalone.output)
    assert journal[0]["approved_by"] == "admin"
    assert journal[0]["run_id"] == run.run_id

    restore = standalone.run("restore_from_journal", journal=result["journal"])
    assert standalone.ended(restore) == "success"
    assert books.archived(standalone.sandbox) == before.archived
    assert books.definitions(standalone.sandbox) == before.definitions


def test_what_is_rejected_is_not_done(standalone: Stack) -> None:
    """Nothing is changed, nothing is journaled, and the apply is skipped."""
    before = Books(standalone.sandbox)
    run = standalone.run("plan_approve_apply")
    asked(standalone, run)
    run.answer("approve", "Reject")
    assert standalone.ended(run) == "success"
    assert run.states["apply"] == ["skipped"]
    before.untouched()
    assert books.journals(standalone.output) == []
