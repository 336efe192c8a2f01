"""Count the reports of each collection with the hook's client: whatever no operator does, a task can do."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG, task

from airflow_provider_mode.hooks.mode import ModeHook


# [START use_the_hook]
@task
def count_reports() -> dict[str, int]:
    """How many live reports there are, by collection."""
    with ModeHook().get_conn() as client:
        names = {collection.token: collection.name or "unnamed" for collection in client.collections()}
        live = (report for report in client.reports() if not report.archived)
        return dict(Counter(names.get(report.collection or "", "unknown") for report in live))


with DAG("use_the_hook", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
    count_reports()
# [END use_the_hook]
