"""
Where an operator's files go: ``<output_uri>/<dag_id>/<run_id>/<task_id>[/<map_index>]/``.

A retry of a task instance gets the same folder, so it finds its own plan and journal there.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.governance.storage import local_path

LOCAL_EXECUTORS = ("LocalExecutor", "SequentialExecutor", "DebugExecutor", "InProcessExecutor")
LONGEST_NAME = 200
UNSAFE = re.compile(rb"[^A-Za-z0-9_.-]|^\.")


class Whereabouts(NamedTuple):
    """The task instance that a folder belongs to; all empty outside a DAG run."""

    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None

    @classmethod
    def of(cls, context: Mapping[str, Any]) -> Whereabouts:
        """Those of a context's task instance, which ``execute({})`` has none of."""
        instance = context.get("ti")
        if instance is None:
            return cls()
        index = getattr(instance, "map_index", None)
        mapped = index if index is not None and index >= 0 else None
        return cls(instance.dag_id, instance.run_id, instance.task_id, mapped)

    @property
    def parts(self) -> list[str]:
        """The names of the folders, one below the other."""
        return [escaped(str(part)) for part in self if part is not None]


def escaped(name: str) -> str:
    """A name as one safe folder name: other characters as ``~3A``; two names never give the same folder."""
    safe = UNSAFE.sub(lambda found: b"~%02X" % found[0][0], name.encode()).decode()
    if len(safe) <= LONGEST_NAME:
        return safe
    return f"{safe[:LONGEST_NAME]}~{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def default_uri(workspace: str) -> str:
    """``file://$AIRFLOW_HOME/mode/<workspace>``."""
    home = os.path.expandvars(os.environ.get("AIRFLOW_HOME") or "~/airflow")
    return f"file://{Path(home).expanduser().absolute()}/mode/{workspace}"


def path_of(uri: str, name: str, object_path: Callable[[str], Any]) -> Any:
    """A local path for ``file://``, which can be locked and synced; Airflow's own for other schemes."""
    scheme, found, rest = uri.rpartition("://")
    if not found or scheme == "file":
        local = rest.removeprefix("localhost") if found else uri
        if not local.startswith("/"):
            raise SettingError(name, f"must be a URI such as file:///folder or s3://bucket/key, not {uri!r}")
        return Path(local)
    try:
        return object_path(uri)
    except ValueError as error:
        raise SettingError(name, f"{uri!r} cannot be used: {error}") from None


def uri_of(path: Any) -> str:
    """The full URI of a path, as results hold it."""
    return str(path) if local_path(path) is None else f"file://{path}"


def folder_in(root: Any, where: Whereabouts, now: datetime, random: str) -> Any:
    """The folder of a task instance, or one of its own outside a DAG run."""
    parts = where.parts or [f"{now:%Y%m%dT%H%M%SZ}-{random}"]
    for part in parts:
        root /= part
    return root


def dies_with_worker(path: Any, executor: str) -> bool:
    """Whether files at a path live on a worker that may be gone before anyone reads them."""
    first = executor.partition(",")[0]
    name = re.split(r"[:.]", first)[-1].strip()
    return local_path(path) is not None and name not in LOCAL_EXECUTORS
