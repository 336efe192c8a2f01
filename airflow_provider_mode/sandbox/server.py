"""The sockets: a small HTTP/1.1 server whose replies can be broken on purpose."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus

from airflow_provider_mode.sandbox.app import App
from airflow_provider_mode.sandbox.exchange import Refusal, Reply, Request
from airflow_provider_mode.sandbox.faults import Fault

MAX_LINE = 65536
MAX_BODY = 50_000_000
DIGITS = 18
PIECES = 10
MALFORMED = Refusal(HTTPStatus.BAD_REQUEST, "bad_request", "malformed request")
TOO_LARGE = Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "payload_too_large", "the body is too large")
NO_LENGTH = Refusal(HTTPStatus.LENGTH_REQUIRED, "bad_request", "chunked bodies are not taken")
REASONS = {status.value: status.phrase for status in HTTPStatus}


class Handler(socketserver.StreamRequestHandler):
    """One connection, kept alive until its client closes it or a fault does."""

    disable_nagle_algorithm = True
    server: "Server"

    def handle(self) -> None:
        """Answer requests until the connection ends."""
        with suppress(ConnectionError), self.server.connection(self.connection):
            while self._exchange():
                pass

    def _exchange(self) -> bool:
        try:
            request = self._read()
        except Refusal as refusal:
            self._send(refusal.reply(), None, "GET", keep=False)
            return False
        if request is None:
            return False
        reply, fault = self.server.app.answer(request)
        keep = request.headers.get("connection", "").lower() != "close"
        return self._send(reply, fault, request.method, keep=keep)

    def _read(self) -> Request | None:
        """The next request; None when the client has gone."""
        line = self.rfile.readline(MAX_LINE)
        if not line:
            return None
        parts = line.decode("latin-1").split()
        if (
            len(parts) != 3  # noqa: PLR2004 - verb, path, version
            or not parts[2].startswith("HTTP/1.")
            or not parts[1].startswith("/")
        ):
            raise MALFORMED
        headers = {}
        while (line := self.rfile.readline(MAX_LINE)).strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        if "transfer-encoding" in headers:
            raise NO_LENGTH
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise MALFORMED
        if int(length[:DIGITS]) > MAX_BODY:
            raise TOO_LARGE
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Request(parts[0], parts[1], headers, self.rfile.read(int(length)), headers.get("host", ""))

    def _send(self, reply: Reply, fault: Fault | None, method: str, *, keep: bool) -> bool:
        kind = "" if fault is None else fault.kind
        if kind == "drop":
            return False
        halved = kind in {"truncated", "wrong_length"}
        sent = reply.size // 2 if halved else reply.size
        announced = sent if kind == "wrong_length" else reply.size
        keep = keep and not halved
        head = self._head(reply, announced, keep=keep)
        if method == "HEAD" or reply.status == HTTPStatus.NO_CONTENT:
            self.wfile.write(head)
        elif fault is not None and kind == "drip":
            self.wfile.write(head)
            for piece in _pieces(reply.body):
                time.sleep(fault.delay / PIECES)
                self.wfile.write(piece)
        elif reply.stream is not None:
            self.wfile.write(head)
            for chunk in _first(reply.stream, sent):
                self.wfile.write(chunk)
        else:
            self.wfile.write(head + reply.body[:sent])
        return keep

    def _head(self, reply: Reply, length: int, *, keep: bool) -> bytes:
        lines = [f"HTTP/1.1 {reply.status:d} {REASONS.get(reply.status, 'Unknown')}"]
        if reply.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {length}")
            if reply.size and not any(name.lower() == "content-type" for name in reply.headers):
                lines.append(f"Content-Type: {reply.media_type}")
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _pieces(body: bytes) -> Iterator[bytes]:
    size = max(1, -(-len(body) // PIECES))
    return (body[start : start + size] for start in range(0, len(body), size))


def _first(stream: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The first bytes of a stream."""
    chunks = iter(stream)
    while size > 0:
        chunk = next(chunks)[:size]
        size -= len(chunk)
        yield chunk


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection; `close` ends them all."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, host: str, port: int, app: App) -> None:
        self.app = app
        self._open: set[socket.socket] = set()
        self._quiet = threading.Condition()
        super().__init__((host, port), Handler)

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self.server_address[1]
        return port

    @contextmanager
    def connection(self, connection: socket.socket) -> Iterator[None]:
        """Keep a connection in mind while it is served."""
        with self._quiet:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._quiet:
                self._open.discard(connection)
                self._quiet.notify_all()

    def close(self) -> None:
        """Stop listening, end every connection and wait (5 s at most) until they are gone."""
        self.shutdown()
        self.server_close()
        with self._quiet:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._quiet.wait_for(lambda: not self._open, timeout=5)
