"""One execution of an operator: its client, its folder, its clock and what it has cost."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, NamedTuple, Self

from airflow.providers.common.compat.sdk import ObjectStoragePath, conf

from airflow_provider_mode.client import ModeClient
from airflow_provider_mode.governance.errors import StorageError
from airflow_provider_mode.governance.journal.lines import Header
from airflow_provider_mode.governance.ports import Progress
from airflow_provider_mode.governance.storage import read_bytes, write_atomic
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.hooks.templates import text
from airflow_provider_mode.operators._base import ModeOperator
from airflow_provider_mode.operators._folder import (
    Whereabouts,
    default_uri,
    dies_with_worker,
    folder_in,
    path_of,
    uri_of,
)
from airflow_provider_mode.operators._progress import ProgressLog

SPENT = "spent.json"
FOLDER = "folder"
LOST_WITH_WORKER = (
    "%s is on this worker's own disk: plans and journals die with it, and the way back too. "
    "Set output_uri to an object store or to a disk that all workers share."
)


class Spent(NamedTuple):
    """Requests and seconds of all attempts of a task instance."""

    requests: int = 0
    seconds: float = 0.0

    @classmethod
    def loads(cls, content: bytes | None) -> Spent:
        """What earlier attempts wrote down; nothing, if there were none or the file is of no use."""
        try:
            held = json.loads(content or b"{}")
            return cls(int(held["requests"]), float(held["seconds"]))
        except (ValueError, LookupError, TypeError):
            return cls()

    def dumps(self) -> bytes:
        """The same, as a file holds it."""
        return json.dumps(self._asdict()).encode()


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one execution works with."""

    operator: Any  # one of this package's, each with parameters of its own
    context: Mapping[str, Any]
    client: ModeClient
    root: Any
    folder: Any
    earlier: Spent
    progress: ProgressLog
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def start(cls, operator: ModeOperator, context: Mapping[str, Any]) -> Job:
        """Connect, and find the folder; nothing is asked of Mode yet."""
        client = ModeHook(operator.mode_conn_id).get_conn()
        uri = text(operator.output_uri, "output_uri") or default_uri(client.config.workspace)
        root = path_of(uri, "output_uri", ObjectStoragePath)
        if dies_with_worker(root, str(getattr(operator, "executor", None) or conf.get("core", "executor"))):
            operator.log.warning(LOST_WITH_WORKER, uri)
        folder = _place_kept(
            context, folder_in(root, Whereabouts.of(context), datetime.now(UTC), token_hex(4))
        )
        return cls(
            operator=operator,
            context=context,
            client=client,
            root=root,
            folder=folder,
            earlier=Spent.loads(read_bytes(folder / SPENT)),
            progress=ProgressLog(operator.log, client.usage),
        )

    def __enter__(self) -> Self:
        """The work."""
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """What a failed attempt has cost is part of the cost."""
        if error is not None:
            with suppress(StorageError):
                self.spend()

    @property
    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)

    def header(self, more: Mapping[str, Any] | None = None) -> Header:
        """The first line of a journal of this task instance."""
        where, config = Whereabouts.of(self.context), self.client.config
        return Header(
            workspace=config.workspace,
            host=config.host,
            dag_id=where.dag_id,
            run_id=where.run_id,
            task_id=where.task_id,
            more=dict(more or {}),
        )

    def stopping(self) -> bool:
        """Whether the task is being killed."""
        return bool(self.operator.is_stopping)

    def path(self, uri: str, name: str) -> Any:
        """The path of a URI that a parameter holds."""
        return path_of(uri, name, ObjectStoragePath)

    def watch(self, progress: Progress) -> None:
        """Say how far the work has come, and write down what it has cost in case it is cut short."""
        if self.progress(progress):
            self.spend()

    def spend(self) -> Spent:
        """What this attempt and those before it have cost, written down for the next."""
        spent = Spent(
            self.earlier.requests + self.client.usage.requests,
            round(self.earlier.seconds + time.monotonic() - self.began, 1),
        )
        write_atomic(self.folder / SPENT, spent.dumps())
        return spent

    def push_result(self, result: dict[str, Any]) -> None:
        """Leave the result as XCom ``result``, for a task that is about to fail returns nothing."""
        if instance := self.context.get("ti"):
            instance.xcom_push(key="result", value=result)


def _place_kept(context: Mapping[str, Any], folder: Any) -> Any:
    """
    The folder, remembered across tries where Airflow has a store for that (3.3).

    So an ``output_uri`` that renders to another folder at each try does not part a retry from its journal.
    """
    store = context.get("task_state_store")
    if store is None:
        return folder
    known = store.get(FOLDER)
    if known is None:
        store.set(FOLDER, uri_of(folder))
        return folder
    return path_of(str(known), "output_uri", ObjectStoragePath)
