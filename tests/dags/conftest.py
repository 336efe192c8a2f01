"""Real runs of real DAG files: Airflow's own ``dag.test``, on a database of its own, against the sandbox."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_mode.sandbox import Sandbox
from tests.operators.workspace import Mode

ROOT = Path(__file__).resolve().parent.parent.parent
RunDag = Callable[..., Any]


@pytest.fixture(scope="session")
def dags_folder() -> Path:
    """A migrated database, and the examples in the DAGs folder: Airflow 3 runs no DAG that lies elsewhere."""
    folder = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    folder.mkdir(exist_ok=True)
    for path in [*(ROOT / "dags_examples").glob("*.py"), *(ROOT / "tests" / "dags" / "files").glob("*.py")]:
        shutil.copy(path, folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a whole Airflow warns of its own affairs
        from airflow.utils import db  # noqa: PLC0415 - after the environment is set

        initdb: Any = db.initdb
        with _logging_as_it_was():
            initdb()
    return folder


@contextmanager
def _logging_as_it_was() -> Iterator[None]:
    """Alembic sets up logging anew and silences whoever had a logger before."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    for each in root.manager.loggerDict.values():
        if isinstance(each, logging.Logger):
            each.disabled = False


@pytest.fixture
def mode(mode_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mode:
    """The sandbox behind the default connection, and an Airflow home for the files that operators leave."""
    monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", json.dumps(mode_sandbox.connection(rate_limit=None)))
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    return Mode(mode_sandbox, tmp_path / "mode" / "acme", lambda **_: None)


@pytest.fixture
def run_dag(dags_folder: Path) -> RunDag:
    """Run a DAG of the folder to its end, without waiting for people; returns the states of its tasks."""

    def run(dag_id: str, **conf: Any) -> dict[tuple[str, int], str]:
        spec = importlib.util.spec_from_file_location(dag_id, dags_folder / f"{dag_id}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for task in module.dag.tasks:
            if isinstance(task, BaseOperator):
                task.retries = 0  # a test that fails should not wait for its retry
        done = module.dag.test(run_conf=conf, mark_success_pattern="^approve$")
        return {(each.task_id, each.map_index): str(each.state) for each in done.get_task_instances()}

    return run
