"""A sandbox for one run: its workspace, what is to be done there, and what it says was done."""

from __future__ import annotations

import base64
import http.client
import json
import math
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
FULL_PAGE = 30
REPORTS, COLLECTIONS = 900, 40


@dataclass(frozen=True, slots=True)
class Account:
    """What the sandbox has seen of our key: requests, 429s, and whether each report was archived once."""

    sent: int
    throttled: int
    strangers: int
    served: int
    changed: Counter[str] = field(repr=False)


class Course:
    """A sandbox in a process of its own."""

    def __init__(self, *, reports: int = REPORTS, collections: int = COLLECTIONS, **options: Any) -> None:
        named = {"reports": reports, "collections": collections, **options}
        words = [word for name, value in named.items() for word in (f"--{name}", str(value))]
        command = [sys.executable, "-m", "airflow_provider_mode.sandbox", "--json", *words]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        said = self._process.stdout.readline()  # type: ignore[union-attr]  # a pipe was asked for
        self.where: dict[str, Any] = json.loads(said)
        state = self._get("/state")
        live = [one for one in state["reports"] if one["type"] != "DatasetReport"]
        self.reports = sorted(one["token"] for one in live)
        self.unarchived = sorted(one["token"] for one in live if not one["archived"])
        sizes = Counter(one["collection"] for one in live)
        self.collections = sorted((one["token"] for one in state["collections"]), key=lambda c: -sizes[c])
        # No page says that it is the last: one without rows, or with none that are new, does.
        self.pages = sum(math.ceil(sizes[one] / FULL_PAGE) + 1 for one in self.collections)
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        """The running sandbox."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and the stranger too."""
        self._ended.set()
        self._process.terminate()
        self._process.wait()

    def stranger(self, every: float) -> None:
        """Somebody else asks with the same key, once in so many seconds, and does not mind the answer."""
        threading.Thread(target=self._intrude, args=(every,), daemon=True).start()

    def account(self) -> Account:
        """What was asked and done, by the sandbox's own log."""
        log = self._get("/requests")
        ours = [one for one in log if one["target"] != self._strangers_path]
        refused = sum(one["status"] == HTTPStatus.TOO_MANY_REQUESTS for one in ours)
        changes = Counter(one["report"] for one in self._get("/changes") if one["kind"] == "archive")
        passed = sum(one["status"] != HTTPStatus.TOO_MANY_REQUESTS for one in log)
        return Account(len(ours), refused, len(log) - len(ours), passed, changes)

    @property
    def _strangers_path(self) -> str:
        return f"/api/{self.where['workspace']}"

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.where['url']}/_sandbox{path}") as reply:
            return json.load(reply)

    def _intrude(self, every: float) -> None:
        key = f"{self.where['login']}:{self.where['password']}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(key).decode()}"}
        due = time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            due += every
            threading.Thread(target=self._one, args=(headers,), daemon=True).start()

    def _one(self, headers: dict[str, str]) -> None:
        connection = http.client.HTTPConnection(self.where["url"].removeprefix("http://"))
        try:
            connection.request("GET", self._strangers_path, headers=headers)
            connection.getresponse().read()
        except OSError:
            return  # the sandbox has ended
        finally:
            connection.close()
