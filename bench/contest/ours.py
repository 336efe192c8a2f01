"""This package's client, as its hook makes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow_provider_mode.client import Collection, ModeClient, ModeConfig, ModeError, RateLimit
from airflow_provider_mode.client.bulk import bounded_map


class Ours:
    """Walks and changes with as many requests in flight as the connection allows."""

    def __init__(self, client: ModeClient) -> None:
        self._client = client

    def reports(self, collections: list[str]) -> Iterable[str | None]:
        """The tokens of all reports of some collections."""
        for _, found in self._client.walk([Collection(token=token) for token in collections]):
            yield None if isinstance(found, ModeError) else found.token

    def archive(self, reports: list[str]) -> Iterable[str | None]:
        """Archive reports."""
        workers = self._client.config.concurrency
        return (done for _, done in bounded_map(self._one, reports, workers=workers))

    def _one(self, report: str) -> str | None:
        try:
            return self._client.archive(report).token
        except ModeError:
            return None


def contender(task: dict[str, Any]) -> Ours:
    """The client of a task."""
    limit = task["limit"] and RateLimit(**task["limit"])
    config = ModeConfig(
        workspace=task["workspace"],
        login=task["login"],
        password=task["password"],
        host=task["url"],
        rate_limit=limit,
        concurrency=task["in_flight"],
    )
    return Ours(ModeClient(config))
