"""One inventory in a process of its own: `large_inventory.py <url> rest|discovery|sql <folder> <reports>`."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow_provider_mode.client import ModeClient, ModeConfig, Signature
from airflow_provider_mode.governance.evidence.discovery import DiscoverySource
from airflow_provider_mode.governance.evidence.inventory import RestSource
from airflow_provider_mode.governance.evidence.inventory_file import write_jsonl, written
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.evidence.sql import SqlSource
from airflow_provider_mode.governance.history.watch import watching
from airflow_provider_mode.governance.ports import Source


class Query:
    """A query's rows, made up as they are asked for."""

    columns = ("REPORT", "LAST_VIEWED_AT", "LAST_RUN_AT", "VIEW_COUNT", "OWNER_EMAIL")

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for number in range(int(sys.argv[4])):
            yield f"{number:012x}", now, None, number, f"analyst-{number % 500}@example.com"


url, name, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
signature = Signature(token="t", access_key="k", access_secret="s")
config = ModeConfig(workspace="acme", login="k", password="p", host=url, rate_limit=None, discovery=signature)
client, began = ModeClient(config), time.monotonic()
now = datetime(2026, 11, 24, tzinfo=UTC)
with watching(folder, config, clock=lambda: now) as history, written(folder / f"{name}.jsonl") as file:
    sources: dict[str, Callable[[], Source]] = {
        "rest": lambda: RestSource(client, history=history),
        "discovery": lambda: DiscoverySource(client),
        "sql": lambda: SqlSource(client, Query()),
    }
    source = sources[name]()
    reports = write_jsonl(source.rows(Scope(), as_of=now, tally=Counter()), file)
found = {
    "reports": reports,
    "requests": client.usage.requests,
    "seconds": round(time.monotonic() - began, 1),
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,  # KiB
}
print(json.dumps(found))  # noqa: T201 - its whole purpose
