"""Write to each owner which of their reports will be archived, and two weeks later archive what is stale."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from html import escape

from airflow.providers.common.compat.sdk import DAG, ObjectStoragePath, task
from airflow.providers.smtp.operators.smtp import EmailOperator

from airflow_provider_mode.operators import ArchiveStaleReportsOperator, PlanCleanupOperator

# [START warn_owners]
STALE = {"not_run_for": "180d", "not_edited_for": "180d", "max_views": 5}
LETTER = "<p>Nobody uses these reports of yours. Open or edit what should stay in Mode:</p><ul>{}</ul>"


@task
def letters(plan: str) -> list[dict[str, str]]:
    """One letter an owner, made of the plan."""
    rows = defaultdict(list)
    for action in json.loads(ObjectStoragePath(plan).read_text())["actions"]:
        if action["kind"] == "archive_report" and "@" in (action["owner"] or ""):
            link = f'<a href="{escape(action["url"])}">{escape(action["name"] or "Untitled")}</a>'
            rows[action["owner"]].append(f"<li>{link}: {escape(action['reason'])}</li>")
    return [{"to": owner, "html_content": LETTER.format("".join(mine))} for owner, mine in rows.items()]


with DAG(
    "warn_owners",
    schedule="@weekly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
) as dag:
    plan = PlanCleanupOperator(task_id="plan", policy=STALE)
    EmailOperator.partial(
        task_id="warn", subject="Mode reports that will be archived", from_email="mode-tidy@example.com"
    ).expand_kwargs(letters(plan.output["plan"]))
    archive = ArchiveStaleReportsOperator(task_id="archive", policy=STALE, min_age="14d", max_changes="10%")
    plan >> archive
# [END warn_owners]
