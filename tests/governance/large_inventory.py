"""One inventory in a process of its own: `large_inventory.py <url> rest|discovery <folder>`."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from airflow_provider_mode.client import ModeClient, ModeConfig, Signature
from airflow_provider_mode.governance.evidence.discovery import DiscoverySource
from airflow_provider_mode.governance.evidence.inventory import RestSource
from airflow_provider_mode.governance.evidence.inventory_file import write_jsonl, written
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.history.watch import watching

url, name, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
signature = Signature(token="t", access_key="k", access_secret="s")
config = ModeConfig(workspace="acme", login="k", password="p", host=url, rate_limit=None, discovery=signature)
client, began = ModeClient(config), time.monotonic()
now = datetime(2026, 11, 24, tzinfo=UTC)
with watching(folder, config, clock=lambda: now) as history, written(folder / f"{name}.jsonl") as file:
    source = RestSource(client, history=history) if name == "rest" else DiscoverySource(client)
    reports = write_jsonl(source.rows(Scope(), as_of=now, tally=Counter()), file)
found = {
    "reports": reports,
    "requests": client.usage.requests,
    "seconds": round(time.monotonic() - began, 1),
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,  # KiB
}
print(json.dumps(found))  # noqa: T201 - its whole purpose
