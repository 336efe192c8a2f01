"""
Asset URIs of reports, for Airflow's scheduler and for OpenLineage.

Airflow imports this module for every asset of scheme ``mode``, so it imports nothing heavy.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult

SCHEME = "mode"
_WORKSPACE = re.compile(r"[a-z0-9][a-z0-9._-]*")
_PATH = re.compile(r"/reports/([0-9A-Za-z]{12})/?")


def report_uri(workspace: str, report: str) -> str:
    """The asset URI of a report."""
    return f"{SCHEME}://{workspace}/reports/{report}"


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """The one spelling of an asset URI; what names no report is a ValueError."""
    path = _PATH.fullmatch(uri.path)
    if not _WORKSPACE.fullmatch(uri.netloc) or path is None or uri.query or uri.fragment:
        raise ValueError(
            "an asset of Mode is mode://<workspace>/reports/<report>, the workspace as in Mode's URLs and "
            "the report by its 12 characters"
        )
    return uri._replace(scheme=SCHEME, path=f"/reports/{path[1]}")


def create_asset(*, workspace: str, report: str, extra: dict[str, Any] | None = None) -> Any:
    """The asset of a report, as Airflow's hooks register it in lineage."""
    from airflow.providers.common.compat.assets import Asset  # noqa: PLC0415 - see the module's docstring

    return Asset(uri=report_uri(workspace, report), extra=extra)


def convert_asset_to_openlineage(asset: Any, lineage_context: Any = None) -> Any:
    """The OpenLineage dataset of an asset: namespace ``mode://<workspace>``, name ``reports/<report>``."""
    from airflow.providers.common.compat.openlineage.facet import Dataset  # noqa: PLC0415 - likewise

    del lineage_context  # every task names a report alike
    workspace, _, name = asset.uri.removeprefix(f"{SCHEME}://").partition("/")
    return Dataset(namespace=f"{SCHEME}://{workspace}", name=name)
