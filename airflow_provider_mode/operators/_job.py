"""One execution of an operator: its client, its folder, its clock and its progress lines."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from airflow.providers.common.compat.sdk import ObjectStoragePath, conf

from airflow_provider_mode.client import ModeClient
from airflow_provider_mode.governance.ports import Progress
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.hooks.templates import text
from airflow_provider_mode.operators._base import ModeOperator
from airflow_provider_mode.operators._folder import (
    Whereabouts,
    default_uri,
    dies_with_worker,
    folder_in,
    path_of,
)


class ProgressLog:
    """Says how far long work has come, once in a few seconds."""

    def __init__(
        self, log: Any, *, every: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = log
        self._every = every
        self._clock = clock
        self._said = clock()

    def __call__(self, progress: Progress) -> None:
        """Log the progress, unless the last line is too recent."""
        if self._clock() - self._said < self._every:
            return
        self._said = self._clock()
        of = "" if progress.total is None else f" of {progress.total}"
        self._log.info("%s: %s%s", progress.stage, progress.done, of)


@dataclass(frozen=True, kw_only=True)
class Job:
    """What one execution works with."""

    operator: ModeOperator
    context: Mapping[str, Any]
    client: ModeClient
    root: Any
    folder: Any
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def start(cls, operator: ModeOperator, context: Mapping[str, Any]) -> Job:
        """Connect, and find the folder; nothing is asked of Mode yet."""
        client = ModeHook(operator.mode_conn_id).get_conn()
        uri = text(operator.output_uri, "output_uri") or default_uri(client.config.workspace)
        root = path_of(uri, "output_uri", ObjectStoragePath)
        if dies_with_worker(root, str(getattr(operator, "executor", None) or conf.get("core", "executor"))):
            operator.log.warning(
                "%s is on this worker's own disk: plans and journals die with it, and the way back too. "
                "Set output_uri to an object store or to a disk that all workers share.",
                uri,
            )
        where = Whereabouts.of(context)
        folder = folder_in(root, where, datetime.now(UTC), secrets.token_hex(4))
        return cls(operator=operator, context=context, client=client, root=root, folder=folder)

    @property
    def where(self) -> Whereabouts:
        """The task instance, as far as there is one."""
        return Whereabouts.of(self.context)

    @property
    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)

    def stopping(self) -> bool:
        """Whether the task is being killed."""
        return self.operator.is_stopping

    def path(self, uri: str, name: str) -> Any:
        """The path of a URI that a parameter holds."""
        return path_of(uri, name, ObjectStoragePath)

    def push_result(self, result: dict[str, Any]) -> None:
        """Leave the result as XCom ``result``, for a task that is about to fail returns nothing."""
        if instance := self.context.get("ti"):
            instance.xcom_push(key="result", value=result)
