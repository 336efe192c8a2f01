"""A line between the client and a sandbox on which one request, always the same, meets trouble."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_mode.client.client import ModeClient
from airflow_provider_mode.client.config import ModeConfig, Signature
from airflow_provider_mode.client.errors import ModeError
from airflow_provider_mode.sandbox import Options, Sandbox
from airflow_provider_mode.sandbox.exchange import Reply, Request
from tests.client.wire import NOW, Asked, Clock, FreePacer, Raw, Wire

RETRY_FOR = 0.5
SMALL: dict[str, Any] = {"reports": 14, "collections": 3, "limit": "off", "frozen": True}
Call = Callable[[ModeClient], Any]


@dataclass(frozen=True, kw_only=True)
class Method:
    """One method of the client: the request that is to meet trouble, and how to call it anew each time."""

    name: str
    kind: str
    verb: str
    path: str
    make: Callable[[Sandbox], Call]

    @property
    def changes(self) -> bool:
        """Whether the request changes something."""
        return self.verb != "GET"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One kind of trouble: what comes in place of the reply, for ever or the first time only."""

    name: str
    spoil: Callable[[Line, Asked], Raw]
    once: bool = False
    late: bool = False
    """It is told by a clock, so the client's timeout is short and all methods are tried side by side."""
    rare: bool = False
    """It takes seconds, or is much like another; one method of each column is enough for every day."""
    instead_of: str = ""
    """Nobody listens there (`nobody`), or somebody without a certificate to be believed (`tls`)."""
    alters: bool = True
    """What comes through is not what Mode said."""


@dataclass
class Cell:
    """What came of a method under a fault."""

    result: Any = None
    error: ModeError | None = None
    sent: int = 0
    done: int = 0
    slept: float = 0.0

    @property
    def outcome(self) -> str:
        """The result or the error, whether it may have been done, and how often the request was sent."""
        if self.error is None:
            said = "ok"
        else:
            said = type(self.error).__name__ + (" (maybe done)" if self.error.maybe_done else "")
        return f"{said} {self.sent}x"


@dataclass
class Line:
    """A sandbox, a server in front of it, and what happened to the one request."""

    method: Method
    sandbox: Sandbox
    fault: Fault | None = None
    sent: int = 0
    done: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    first: str = ""
    elsewhere: str = ""

    def script(self, asked: Asked) -> Raw:
        """Answer one request."""
        fault = self.fault
        if asked.method != self.method.verb or not re.fullmatch(self.method.path, asked.path):
            return self.plain(asked)
        self.first = self.first or asked.target
        if asked.target != self.first:  # a later page
            return self.plain(asked)
        self.sent += 1
        if fault is None or (fault.once and self.sent > 1):
            return self.good(asked)
        return fault.spoil(self, asked)

    def good(self, asked: Asked) -> Raw:
        """What Mode says to the request, which is done."""
        self.done += 1
        return self.plain(asked)

    def body(self, asked: Asked) -> tuple[int, bytes, str]:
        """Status, body and media type of what Mode says to the request, which is done."""
        self.done += 1
        reply = self._reply(asked)
        return reply.status, _whole(reply), reply.media_type

    def plain(self, asked: Asked) -> Raw:
        """What Mode says to any request."""
        reply = self._reply(asked)
        return written(reply.status, _whole(reply), {"Content-Type": reply.media_type, **reply.headers})

    def _reply(self, asked: Asked) -> Reply:
        request = Request(
            asked.method, asked.target, asked.headers, asked.body, asked.headers.get("host", "")
        )
        return self.sandbox.app.answer(request)[0]


def _whole(reply: Reply) -> bytes:
    return reply.body if reply.stream is None else b"".join(reply.stream)


def written(status: int, body: bytes, headers: dict[str, str] | None = None) -> Raw:
    """A whole reply for the wire."""
    head = {"Content-Length": str(len(body)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return Raw(f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode("latin-1") + body)


class Stage:
    """One method on one sandbox, to be tried under one fault after another."""

    def __init__(self, method: Method, urls: dict[str, str], trusted: str) -> None:
        self.method, self._urls, self._trusted = method, urls, trusted
        self.sandbox = Sandbox(Options(**SMALL)).start()
        self.line = Line(method, self.sandbox, elsewhere=urls["elsewhere"])
        self.wire = Wire(self.line.script)
        self.usual = self.run(None).result

    def close(self) -> None:
        """Stop both servers."""
        self.line.released.set()
        self.wire.stop()
        self.sandbox.stop()

    def run(self, fault: Fault | None) -> Cell:
        """Call the method while its request meets the fault."""
        line, call = self.line, self.method.make(self.sandbox)
        line.fault, line.sent, line.done, line.first = fault, 0, 0, ""
        line.released.clear()
        cell, clock = Cell(), Clock()
        client = self._client(fault, clock)
        try:
            cell.result = call(client)
        except ModeError as error:
            cell.error = error
        finally:
            line.released.set()
            client.close()
        cell.sent, cell.done, cell.slept = line.sent, line.done, sum(clock.slept)
        return cell

    def _client(self, fault: Fault | None, clock: Clock) -> ModeClient:
        instead = fault.instead_of if fault else ""
        config = ModeConfig(
            workspace=self.sandbox.workspace,
            login=self.sandbox.login,
            password=self.sandbox.password,
            host=self._urls.get(instead, self.wire.url),
            rate_limit=None,
            timeout=(5.0, 0.5 if fault and fault.late else 20.0),
            retry_for=RETRY_FOR,
            concurrency=1,
            verify=self._trusted,
            discovery=Signature(**self.sandbox.discovery),
        )
        return ModeClient(
            config, pacer=FreePacer(), clock=clock, sleep=clock.sleep, random=lambda: 0.5, wall=lambda: NOW
        )
