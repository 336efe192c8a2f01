"""A plain HTTP client for the sandbox's tests: no code of the package's own client."""

import base64
import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_mode.sandbox import Sandbox


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def rows(self, key: str) -> list[Any]:
        """The rows of a HAL list."""
        found: list[Any] = self.json["_embedded"][key]
        return found


class Api:
    """Requests over one kept-alive connection, by default with the workspace's key."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        at = urlsplit(sandbox.url)
        self.connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=20)
        self.basic = self.key(sandbox.login, sandbox.password)
        self.member = self.key(sandbox.member_login, sandbox.member_password)
        self.bearer = "Bearer " + base64.b64encode(":".join(sandbox.discovery.values()).encode()).decode()

    @staticmethod
    def key(login: str, password: str) -> str:
        """A Basic header."""
        return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        auth: str | None = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; a path that does not begin with / is one of the workspace's."""
        sent = {"Accept": "application/hal+json", "Content-Type": "application/json", **(headers or {})}
        if auth is not None:
            sent["Authorization"] = auth or self.basic
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        target = path if path.startswith("/") else f"/api/{self.sandbox.workspace}/{path}"
        self.connection.request(method, target, body=raw, headers=sent)
        reply = self.connection.getresponse()
        return Answer(reply.status, reply.read(), {name.lower(): value for name, value in reply.getheaders()})

    def get(self, path: str, **options: Any) -> Answer:
        """GET."""
        return self("GET", path, **options)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A control request, without a key."""
        answer = self(method, f"/_sandbox{path}", body, auth=None)
        assert answer.status == 200, answer.body
        return answer.json

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


@pytest.fixture
def api(mode_sandbox: Sandbox) -> Iterator[Api]:
    """A client of the test's own sandbox."""
    made = Api(mode_sandbox)
    yield made
    made.close()
