"""From parameters to questions: rendered templates are parsed here, for sensors and triggers alike."""

from __future__ import annotations

import re
from typing import Any

from airflow_provider_mode.client import ModeClient
from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.hooks import templates
from airflow_provider_mode.hooks.questions import Question, RunAfter, RunEnded, Scheduled, Viewed, ViewedSince

_RUN = re.compile(r"([0-9A-Za-z]{12})(?:[/?#].*)?$")


def report_in(client: ModeClient, report: Any) -> str:
    """The 12 characters of a report; another host or workspace is refused."""
    return client.report_token(templates.text(report, "report") or "")


def run_in(client: ModeClient, report: str, given: str) -> str:
    """The 12 characters of a run of a report, by them or by its URL."""
    of, is_url, run = given.rpartition("/runs/")
    if is_url and client.report_token(of) != report:
        raise SettingError("report_run", f"is a run of another report than {report}: {given!r:.120}")
    found = _RUN.match(run)
    if found is None:
        raise SettingError("report_run", f"{given!r:.120} is neither 12 characters nor a URL of a run")
    return found[1]


def scheduled(client: ModeClient, report: Any, wished: Any) -> Question:
    """Whether a report has a schedule, or has none."""
    return Scheduled(report=report_in(client, report), wished=templates.flag(wished, "scheduled"))


def viewed(client: ModeClient, report: Any, min_views: Any, since: Any) -> Question:
    """Whether a report has been viewed so often, or since then."""
    views, moment = templates.whole(min_views, "min_views"), templates.moment(since, "since")
    if views is not None and moment is None:
        return Viewed(report=report_in(client, report), min_views=views)
    if moment is None or views is not None:
        raise SettingError("min_views", "exactly one of min_views and since says what to wait for")
    if not client.discovery.available:
        raise SettingError(
            "since", "needs the Discovery API: REST does not tell when a report was viewed. "
            "Add the extra `discovery` to the connection, or wait for min_views"
        )  # fmt: skip
    return ViewedSince(report=report_in(client, report), since=moment)


def ran(client: ModeClient, report: Any, report_run: Any, after: Any) -> Question:
    """Whether a run has ended, or any since then."""
    run, moment = templates.text(report_run, "report_run"), templates.moment(after, "after")
    if run is not None and moment is None:
        token = report_in(client, report)
        return RunEnded(report=token, run=run_in(client, token, run))
    if moment is None or run is not None:
        raise SettingError("report_run", "exactly one of report_run and after says what to wait for")
    return RunAfter(report=report_in(client, report), after=moment)
