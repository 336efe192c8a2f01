"""From parameters to questions: rendered templates are parsed here, for sensors and triggers alike."""

from __future__ import annotations

from typing import Any

from airflow_provider_mode.client import ModeClient
from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.hooks import templates
from airflow_provider_mode.hooks.questions import Question, RunAfter, RunEnded, Scheduled, Viewed, ViewedSince


def report_in(client: ModeClient, report: Any) -> str:
    """The 12 characters of a report; another host or workspace is refused."""
    return client.report_token(templates.text(report, "report") or "")


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
        return RunEnded(report=report_in(client, report), run=run)
    if moment is None or run is not None:
        raise SettingError("report_run", "exactly one of report_run and after says what to wait for")
    return RunAfter(report=report_in(client, report), after=moment)
