"""A tiny HTTP server that answers by script, byte for byte: also what no well-behaved server would send."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from airflow_provider_mode.client.client import ModeClient
from airflow_provider_mode.client.config import ModeConfig
from airflow_provider_mode.client.pacing.pace import Pacer, PaceTimeout, Permit, Seen

LOGIN, PASSWORD, WORKSPACE = "login-abc123", "secret-xyz789", "acme"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query's last value of each name."""
        return {key: values[-1] for key, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def page(self) -> int:
        """The page asked for."""
        return int(self.query.get("page", "0"))


@dataclass(frozen=True)
class Raw:
    """Bytes for the wire, and whether the connection ends after them."""

    content: bytes
    close: bool = False
    until: threading.Event | None = None
    """Hold the answer back until then."""
    then: threading.Event | None = None
    """Once it is sent, send nothing more until then."""


Script = Callable[[Asked], Raw]


def reply(
    status: int = 200, body: Any = None, headers: dict[str, str] | None = None, *, raw: bytes | None = None
) -> Raw:
    """A well-formed reply: JSON unless the bytes are given."""
    content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    head = {"Content-Type": "application/hal+json", "Content-Length": str(len(content)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return Raw(f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode("latin-1") + content)


def html(status: int = 200) -> Raw:
    """What a gateway would say in Mode's place."""
    return reply(status, raw=b"<html><body>Sorry</body></html>", headers={"Content-Type": "text/html"})


def drop() -> Raw:
    """The connection ends without a byte of a reply."""
    return Raw(b"", close=True)


def rows(key: str, items: list[Any], **more: Any) -> Raw:
    """A page of a list."""
    return reply(200, {"_embedded": {key: items}, **more})


class _Handler(socketserver.StreamRequestHandler):
    server: Wire

    def handle(self) -> None:
        number = self.server.connected()
        while not self.server.closing.is_set():
            asked = self._read(number)
            if asked is None:
                return
            with self.server.asking(asked):
                answer = self.server.script(asked)
                if answer.until is not None:
                    answer.until.wait(20)
            try:
                self.wfile.write(answer.content)
                self.wfile.flush()
            except OSError:
                return
            if answer.then is not None:
                answer.then.wait(20)
            if answer.close:
                return

    def _read(self, number: int) -> Asked | None:
        try:
            line = self.rfile.readline().decode("latin-1").split()
        except OSError:
            return None
        if len(line) < 2:
            return None
        headers: dict[str, str] = {}
        while (text := self.rfile.readline().decode("latin-1").strip()) != "":
            name, _, value = text.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return Asked(line[0], line[1], headers, body, number)


@dataclass
class _Flight:
    server: Wire
    asked: Asked

    def __enter__(self) -> None:
        with self.server.lock:
            self.server.asked.append(self.asked)
            self.server.flying += 1
            self.server.most_flying = max(self.server.most_flying, self.server.flying)

    def __exit__(self, *exc: object) -> None:
        with self.server.lock:
            self.server.flying -= 1


class Wire(socketserver.ThreadingTCPServer):
    """The server; `script` answers, `asked` remembers."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, script: Script, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.scheme = "https" if context else "http"
        self.script = script
        self.asked: list[Asked] = []
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.ended = threading.Semaphore(0)
        self.flying = self.most_flying = self.connections = 0
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def connected(self) -> int:
        """Number one more connection."""
        with self.lock:
            self.connections += 1
            return self.connections

    def asking(self, asked: Asked) -> _Flight:
        """Remember a request while it is answered."""
        return _Flight(self, asked)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, and tell whoever waits for that."""
        super().shutdown_request(request)
        self.ended.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what many a test is about."""

    def stop(self) -> None:
        """Stop listening."""
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


@dataclass
class Clock:
    """Time that passes only by being slept."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class FreePacer:
    """Leave for everybody, and a memory of what was told."""

    settled: list[Seen | None] = field(default_factory=list)
    patience: list[float | None] = field(default_factory=list)
    gives_up: bool = False
    """Whether whoever would not wait for ever gets no permit."""

    def acquire(self, give_up_after: float | None = None) -> Permit:
        """Leave, now."""
        self.patience.append(give_up_after)
        if self.gives_up and give_up_after is not None:
            raise PaceTimeout
        return _Leave(self)


@dataclass
class _Leave:
    pacer: FreePacer

    def settle(self, reply: Seen | None) -> None:
        self.pacer.settled.append(reply)


def config(url: str, **more: Any) -> ModeConfig:
    """A configuration for a server, without pacing unless asked for."""
    parts: dict[str, Any] = {"rate_limit": None, "retry_for": 30.0, **more}
    return ModeConfig(workspace=WORKSPACE, login=LOGIN, password=PASSWORD, host=url, **parts)


def client_of(url: str, clock: Clock | None = None, pacer: Pacer | None = None, **more: Any) -> ModeClient:
    """A client of a server, whose waits take no time."""
    time = clock or Clock()
    return ModeClient(
        config(url, **more),
        pacer=pacer or FreePacer(),
        clock=time,
        sleep=time.sleep,
        random=lambda: 0.5,
        wall=lambda: NOW,
    )


def closed_port() -> int:
    """A port where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def in_turn(*answers: Raw) -> Script:
    """Answer request after request with the next of these, and then for ever with the last."""
    left = list(answers)

    def script(asked: Asked) -> Raw:
        return left.pop(0) if len(left) > 1 else left[0]

    return script
