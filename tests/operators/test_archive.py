from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_mode.governance import StalePolicy
from airflow_provider_mode.hooks.failures import ChangesIncomplete
from airflow_provider_mode.operators import (
    ArchiveStaleReportsOperator,
    PlanCleanupOperator,
    RestoreOperator,
)
from tests.operators.workspace import POLICY, Mode, Said

EMPTY = pytest.mark.mode_sandbox(reports=0, collections=3)
pytestmark = EMPTY
RESULT = [
    "archived", "digest", "dry_run", "examined", "failed", "journal", "plan", "planned", "requests",
    "schedules_deleted", "seconds", "skipped",
]  # fmt: skip


def archive(mode: Mode, instance: Any = None, **parameters: Any) -> dict[str, Any]:
    """Archive by the usual policy, unless told otherwise."""
    given = {"max_changes": 10} | ({} if "plan" in parameters else {"policy": POLICY}) | parameters
    return mode.run(ArchiveStaleReportsOperator, instance, **given)


def plan(mode: Mode, **parameters: Any) -> dict[str, Any]:
    """Plan by the usual policy."""
    return mode.run(PlanCleanupOperator, **({"policy": POLICY} | parameters))


def journal(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of a result's journal."""
    return [
        json.loads(line) for line in Path(result["journal"].removeprefix("file://")).read_text().splitlines()
    ]


def test_it_archives_what_is_stale_and_saves_schedules_before_deleting_them(mode: Mode) -> None:
    """Exactly the stale reports, every contracted key in the result, a definition for each schedule."""
    old, scheduled = mode.stale(), mode.stale("Nightly")
    schedule = mode.schedule(scheduled, name="Morning")
    fresh = mode.sandbox.add_report(name="In use").token
    result = archive(mode)
    assert mode.archived() == {old, scheduled}
    assert not mode.schedules()
    assert not mode.sandbox.report(fresh).archived
    assert sorted(result) == RESULT
    assert result["archived"] == sorted([old, scheduled])
    assert result["schedules_deleted"] == [schedule]
    assert (result["examined"], result["planned"], result["dry_run"]) == (3, 2, False)
    assert result["requests"] == len(mode.sandbox.requests)
    header, *lines = journal(result)
    assert header["workspace"] == "acme"
    saved = next(line for line in lines if line["kind"] == "delete_schedule")
    assert saved["when"] == "before"
    assert saved["definition"]["cron"]["hour"] in {8, "8"}
    folder = Path(result["plan"].removeprefix("file://")).parent
    assert {"plan.json", "plan.md", "plan.html", "journal.jsonl"} <= {path.name for path in folder.iterdir()}


def test_a_dry_run_is_a_plan_that_was_not_applied(mode: Mode, said: Said) -> None:
    """Nothing changes, the plan is there, and a limit that is exceeded is a warning only."""
    for _ in range(3):
        mode.stale()
    result = archive(mode, dry_run="true", max_changes=1)
    assert not mode.archived()
    assert (result["planned"], result["archived"], result["journal"], result["dry_run"]) == (
        3,
        [],
        None,
        True,
    )
    assert "3 reports would change" in said()


def test_delete_schedules_false_leaves_them(mode: Mode) -> None:
    """Then only the report is archived."""
    schedule = mode.schedule(mode.stale())
    result = archive(mode, delete_schedules="False")
    assert len(result["archived"]) == 1
    assert mode.schedules() == {schedule}


def test_a_retry_of_a_finished_task_changes_nothing(mode: Mode) -> None:
    """The second try finds plan and journal of the first, returns the same, and asks Mode for nothing."""
    mode.schedule(mode.stale())
    instance = mode.instance()
    first = archive(mode, instance)
    mode.sandbox.clear_requests()
    changes = len(mode.sandbox.state.changes)
    second = archive(mode, instance)
    assert len(mode.sandbox.state.changes) == changes
    assert not mode.sandbox.requests
    same = ("plan", "digest", "journal", "archived", "schedules_deleted", "examined", "planned", "requests")
    assert {key: second[key] for key in same} == {key: first[key] for key in same}
    assert second["plan"] == f"{mode.uri}/tidy/run/task/plan.json"


def test_another_run_or_another_policy_makes_a_plan_of_its_own(mode: Mode) -> None:
    """A retry goes on only with the plan that was made for the same request."""
    mode.stale()
    digests = {
        archive(mode, mode.instance(), dry_run=True)["digest"],
        archive(mode, mode.instance(), dry_run=True, policy=POLICY | {"max_views": 0})["digest"],
        archive(mode, mode.instance("other"), dry_run=True)["digest"],
    }
    assert len(digests) == 3
    mapped = archive(mode, mode.instance(map_index=1), dry_run=True)
    assert mapped["plan"].endswith("/tidy/run/task/1/plan.json")


def test_what_fails_for_good_fails_without_retries_with_its_result_left(mode: Mode) -> None:
    """The others are archived all the same; the exception names the journal, the XCom holds the result."""
    bad, good = mode.stale("Locked"), mode.stale()
    mode.sandbox.fault("status", method="PATCH", path=f"*/{bad}/archive", status=403, count=None)
    instance = mode.instance()
    with pytest.raises(AirflowFailException, match=rf"1 report failed.*{bad}.*403.*journal\.jsonl") as caught:
        archive(mode, instance)
    assert mode.archived() == {good}
    result = instance.pushed["result"]
    assert result["archived"] == [good]
    assert set(result["failed"]) == {bad}
    assert result["journal"] in str(caught.value)


def test_what_may_be_mended_is_left_to_a_retry_which_goes_on(mode: Mode) -> None:
    """A server error leaves retries, and the next try does the rest; its result covers both."""
    first, second = sorted([mode.stale(), mode.stale()])
    fault = mode.sandbox.fault("status", method="PATCH", path=f"*/{second}/archive", status=503, count=None)
    instance = mode.instance()
    with pytest.raises(ChangesIncomplete, match="answered 503"):
        archive(mode, instance)
    assert mode.archived() == {first}
    fault.count = fault.hits
    result = archive(mode, instance)
    assert mode.archived() == {first, second}
    assert result["archived"] == [first, second]
    assert result["failed"] == {}


def test_a_key_that_dies_on_the_way_ends_the_task_at_once(mode: Mode) -> None:
    """Every report would fail alike, so the first 401 is the end, with what was done left in the result."""
    mode.stale()
    mode.sandbox.fault("status", method="PATCH", status=401, count=None)
    instance = mode.instance()
    with pytest.raises(AirflowFailException, match=r"401.*The journal is file://"):
        archive(mode, instance)
    assert instance.pushed["result"]["archived"] == []


def test_a_killed_task_stops_between_changes_and_a_retry_goes_on(mode: Mode) -> None:
    """What ``on_kill`` asks for is done before the next change."""
    mode.stale()
    instance = mode.instance()
    task: Any = ArchiveStaleReportsOperator(task_id="task", policy=POLICY, max_changes=9, output_uri=mode.uri)
    task.on_kill()
    with pytest.raises(ChangesIncomplete, match="stopped with 1 reports left; a retry goes on"):
        task.execute({"ti": instance})
    assert not mode.archived()
    assert len(archive(mode, instance)["archived"]) == 1


def test_what_came_back_to_life_since_the_plan_is_spared(mode: Mode) -> None:
    """Seen, edited, run, gone, archived by someone else: each is skipped, and counted by its reason."""
    reports = [mode.stale(name) for name in ("seen", "edited", "run", "gone", "archived", "still stale")]
    seen, edited, run, gone, archived, still = reports
    made = plan(mode)
    mode.sandbox.view(seen)
    mode.sandbox.edit(edited, name="Better numbers")
    mode.sandbox.run(run)
    mode.sandbox.delete(gone)
    mode.sandbox.archive(archived)
    result = archive(mode, plan=made["plan"], digest=made["digest"])
    assert result["archived"] == [still]
    assert result["skipped"] == {"archived": 1, "edited": 1, "gone": 1, "run": 1, "viewed": 1}


def test_a_nightly_run_spares_nothing_that_nobody_looks_at(mode: Mode) -> None:
    """Where only runs by hand count, a schedule's run since the plan does not."""
    policy = {"not_run_by_hand_for": "90d", "not_edited_for": "180d", "max_views": 5}
    nightly, by_hand = mode.stale("Nightly"), mode.stale("By hand")
    for report in (nightly, by_hand):
        mode.schedule(report)
    made = plan(mode, policy=policy)
    assert made["actions"] == {"delete_schedule": 2, "archive_report": 2}
    mode.sandbox.advance("3d")
    mode.sandbox.run(by_hand)
    result = archive(mode, plan=made["plan"])
    assert result["archived"] == [nightly]
    assert result["skipped"] == {"run_by_hand": 1}


def test_a_plan_without_the_reports_schedule_archives_nothing(mode: Mode) -> None:
    """A schedule that came after the plan means that somebody wants the report."""
    report = mode.stale()
    made = plan(mode)
    mode.schedule(report)
    result = archive(mode, plan=[made["plan"]], digest=[made["digest"]])
    assert result["skipped"] == {"new_schedule": 1}
    assert not mode.archived()


def test_several_plans_are_carried_out_together_under_one_limit(mode: Mode) -> None:
    """The totals of plans for different collections add up, and so do their changes."""
    places = [c.token for c in mode.sandbox.state.collections.values() if c.space_type == "custom"][:2]
    for place in places:
        mode.stale(collection=place)
    plans = [plan(mode, collections=[place]) for place in places]
    uris, digests = [made["plan"] for made in plans], [made["digest"] for made in plans]
    with pytest.raises(AirflowFailException, match="2 reports would change of 2 in scope"):
        archive(mode, plan=uris, digest=digests, max_changes="50%")
    with pytest.raises(AirflowFailException, match="digest: must be one for each plan: 1 for 2"):
        archive(mode, plan=uris, digest=digests[0])
    result = archive(mode, plan=json.dumps(uris), digest=json.dumps(digests), max_changes="100%")
    assert (result["plan"], result["digest"], len(result["archived"])) == (uris, digests, 2)


def test_a_plan_is_found_in_its_folder(mode: Mode) -> None:
    """A person names the folder as often as the file in it; one that holds none fails without retries."""
    report = mode.stale()
    made = mode.run(PlanCleanupOperator, policy=POLICY)
    folder = made["plan"].removesuffix("/plan.json")
    with pytest.raises(AirflowFailException, match="there is no such file"):
        mode.run(ArchiveStaleReportsOperator, plan=f"{folder}/elsewhere", max_changes=1)
    assert mode.run(ArchiveStaleReportsOperator, plan=folder, max_changes=1)["archived"] == [report]


def test_plans_of_one_scope_do_not_count_it_twice(mode: Mode) -> None:
    """Two plans that hold the same report are of the same reports, and a percentage is of those."""
    mode.stale()
    uris = [plan(mode)["plan"], plan(mode)["plan"]]
    result = archive(mode, plan=uris, max_changes="100%")
    assert (result["planned"], len(result["archived"])) == (1, 1)


def test_min_age_touches_only_what_stood_in_a_plan_long_enough(mode: Mode) -> None:
    """Warn, wait, re-check, act: the plans in the folder are the memory."""
    old, new = mode.stale("Warned"), mode.stale("New")
    first = Path(plan(mode)["plan"].removeprefix("file://"))
    held = json.loads(first.read_text())
    assert {action["report"] for action in held["actions"]} == {old, new}
    waiting = archive(mode, min_age="7d")
    assert (waiting["planned"], waiting["skipped"]) == (0, {"waiting": 2})
    age_plan(first, days=8, only=old)
    result = archive(mode, min_age=timedelta(days=7))
    assert result["archived"] == [old]
    assert result["skipped"] == {"waiting": 1}


def age_plan(path: Path, *, days: int, only: str) -> None:
    """Make a plan file that was made some days ago and held one report only."""
    from dataclasses import replace  # noqa: PLC0415 - for this helper alone

    from airflow_provider_mode.governance.plan.plan import Plan  # noqa: PLC0415 - this test alone

    made = Plan.loads(path.read_bytes())
    past = timedelta(days=days)
    actions = tuple(action for action in made.actions if action.report == only)
    kinds = {"archive_report": len(actions)}
    path.write_bytes(
        replace(
            made,
            created_at=made.created_at - past,
            expires_at=made.expires_at - past,
            actions=actions,
            counts={**made.counts, **kinds},
        ).dumps()
    )


def test_what_was_restored_is_not_archived_again(mode: Mode) -> None:
    """Somebody brought it back after we had archived it, so it stays for as long as the policy looks back."""
    report = mode.stale()
    done = archive(mode)
    restored = mode.run(RestoreOperator, journal=done["journal"])
    assert restored["unarchived"] == [report]
    made = plan(mode)
    assert made["actions"] == {"delete_schedule": 0, "archive_report": 0}
    assert archive(mode)["archived"] == []
    assert not mode.archived()


def test_an_approval_is_recorded_and_a_refusal_refused(mode: Mode) -> None:
    """The journal's first line says who approved; any other answer stops the task before the first change."""
    mode.stale()
    made = plan(mode)
    answer = {"chosen_options": ["Approve"], "responded_by_user": {"id": "7", "name": "data-lead"}}
    no = json.dumps(answer | {"chosen_options": ["Reject"]})
    with pytest.raises(AirflowFailException, match="the plan was not approved"):
        archive(mode, plan=made["plan"], approval=no)
    assert not mode.archived()
    when = "2026-11-24T10:00:00Z"
    result = archive(mode, plan=made["plan"], approval=answer | {"responded_at": when})
    assert journal(result)[0]["approved_by"] == "data-lead"
    assert journal(result)[0]["approved_at"] == when


def test_a_policy_object_does_as_well_as_a_dict(mode: Mode) -> None:
    """The frozen policy, a dict and its JSON all say the same."""
    mode.stale()
    digests = set()
    for policy in (StalePolicy(**POLICY), POLICY, json.dumps(POLICY)):
        result = archive(mode, policy=policy, dry_run=True)
        digests.add(json.dumps(json.loads(Path(result["plan"][7:]).read_text())["policy"]))
    assert len(digests) == 1


def test_a_local_folder_under_a_remote_executor_is_warned_of(
    mode: Mode, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    """Journals on a worker's own disk die with it."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    archive(mode, dry_run=True)
    assert "is on this worker's own disk" in said()


def test_airflows_state_store_keeps_the_place_across_tries(mode: Mode) -> None:
    """On 3.3 a folder that renders differently at each try does not part a retry from its journal."""
    mode.stale()
    store: dict[str, Any] = {}

    class Store:
        get, set = store.get, store.__setitem__

    context = {"ti": mode.instance(), "task_state_store": Store()}
    results = []
    for folder in ("one", "two"):
        task: Any = ArchiveStaleReportsOperator(
            task_id="task", policy=POLICY, max_changes=1, output_uri=f"{mode.uri}/{folder}"
        )
        results.append(task.execute(context))
    assert results[0]["journal"] == results[1]["journal"]
    assert results[1]["archived"] == results[0]["archived"]
    assert store == {"folder": f"{mode.uri}/one/tidy/run/task"}


@pytest.mark.parametrize("source", ["rest", "discovery"])
def test_views_may_come_from_a_history_or_from_discovery(mode: Mode, source: str) -> None:
    """``not_viewed_for`` works on REST with a history, once it is old enough, and on Discovery at once."""
    report = mode.stale(last_viewed_at=mode.sandbox.now - timedelta(days=300))
    policy = {"not_viewed_for": "90d"}
    more = {"history": f"{mode.uri}/history"} if source == "rest" else {}
    result = archive(mode, policy=policy, source=source, **more)
    assert result["archived"] == ([report] if source == "discovery" else [])


@pytest.mark.mode_sandbox(reports=0, collections=3)
def test_a_refused_attempt_counts_too(mode: Mode) -> None:
    """What a task has cost is what all its attempts have, the one that was over the limit among them."""
    mode.stale()
    instance = mode.instance()
    with pytest.raises(AirflowFailException, match="1 report would change"):
        mode.run(ArchiveStaleReportsOperator, instance, policy=POLICY, max_changes=0)
    result = mode.run(ArchiveStaleReportsOperator, instance, policy=POLICY, max_changes=1)
    assert result["requests"] == mode.sandbox.usage.requests
