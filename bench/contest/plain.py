"""What one would write with requests and tenacity: a loop, and exponential waits after 429 and 5xx."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import requests
import tenacity

FULL_PAGE = 30
PATIENCE = 300  # seconds


class Plain:
    """A session and a loop."""

    def __init__(self, task: dict[str, Any]) -> None:
        self._base = f"{task['url']}/api/{task['workspace']}"
        self._session = requests.Session()
        self._session.auth = (task["login"], task["password"])
        # The first wait is a tenth of the period, a second at Mode's limit; else it would be a whole period
        # where the limit is run ten times as fast.
        first = (task["limit"] or {"period": 10})["period"] / 10
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_may_pass),
            wait=tenacity.wait_exponential_jitter(initial=first, max=30 * first, jitter=first),
            stop=tenacity.stop_after_delay(PATIENCE),
            reraise=True,
        )

    def reports(self, collections: list[str]) -> Iterable[str | None]:
        """The tokens of all reports of some collections."""
        for collection in collections:
            page, full = 0, True
            while full:
                page += 1
                try:
                    reply = self._ask("GET", f"spaces/{collection}/reports", page=page)
                except requests.RequestException:
                    yield None
                    break
                rows = reply["_embedded"]["reports"]
                yield from (row["token"] for row in rows)
                full = len(rows) == FULL_PAGE

    def archive(self, reports: list[str]) -> Iterable[str | None]:
        """Archive reports."""
        for report in reports:
            try:
                yield self._ask("PATCH", f"reports/{report}/archive")["token"]
            except requests.RequestException:
                yield None

    def _ask(self, method: str, path: str, **params: int) -> Any:
        return self._retrying(self._once, method, path, params)

    def _once(self, method: str, path: str, params: dict[str, int]) -> Any:
        reply = self._session.request(method, f"{self._base}/{path}", params=params, timeout=60)
        reply.raise_for_status()
        return reply.json()


def _may_pass(error: BaseException) -> bool:
    """Whether another try may succeed."""
    response = getattr(error, "response", None)
    status = HTTPStatus.SERVICE_UNAVAILABLE if response is None else response.status_code
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def contender(task: dict[str, Any]) -> Plain:
    """The loop of a task."""
    return Plain(task)
