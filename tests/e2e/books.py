"""The books after a run: what the plan said, what the journals say, and what the sandbox itself knows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_provider_mode.sandbox import Sandbox

HALF_A_YEAR, MONTH, VIEWS = timedelta(days=180), timedelta(days=30), 5
DAILY = {"freq": "daily", "hour": "8", "minute": "30", "time_zone": "UTC"}
Json = dict[str, Any]


def archived(sandbox: Sandbox) -> set[str]:
    """Every archived report."""
    return {token for token, report in sandbox.state.reports.items() if report.archived}


def changes(sandbox: Sandbox) -> Counter[tuple[str, str | None]]:
    """How often each change was made through the API: an archived report, a deleted schedule, ..."""
    return Counter(
        (one.kind, one.schedule or one.report)
        for one in sandbox.state.changes
        if one.by != "sandbox" and one.kind != "run"
    )


def definitions(sandbox: Sandbox) -> Counter[str]:
    """The schedules by what they do, whatever they are called by: to compare before and after a restore."""
    return Counter(_does(schedule) for schedule in sandbox.control("GET", "/state")["schedules"])


def _does(schedule: Json) -> str:
    """All that a schedule does, without the days that its frequency does not look at."""
    cron = dict(schedule["cron"])
    if cron["frequency"] != "weekly":
        del cron["weekdays"]
    if cron["frequency"] != "monthly":
        del cron["day_of_month"]
    kept = {key: schedule[key] for key in ("report", "name", "parameters", "timeout")}
    return json.dumps(kept | {"cron": cron}, sort_keys=True)


def should_go(sandbox: Sandbox) -> set[str]:
    """What the examples' policy calls stale, worked out from the sandbox's records without the package."""
    state = sandbox.control("GET", "/state")
    now = datetime.fromisoformat(state["now"])

    def idle(report: Mapping[str, Any], field: str, at_least: timedelta) -> bool:
        return now - datetime.fromisoformat(report[field] or report["created_at"]) >= at_least

    return {
        one["token"]
        for one in state["reports"]
        if not (one["archived"] or one["personal"] or one["public"] or one["subscribers"])
        and one["type"] == "Report"
        and "#keep" not in (one["description"] or "")
        and (one["view_count"] or 0) <= VIEWS
        and idle(one, "created_at", MONTH)
        and idle(one, "last_run_at", HALF_A_YEAR)
        and idle(one, "edited_at", HALF_A_YEAR)
    }


def add_stale(
    sandbox: Sandbox, number: int, *, collection: str | None = None, schedules: int = 1
) -> list[str]:
    """More reports that the examples' policy calls stale, with schedules that have not fired yet."""
    old = sandbox.now - timedelta(days=400)
    values: Json = {"created_at": old, "edited_at": old, "updated_at": old, "view_count": 2}
    if collection is not None:
        values["collection"] = collection
    made = []
    for each in range(number):
        report = sandbox.add_report(name=f"Old numbers {each}", **values).token
        for hour in range(schedules):
            cron = {**DAILY, "hour": str(hour)}
            sandbox.add_schedule(report, cron=cron, name=f"At {hour}", parameters={"region": f"r{each}"})
        made.append(report)
    return made


def actions(plan: Mapping[str, Any], kind: str) -> set[str]:
    """What a plan wants archived, or which schedules it wants deleted."""
    field = "report" if kind == "archive_report" else "schedule"
    return {str(one[field]) for one in plan["actions"] if one["kind"] == kind}


def read(uri: str) -> Any:
    """A JSON file that a result names."""
    return json.loads(Path(uri.removeprefix("file://")).read_text())


def lines(path: Path) -> list[Json]:
    """The lines of a journal, whole ones alone: a kill may leave half a line at the end."""
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def journals(folder: Path) -> list[list[Json]]:
    """Every journal below a folder."""
    return [lines(path) for path in sorted(folder.rglob("journal*.jsonl"))]


class Books:
    """A workspace before a clean-up, to be compared with what comes of it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.stale = should_go(sandbox)
        self.archived = archived(sandbox)
        self.schedules = {token: one.report for token, one in sandbox.state.schedules.items()}
        self.definitions = definitions(sandbox)
        self.doomed = {token for token, report in self.schedules.items() if report in self.stale}

    def untouched(self) -> None:
        """Nothing has been changed."""
        assert changes(self.sandbox) == Counter()

    def cleaned(self, output: Path, *, schedules_too: bool = True) -> None:
        """
        Exactly the stale reports are archived and their schedules deleted, each once, each in a journal.

        A change whose reply a kill swallowed may be made twice only where that changes nothing; the sandbox's
        own list of changes says that here not even that happened to a schedule.
        """
        doomed = self.doomed if schedules_too else set()
        assert archived(self.sandbox) == self.archived | self.stale
        assert set(self.sandbox.state.schedules) == set(self.schedules) - doomed
        made = changes(self.sandbox)
        assert {kind for kind, _ in made} <= {"archive", "delete_schedule"}
        assert {what for kind, what in made if kind == "archive"} == self.stale
        assert {
            what: times for (kind, what), times in made.items() if kind == "delete_schedule"
        } == dict.fromkeys(doomed, 1)
        assert [what for what, times in made.items() if times > 1] == []
        self._journaled(output, doomed)

    def _journaled(self, output: Path, doomed: set[str]) -> None:
        written = [line for journal in journals(output) for line in journal]
        before = [line for line in written if line.get("when") == "before"]
        saved = {line["schedule"]: line["definition"] for line in before if line["kind"] == "delete_schedule"}
        assert set(saved) == doomed
        assert all(saved.values())
        done = {line["n"] for line in written if line.get("when") == "after" and line["ok"]}
        assert done or not before
        assert {line["report"] for line in before if line["kind"] == "archive_report"} == self.stale
