"""The three sources of one sandbox, and what a plan from them may cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from airflow_provider_mode.client import ModeClient, ModeConfig, Signature
from airflow_provider_mode.governance.evidence.discovery import DiscoverySource
from airflow_provider_mode.governance.evidence.inventory import RestSource
from airflow_provider_mode.governance.evidence.sql import SqlSource
from airflow_provider_mode.governance.plan.make_plan import make_plan
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.governance.ports import Source
from airflow_provider_mode.sandbox.sandbox import Sandbox


def client_of(sandbox: Sandbox, **more: Any) -> ModeClient:
    """A client of the sandbox without pacing."""
    parts: dict[str, Any] = {
        "rate_limit": None,
        "discovery": Signature(**sandbox.discovery),
        "retry_for": 0.1,
    }
    return ModeClient(
        ModeConfig(
            workspace=sandbox.workspace,
            login=sandbox.login,
            password=sandbox.password,
            host=sandbox.url,
            **parts | more,
        )
    )


class Table:
    """The result of a query: columns and rows."""

    def __init__(self, *columns: str, rows: Sequence[Sequence[Any]] = ()) -> None:
        self.columns = columns
        self._rows = rows

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return iter(self._rows)


def table_of(sandbox: Sandbox, *columns: str) -> Table:
    """What a database would know of the sandbox's reports, taken from their records."""
    wanted = columns or ("last_viewed_at", "last_run_at", "view_count")
    reports = [report for report in sandbox.state.reports.values() if not report.is_dataset]
    rows = [(report.token, *(getattr(report, column) for column in wanted)) for report in reports]
    return Table("report", *wanted, rows=rows)


def source_of(name: str, sandbox: Sandbox, client: ModeClient) -> Source:
    """A source by its name."""
    if name == "discovery":
        return DiscoverySource(client)
    return SqlSource(client, table_of(sandbox)) if name == "sql" else RestSource(client)


def planned(name: str, sandbox: Sandbox, **policy: Any) -> tuple[Plan, int]:
    """A source's plan, and how many requests it took."""
    client = client_of(sandbox)
    source = source_of(name, sandbox, client)
    plan = make_plan(client, StalePolicy(**policy), now=sandbox.now, source=source)
    return plan, client.usage.requests


def stale(plan: Plan) -> set[str]:
    """The reports that a plan would archive."""
    return {action.report for action in plan.actions if action.kind == "archive_report"}
