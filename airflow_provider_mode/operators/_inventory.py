"""The work of ``InventoryOperator``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from airflow_provider_mode.governance.durations import counted
from airflow_provider_mode.governance.evidence.inventory_file import WRITERS, check_format, written
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.plan.plan import moment_text
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
        collections = templates.texts(operator.collections, "collections")
        scope = Scope(collections=collections, datasets=False)  # theirs are other lists
        job = Job.start(operator, context)
        path = job.folder / f"inventory.{form}"
        as_of, tally = job.now, Counter[str]()
        with origin.opened(job) as source, written(path) as file:
            reports = WRITERS[form](source.rows(scope, as_of=as_of, tally=tally), file)
    requests = job.client.usage.requests
    operator.log.info(
        "%s of %s by %s, as of %s, for %s; see %s",
        counted(reports, "report"),
        counted(tally["collections"], "collection"),
        origin.name,
        moment_text(as_of),
        counted(requests, "request"),
        uri_of(path),
    )
    return {"inventory": uri_of(path), "reports": reports, "source": origin.name, "requests": requests}
