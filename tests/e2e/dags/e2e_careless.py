"""Log what nobody should log: Airflow masks it in the task's log, for the hook has named it to Airflow."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_mode.hooks.mode import ModeHook

with DAG("e2e_careless", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:

    @dag.task
    def careless() -> None:
        """Log the secret and what is made of it."""
        config = ModeHook().get_conn().config
        logging.getLogger(__name__).warning("the secret is %s, to you", config.password)

    careless()
