"""
A whole Airflow on this machine, in a folder of its own, whose default connection leads to a sandbox.

Three kinds: ``airflow standalone`` on SQLite, the parts by hand with LocalExecutor on PostgreSQL, and the
parts by hand with CeleryExecutor, Redis and two workers.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.options import Options
from tests.e2e.processes import Part, belonging_to, eventually, free_port
from tests.e2e.rest import ENDED, USER, Rest, Run
from tests.e2e.servers import Postgres, redis

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "e2e"
STANDALONE, LOCAL, CELERY = "standalone", "local", "celery"
WORKERS = ("worker1", "worker2")
HEALTHY, DAG_READ, REACHED, RUN_ENDED = 600, 300, 300, 600
SCHEDULE = re.compile(r'schedule="@\w+"')
DEAD_HOST = "http://127.0.0.1:9"  # the discard port: nobody listens
WRONG = "not-the-password-of-the-key"


class Stack:
    """One Airflow with its sandbox."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.folder = Path(tempfile.mkdtemp(prefix=f"mode-e2e-{kind}-"))
        self.folder.chmod(0o755)  # PostgreSQL's user passes through
        self.home = self.folder / "home"
        self.sandbox = Sandbox(Options(reports=200, collections=8))
        self.postgres = None if kind == STANDALONE else Postgres(self.folder)
        self.port = free_port()
        self.rest = Rest(f"http://127.0.0.1:{self.port}")
        self.parts: dict[str, Part] = {}
        self.is_supervised = False
        self._redis_port = free_port()
        self._env = self._environment()

    # Life

    def start(self) -> None:
        """Start everything, and wait until all of it is well."""
        began = time.monotonic()
        self._lay_out()
        self.sandbox.start()
        if self.postgres is not None:
            self.postgres.create()
            self.airflow("db", "migrate")
        for name, command in self._commands().items():
            self.parts[name] = Part(name, command, self._env, self.folder)
        if self.kind == CELERY:
            self.parts = {"redis": redis(self.folder, self._redis_port), **self.parts}
        for part in self.parts.values():
            part.start()
        self.wait(self.rest.is_healthy, "Airflow is healthy", within=HEALTHY)
        self.rest.log_in()
        self.note("healthy", seconds=round(time.monotonic() - began))

    def stop(self) -> None:
        """Stop everything, keep the logs in ``build/e2e``, and make sure that nothing is left."""
        self.is_supervised = False
        try:
            for part in reversed(self.parts.values()):
                part.stop()
            if self.postgres is not None:
                self.postgres.stop("immediate")
            self.sandbox.stop()
            eventually(lambda: not belonging_to(self.folder), "nothing is left behind", within=30)
        finally:
            shutil.rmtree(KEPT / self.kind, ignore_errors=True)
            if (self.folder / "logs").exists():
                shutil.copytree(self.folder / "logs", KEPT / self.kind, dirs_exist_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    def fresh(self) -> None:
        """A new day for the next test: the workspace as it was made, and no files of earlier runs."""
        self.sandbox.reset()
        past = self.folder / "past"
        past.mkdir(exist_ok=True)
        if self.output.exists():
            self.output.rename(past / str(len(list(past.iterdir()))))

    @property
    def output(self) -> Path:
        """Where operators leave their files by default."""
        return self.home / "mode"

    @property
    def database(self) -> str:
        """Every row of Airflow's database, as text."""
        if self.postgres is not None:
            return self.postgres.dump()
        command = [sys.executable, "-c", DUMP_SQLITE, str(self.home / "airflow.db")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def note(self, what: str, **facts: Any) -> None:
        """Write a figure down in ``build/e2e/figures.jsonl``, for people and for the documentation."""
        KEPT.mkdir(parents=True, exist_ok=True)
        with (KEPT / "figures.jsonl").open("a") as book:
            book.write(json.dumps({"stack": self.kind, "what": what} | facts) + "\n")

    # What happens in it

    def airflow(self, *arguments: str) -> None:
        """Run a command of Airflow to its end."""
        log = self.folder / "logs" / "commands.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as out:
            subprocess.run(
                ["airflow", *arguments],
                env=self._env,
                cwd=self.folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=True,
            )

    def wait(self, holds: Callable[[], object], what: str, *, within: float, every: float = 0.5) -> None:
        """Wait until something holds; a part that ends is an error, or if supervised starts again."""

        def look() -> object:
            for part in self.parts.values():
                if part.is_alive:
                    continue
                if not self.is_supervised:
                    raise RuntimeError(f"while waiting for: {what}\n{part}")
                part.start()
            return holds()

        try:
            eventually(look, what, within=within, every=every)
        except TimeoutError as error:
            raise TimeoutError("\n".join([str(error), *map(str, self.parts.values())])) from None

    def run(self, dag: str, **conf: Any) -> Run:
        """Start a run of a DAG by hand, once Airflow has read the DAG's file."""
        self.wait(lambda: self.rest.knows(dag), f"{dag} is read", within=DAG_READ)
        self.rest.unpause(dag)
        return self.rest.trigger(dag, **conf)

    def pool(self, name: str, slots: int) -> None:
        """Have a pool of so many slots."""
        pools = {one["name"]: one["slots"] for one in self.rest.ask("GET", "/pools")["pools"]}
        if name not in pools:
            self.rest.ask("POST", "/pools", {"name": name, "slots": slots})
        assert pools.get(name, slots) == slots

    def ended(self, run: Run, *, within: float = RUN_ENDED) -> str:
        """The state in which a run ends."""
        self.wait(lambda: run.state in ENDED, f"{run.dag} has ended", within=within)
        return run.state

    def reaches(self, run: Run, task: str, *states: str, index: int = -1, within: float = REACHED) -> None:
        """Wait until a task instance is in one of some states; a run that ends before is an error."""
        self.wait(
            lambda: run.task(task, index)["state"] in states or run.state in ENDED,
            f"{task} of {run.dag} is {' or '.join(states)}",
            within=within,
        )
        assert run.task(task, index)["state"] in states, run.states

    def put_away(self, run: Run, task: str, index: int = -1) -> None:
        """
        Wait until the scheduler knows that a worker is done with a task that now waits.

        An answer or an event that comes before makes Airflow fail the task as changed from outside.
        """
        part = self.parts.get("scheduler") or self.parts[STANDALONE]
        whose = f"dag_id={run.dag}, task_id={task}, run_id={run.run_id}, map_index={index},"
        said = f"TaskInstance Finished: {whose}"
        self.wait(lambda: said in part.log.read_text(errors="replace"), f"{task} is put away", within=REACHED)

    # How it is made

    def _lay_out(self) -> None:
        self.home.mkdir()
        (self.home / "passwords.json").write_text(json.dumps({USER: USER}))
        (self.folder / "tmp").mkdir()
        dags = self.folder / "dags"
        dags.mkdir()
        for place in (ROOT / "dags_examples", Path(__file__).parent / "dags"):
            for path in place.glob("*.py"):  # by hand alone: a schedule starts a run as soon as it may
                (dags / path.name).write_text(SCHEDULE.sub("schedule=None", path.read_text()))

    def _commands(self) -> dict[str, list[str]]:
        if self.kind == STANDALONE:
            return {"standalone": ["airflow", "standalone"]}
        names = ("api-server", "scheduler", "dag-processor", "triggerer")
        commands = {name: ["airflow", name] for name in names}
        if self.kind == CELERY:
            for name in WORKERS:
                worker = ["airflow", "celery", "worker", "-H", f"{name}@localhost", "--skip-serve-logs"]
                commands[name] = worker
        return commands

    def _environment(self) -> dict[str, str]:
        """This process's, without its own Airflow and without any proxy, and the stack's settings."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
        settings = self._settings() | (self._celery() if self.kind == CELERY else {})
        right = self.sandbox.connection()
        connections = {
            "MODE_DEFAULT": right,
            "MODE_WRONG": right | {"password": WRONG, "extra": {}},
            "MODE_DEAD": right | {"host": DEAD_HOST, "extra": {"retry_for": 1}},
        }
        return (
            kept
            | {
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "AIRFLOW_HOME": str(self.home),
                "TMPDIR": str(self.folder / "tmp"),
                "NO_PROXY": "127.0.0.1,localhost",
                "PYTHONUNBUFFERED": "1",
            }
            | {f"AIRFLOW_CONN_{name}": json.dumps(value) for name, value in connections.items()}
            | {f"AIRFLOW__{name}": str(value) for name, value in settings.items()}
        )

    def _settings(self) -> dict[str, Any]:
        """Short waits, loopback alone, and what the parts must share."""
        database = f"sqlite:///{self.home}/airflow.db" if self.postgres is None else self.postgres.url
        return {
            "CORE__EXECUTOR": "CeleryExecutor" if self.kind == CELERY else "LocalExecutor",
            "CORE__PARALLELISM": 6,
            "CORE__DAGS_FOLDER": self.folder / "dags",
            "CORE__LOAD_EXAMPLES": False,
            "CORE__TEST_CONNECTION": "Enabled",
            "CORE__DEFAULT_TASK_RETRY_DELAY": 1,
            "CORE__FERNET_KEY": urlsafe_b64encode(os.urandom(32)).decode(),
            "CORE__EXECUTION_API_SERVER_URL": f"{self.rest.url}/execution/",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": self.home / "passwords.json",
            "DATABASE__SQL_ALCHEMY_CONN": database,
            "API__HOST": "127.0.0.1",
            "API__PORT": self.port,
            "API__WORKERS": 1,
            "API__BASE_URL": self.rest.url,
            "API__SECRET_KEY": os.urandom(16).hex(),
            "API_AUTH__JWT_SECRET": os.urandom(32).hex(),
            "WORKERS__EXECUTION_API_TIMEOUT": 60,
            "LOGGING__WORKER_LOG_SERVER_PORT": free_port(),
            "LOGGING__TRIGGER_LOG_SERVER_PORT": free_port(),
            "DAG_PROCESSOR__REFRESH_INTERVAL": 10,
            "DAG_PROCESSOR__PARSING_PROCESSES": 1,
            "TRIGGERER__JOB_HEARTBEAT_SEC": 2,
            "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": 10,
            "USAGE_DATA_COLLECTION__ENABLED": False,
        }

    def _celery(self) -> dict[str, Any]:
        assert self.postgres is not None
        return {
            "CELERY__BROKER_URL": f"redis://127.0.0.1:{self._redis_port}/0",
            "CELERY__RESULT_BACKEND": f"db+{self.postgres.url}",
            "CELERY__WORKER_CONCURRENCY": 3,
            # Where no worker is killed, a short timeout would only kill tasks of a busy machine.
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": 20,
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": 3,
        }


DUMP_SQLITE = """
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as db:
    for line in db.iterdump():
        print(line)
"""
