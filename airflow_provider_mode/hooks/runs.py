"""Runs of reports in words and plain values: where one is seen, why it failed, how it is cancelled."""

from __future__ import annotations

from itertools import islice
from typing import Any

from airflow_provider_mode.client import ModeClient, ModeError, QueryRun, Run
from airflow_provider_mode.client.replies import one_line

LONGEST_MESSAGE = 2000  # of a database's error; some repeat the whole query
KILL_WITHIN = 10.0


def url(client: ModeClient, report: str, run: str) -> str:
    """Where people see a run."""
    return f"{client.report_url(report)}/runs/{run}"


def result(client: ModeClient, report: str, run: Run) -> dict[str, Any]:
    """A run as an XCom."""
    return {
        "report": report,
        "report_run": run.token,
        "state": run.state,
        "url": url(client, report, run.token),
    }


def why_failed(client: ModeClient, report: str, run: Run) -> str:
    """Why a run ended badly: the failing query's name, error code and message, and the URL."""
    sentence = f"run {run.token} of report {report} {_ended(run)}"
    try:
        bad = [each for each in client.query_runs(report, run.token) if _is_bad(each)]
    except ModeError as error:
        return f"{sentence}; why is not known ({error}): {url(client, report, run.token)}"
    words = [_said(each) for each in islice(bad, 3)]
    if len(bad) > len(words):
        words.append(f"and {len(bad) - len(words)} more")
    reasons = f": {'; '.join(words)}" if words else ""
    return f"{sentence}{reasons}. See {url(client, report, run.token)}"


def _ended(run: Run) -> str:
    return "was cancelled" if run.state == "cancelled" else str(run.state)


def _is_bad(query_run: QueryRun) -> bool:
    return query_run.state == "failed" or bool(query_run.error_code or query_run.error_message)


def _said(query_run: QueryRun) -> str:
    name = query_run.query_name or query_run.query or query_run.token
    code = f" ({one_line(query_run.error_code)})" if query_run.error_code else ""
    message = one_line(query_run.error_message or "") or "no message"
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE]}..."
    return f"query {name!r} failed{code}: {message}"


def cancel(client: ModeClient, report: str, run: str) -> str:
    """Cancel a run if Mode offers it, and say what came of it; never raises what Mode answers."""
    where = url(client, report, run)
    try:
        offered = client.cancel_run(report, run)
    except ModeError as error:
        return f"run {run} of report {report} could not be cancelled ({error}) and may go on: {where}"
    if offered:
        return f"run {run} of report {report} was cancelled: {where}"
    return f"run {run} of report {report} has ended, or Mode offers no way to cancel it: {where}"
