"""Airflow's own REST API, as these tests and any other program outside of Airflow use it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

USER = PASSWORD = "admin"
PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
SLOW = 240  # seconds that an answer may take on a busy machine
ENDED = ("success", "failed")
Json = dict[str, Any]


class Rest:
    """An API server on this machine."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._headers: dict[str, str] = {}

    def is_healthy(self) -> bool:
        """Whether it answers, and all the parts that report to it are well."""
        try:
            health = requests.get(f"{self.url}/api/v2/monitor/health", timeout=10).json()
        except requests.RequestException:
            return False
        return all((health.get(part) or {}).get("status") == "healthy" for part in PARTS)

    def log_in(self) -> None:
        """Get the credentials for everything else."""
        reply = requests.post(
            f"{self.url}/auth/token", json={"username": USER, "password": PASSWORD}, timeout=SLOW
        )
        reply.raise_for_status()
        self._headers = {"Authorization": f"Bearer {reply.json()['access_token']}"}

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The JSON of one answer; one above 399 is an error, with the answer's text."""
        reply = requests.request(
            method, f"{self.url}/api/v2{path}", json=body, params=query, headers=self._headers, timeout=SLOW
        )
        if not reply.ok:
            raise RuntimeError(f"{method} {path} answered {reply.status_code}: {reply.text[:2000]}")
        return reply.json() if reply.content else None

    def knows(self, dag: str) -> bool:
        """Whether the DAG has been read and stored."""
        url = f"{self.url}/api/v2/dags/{dag}"
        return bool(requests.get(url, headers=self._headers, timeout=SLOW).ok)

    def unpause(self, dag: str) -> None:
        """Let the scheduler run the DAG."""
        self.ask("PATCH", f"/dags/{dag}", {"is_paused": False})

    def trigger(self, dag: str, **conf: Any) -> Run:
        """Start a run by hand."""
        body = {"logical_date": None, "conf": conf}
        made = self.ask("POST", f"/dags/{dag}/dagRuns", body)
        return Run(self, dag, made["dag_run_id"])


class Run:
    """One run of a DAG."""

    def __init__(self, rest: Rest, dag: str, run_id: str) -> None:
        self.rest = rest
        self.dag = dag
        self.run_id = run_id
        self.path = f"/dags/{dag}/dagRuns/{quote(run_id, safe='')}"
        self.page = f"/dags/{dag}/runs/{quote(run_id, safe='')}"

    @property
    def state(self) -> str:
        """The run's own state."""
        return str(self.rest.ask("GET", self.path)["state"])

    @property
    def tasks(self) -> list[Json]:
        """Its task instances, as Airflow shows them."""
        found: list[Json] = self.rest.ask("GET", f"{self.path}/taskInstances", limit=200)["task_instances"]
        return found

    def task(self, name: str, index: int = -1) -> Json:
        """One task instance."""
        return next(one for one in self.tasks if (one["task_id"], one["map_index"]) == (name, index))

    @property
    def states(self) -> dict[str, list[str | None]]:
        """The states of each task's instances."""
        found: dict[str, list[str | None]] = {}
        for one in self.tasks:
            found.setdefault(one["task_id"], []).append(one["state"])
        return found

    def returned(self, task: str, index: int = -1, key: str = "return_value") -> Any:
        """What a task instance left as XCom."""
        path = f"{self.path}/taskInstances/{task}/xcomEntries/{key}"
        return self.rest.ask("GET", path, map_index=index, deserialize="true")["value"]

    def answer(self, task: str, choice: str) -> None:
        """Answer a question that waits for a person."""
        path = f"{self.path}/taskInstances/{task}/-1/hitlDetails"
        self.rest.ask("PATCH", path, {"chosen_options": [choice], "params_input": {}})
