"""OpenLineage's view of a task: imported by Airflow's OpenLineage provider alone, which may not be there."""

from __future__ import annotations

import importlib
from typing import Any

from airflow_provider_mode.operators._touched import TOUCHED, Touched


def facets(operator: Any) -> Any:
    """The datasets that a task read and wrote, with the run of Mode's that it was about."""
    from airflow.providers.common.compat.openlineage.facet import (  # noqa: PLC0415 - see the docstring
        Dataset,
        ExternalQueryRunFacet,
    )

    extractors: Any = importlib.import_module("airflow.providers.openlineage.extractors")
    touched = getattr(operator, TOUCHED, None) or Touched()
    run = touched.run or {}
    about = {}
    if run.get("report_run"):
        about["externalQuery"] = ExternalQueryRunFacet(externalQueryId=run["report_run"], source=run["url"])
    return extractors.OperatorLineage(
        inputs=[Dataset(*_named(uri)) for uri in touched.read],
        outputs=[Dataset(*_named(uri)) for uri in touched.written],
        run_facets=about,
    )


def _named(uri: str) -> tuple[str, str]:
    """Namespace and name, by OpenLineage's rule: the authority, and the path below it."""
    scheme, _, rest = uri.partition("://")
    authority, _, path = rest.partition("/")
    return (f"{scheme}://{authority}", path) if authority else (scheme, f"/{path}")
