"""Fail in the ways that leave tracebacks: a wrong key, a host that is not there, too many changes."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.operators import ArchiveStaleReportsOperator

POLICY = {"not_run_for": "180d", "not_edited_for": "180d"}

with DAG("e2e_failing", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
    for name, connection in {"limit": "mode_default", "wrong": "mode_wrong", "dead": "mode_dead"}.items():
        ArchiveStaleReportsOperator(task_id=name, mode_conn_id=connection, policy=POLICY, max_changes=0)

    @dag.task
    def talkative() -> str:
        """What a task may show of the hook and the client: nothing that is secret."""
        hook = ModeHook()
        client = hook.get_conn()
        logging.getLogger(__name__).warning("%s %s %s", hook, client, client.config)
        return repr(client.config)

    talkative()
