"""Twenty sensors in one real triggerer, which dies in the middle."""

from __future__ import annotations

from tests.e2e.stack import Stack


def test_twenty_sensors_outlive_their_triggerer(local: Stack) -> None:
    """Each gets its answer though the triggerer is killed while they wait; their polls are shared."""
    sandbox = local.sandbox
    reports = [each for each in sandbox.state.reports.values() if not each.archived][:5]
    runs = [sandbox.run(report, outcome="never") for _ in range(4) for report in reports]
    named = [{"report": run.report, "report_run": run.token} for run in runs]
    begun = local.run("e2e_runs", runs=named)
    waiting = ["deferred"] * len(runs)
    local.wait(lambda: begun.states.get("wait") == waiting, "all sensors wait", within=900)
    for index in range(len(runs)):
        local.put_away(begun, "wait", index)
    local.parts["triggerer"].kill()
    for run in runs[1:]:
        run.ends, run.outcome = sandbox.now, "succeeded"
    runs[0].ends, runs[0].outcome = sandbox.now, "failed"
    local.parts["triggerer"].start()
    assert local.ended(begun, within=900) == "failed"
    states = {one["map_index"]: one["state"] for one in begun.tasks if one["task_id"] == "wait"}
    assert states == {number: "failed" if number == 0 else "success" for number in range(len(runs))}
    assert begun.returned("wait", 1)["report_run"] == runs[1].token
    polls = [each for each in sandbox.requests if each.target.partition("?")[0].endswith("/runs")]
    assert polls
