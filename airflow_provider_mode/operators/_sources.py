"""Where an operator's evidence comes from: its parameters ``source`` and ``history``, parsed and opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from airflow_provider_mode.client.discovery import NO_SIGNATURE
from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.governance.evidence.discovery import DiscoverySource
from airflow_provider_mode.governance.evidence.inventory import RestSource
from airflow_provider_mode.governance.evidence.sql import SqlSource
from airflow_provider_mode.governance.history.watch import watching
from airflow_provider_mode.governance.ports import Source
from airflow_provider_mode.hooks import templates
from airflow_provider_mode.hooks.rows import streamed_rows
from airflow_provider_mode.operators._job import Job

NAMED = ("rest", "discovery")
QUERY = ("conn_id", "sql")


@dataclass(frozen=True, slots=True)
class Origin:
    """A source by its name, or a query by its connection and SQL; and the folder that remembers views."""

    source: str | Mapping[str, str]
    history: str | None = None

    @classmethod
    def parse(cls, operator: Any) -> Origin:
        """The operator's rendered parameters."""
        source = templates.source(operator.source)
        if isinstance(source, dict):
            _check_query(source)
        elif source not in NAMED:
            raise SettingError(
                "source", f"must be one of {', '.join(NAMED)}, or a dict with conn_id and sql, not {source!r}"
            )
        history = templates.text(operator.history, "history")
        if history is not None and source != "rest":
            raise SettingError(
                "history", "is for views over REST; other sources tell when a report was viewed"
            )
        return cls(source, history)

    @property
    def name(self) -> str:
        """The source as results name it."""
        return self.source if isinstance(self.source, str) else SqlSource.name

    @contextmanager
    def opened(self, job: Job) -> Iterator[Source]:
        """The source, for as long as the block lasts; a history is saved at its end."""
        if not isinstance(self.source, str):
            with streamed_rows(self.source["conn_id"], self.source["sql"]) as rows:
                yield SqlSource(job.client, rows, watch=job.watch)
        elif self.source == "discovery":
            if not job.client.discovery.available:
                raise SettingError("source", f"connection {job.operator.mode_conn_id!r}: {NO_SIGNATURE}")
            yield DiscoverySource(job.client, watch=job.watch)
        elif self.history is None:
            yield RestSource(job.client, watch=job.watch)
        else:
            folder = job.path(self.history, "history")
            with watching(folder, job.client.config, clock=lambda: job.now) as history:
                yield RestSource(job.client, history=history, watch=job.watch)


def _check_query(source: Mapping[str, Any]) -> None:
    """A mistyped key must not be passed over."""
    for key in source:
        if key not in QUERY:
            raise SettingError("source", f"has no key {key!r}; there are {' and '.join(QUERY)}")
    for key in QUERY:
        if not isinstance(source.get(key), str) or not source[key].strip():
            raise SettingError("source", f"needs {key!r}, a text that is not empty")
