"""The work of ``RestoreOperator``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_mode.governance.journal.journal import Journal
from airflow_provider_mode.governance.journal.journals import read_journals
from airflow_provider_mode.governance.restore.restore import restore
from airflow_provider_mode.hooks import templates
from airflow_provider_mode.hooks.failures import failing_fast
from airflow_provider_mode.operators._folder import uri_of
from airflow_provider_mode.operators._job import Job
from airflow_provider_mode.operators._results import finished


def restore_reports(operator: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """Read the journals, bring back what they tell of, and return or raise what came of it."""
    with failing_fast():
        uris = templates.required_texts(operator.journal, "journal")
        named = templates.texts(operator.reports, "reports")
        job = Job.start(operator, context)
        reports = None if named is None else [job.client.report_token(report) for report in named]
        entries = read_journals([job.path(uri, "journal") for uri in uris], job.header())
        journal = Journal(job.folder, job.header(), clock=lambda: job.now)
        try:
            outcome = restore(
                entries, job.client, journal, reports=reports, stop=job.stopping, watch=job.watch
            )
        finally:
            journal.close()
        result = outcome.result(journal=uri_of(journal.path))
        operator.log.info(
            "unarchived %s reports, created %s schedules; impossible %s, failed %s; journal %s",
            len(result["unarchived"]),
            len(result["schedules_created"]),
            dict(result["impossible"]) or "nothing",
            len(result["failed"]),
            result["journal"],
        )
        return finished(job, outcome, result)
