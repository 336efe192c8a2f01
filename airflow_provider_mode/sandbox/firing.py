"""Time passing: schedules fire, runs end. Many firings at once cost as much as one."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from airflow_provider_mode.sandbox.clock import to_milliseconds
from airflow_provider_mode.sandbox.model import Report, Run, Schedule, token_from
from airflow_provider_mode.sandbox.workspace import NEVER, Workspace

HISTORY = 500  # runs remembered of one schedule, newest first
SUCCESSES = frozenset({"succeeded", "completed"})
TICK = timedelta(seconds=1)
BUMP = timedelta(
    milliseconds=200
)  # a run touches updated_at about this long after its success, as clients saw


def make_run(ws: Workspace, report: Report, when: datetime, by: str, token: str) -> Run:
    """A run as the report's outcome and the switches make it end."""
    outcome = report.outcome or ws.switches["run_success"]
    length = timedelta(seconds=ws.switches.number("run_seconds"))
    ends = None if outcome == "never" else to_milliseconds(when + length)
    return Run(token, report.token, when, ends, outcome, by)


def fired_run(ws: Workspace, report: Report, schedule: Schedule, when: datetime) -> Run:
    """The run that a schedule started at a moment, the same whenever it is asked for."""
    run = make_run(ws, report, when, schedule.creator, token_from(schedule.token, int(when.timestamp())))
    run.schedule, run.parameters = schedule.token, schedule.parameters
    return run


def fired_runs(ws: Workspace, report: Report, schedule: Schedule) -> Iterator[Run]:
    """The runs that a schedule started, newest first."""
    for first, last in reversed(schedule.spans):
        when = last
        while when >= first:
            yield fired_run(ws, report, schedule, when)
            when = schedule.cron.last(when - TICK)


def runs_of(ws: Workspace, report: Report) -> list[Run]:
    """Every remembered run of a report, newest first."""
    found: dict[str, Run] = {}
    for schedule in report.schedules.values():
        found.update((run.token, run) for run in islice(fired_runs(ws, report, schedule), HISTORY))
    found.update((run.token, run) for _, run in ws.running if run.report == report.token)
    found.update((run.token, run) for run in report.runs)
    return sorted(found.values(), key=lambda run: (run.created_at, run.token), reverse=True)


def keep_runs(ws: Workspace, report: Report, schedule: Schedule) -> None:
    """Write down a schedule's runs one by one, before it changes or goes."""
    report.runs.extend(islice(fired_runs(ws, report, schedule), HISTORY))
    schedule.spans.clear()


def begin(ws: Workspace, report: Report, run: Run) -> None:
    """A run starts: the report shows it as its last."""
    if report.last_run is None or run.created_at >= report.last_run.created_at:
        report.last_run = run
    ws.running.append((report, run))
    settle(ws, ws.now)


def settle(ws: Workspace, now: datetime) -> None:
    """Runs that are over leave their mark on their reports."""
    still = []
    for report, run in ws.running:
        if run.ends is None or run.ends > now:
            still.append((report, run))
            continue
        report.updated_at = max(report.updated_at, run.ends + BUMP)
        last = report.last_success
        if run.outcome in SUCCESSES and (last is None or last.created_at <= run.created_at):
            report.last_success = run
    ws.running = still


def fire(ws: Workspace, schedule: Schedule, due: datetime, now: datetime) -> None:
    """A schedule fires for all its times since it was due."""
    report = ws.reports[schedule.report]
    schedule.next_run_at = schedule.cron.next(now)
    if report.archived and ws.switches["archive_schedules"] == "pause":
        schedule.paused = True
        return
    last = schedule.cron.last(now)
    times = schedule.cron.count(due - TICK, now)
    begins = due
    if schedule.spans and not schedule.paused:
        begins = schedule.spans.pop()[0]
    schedule.paused = False
    schedule.spans.append((begins, last))
    schedule.last_run_at = last
    report.runs_count += times
    if times > 1:
        begin(ws, report, fired_run(ws, report, schedule, schedule.cron.last(last - TICK)))
    begin(ws, report, fired_run(ws, report, schedule, last))
    if ws.switches["runs_as_views"] == "all":
        report.view_count, report.last_viewed_at = (report.view_count or 0) + times, last


def tick(ws: Workspace) -> None:
    """Bring the workspace up to its clock."""
    now = ws.now
    if now >= ws.next_due:
        upcoming = NEVER
        for schedule in ws.schedules.values():
            due = schedule.next_run_at or NEVER
            if due <= now:
                fire(ws, schedule, due, now)
            upcoming = min(upcoming, schedule.next_run_at or NEVER)
        ws.next_due = upcoming
    if ws.running:
        settle(ws, now)


def plan(ws: Workspace, schedule: Schedule) -> None:
    """A new or changed schedule waits for its next time."""
    schedule.next_run_at = schedule.cron.next(ws.now)
    ws.next_due = min(ws.next_due, schedule.next_run_at)
