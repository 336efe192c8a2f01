"""The work of ``InventoryOperator``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from airflow_provider_mode.governance.evidence.inventory_file import WRITERS, check_format, written
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.hooks import templates
from airflow_provider_mode.hooks.failures import failing_fast
from airflow_provider_mode.operators._folder import uri_of
from airflow_provider_mode.operators._job import Job
from airflow_provider_mode.operators._sources import Origin


def inventory(operator: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """Stream the rows of the source to the file."""
    with failing_fast():
        origin = Origin.parse(operator)
        form = check_format(templates.text(operator.format, "format"))
        scope = Scope(
            collections=templates.texts(operator.collections, "collections"),
            skip_unreadable=templates.flag(operator.skip_unreadable, "skip_unreadable"),
        )
        job = Job.start(operator, context)
        path = job.folder / f"inventory.{form}"
        tally: Counter[str] = Counter()
        with origin.opened(job) as source, written(path) as file:
            reports = WRITERS[form](source.rows(scope, as_of=job.now, tally=tally), file)
    requests = job.client.usage.requests
    operator.log.info(
        "%d reports of %d collections by %s, %d unreadable, %d requests; see %s",
        reports,
        tally["collections"],
        origin.name,
        tally["unreadable_collections"],
        requests,
        uri_of(path),
    )
    return {"inventory": uri_of(path), "reports": reports, "source": origin.name, "requests": requests}
