import http.client
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_mode.sandbox import Options, Sandbox


def _raw(sandbox: Sandbox, sent: bytes) -> bytes:
    at = urlsplit(sandbox.url)
    with socket.create_connection((at.hostname, at.port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _ask(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/api/acme")
    connection.getresponse().read()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"NONSENSE\r\n\r\n", b"400"),
        (b"GET relative HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/2\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
    ],
)
def test_malformed_requests(mode_sandbox: Sandbox, sent: bytes, status: bytes) -> None:
    """They are answered, and the connection ends."""
    answer = _raw(mode_sandbox, sent)
    assert answer.split()[1] == status
    assert b"Connection: close" in answer


def test_connections_are_kept_alive_unless_closed(mode_sandbox: Sandbox) -> None:
    """Two requests on one connection; `Connection: close` ends it."""
    one = b"GET /api/acme HTTP/1.1\r\n\r\n"
    last = b"GET /api/acme HTTP/1.1\r\nConnection: close\r\n\r\n"
    assert _raw(mode_sandbox, one + last + one).count(b"HTTP/1.1 200") == 2


def test_an_expected_continue(mode_sandbox: Sandbox) -> None:
    """Clients that wait to be asked are asked."""
    answer = _raw(
        mode_sandbox, b"POST /_sandbox/clock HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"
    )
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_head_has_no_body(mode_sandbox: Sandbox) -> None:
    """HEAD is no route of Mode's, and its answer has no body."""
    answer = _raw(mode_sandbox, b"HEAD /api/acme HTTP/1.1\r\n\r\n")
    assert answer.split()[1] == b"404"
    assert answer.endswith(b"\r\n\r\n")


def test_stopping_ends_open_connections() -> None:
    """A kept-alive connection does not outlive the sandbox; stopping twice does nothing."""
    sandbox = Sandbox(Options(reports=5, collections=2, limit="off")).start()
    at = urlsplit(sandbox.url)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=10)
    _ask(connection)
    sandbox.stop()
    sandbox.stop()
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        _ask(connection)
    connection.close()


def test_only_this_machine_is_served() -> None:
    """Other addresses are refused."""
    with pytest.raises(ValueError, match=r"host '0\.0\.0\.0' is not this machine's own"):
        Sandbox(host="0.0.0.0")  # noqa: S104 - what must be refused


def test_a_client_that_goes_away_is_no_error(mode_sandbox: Sandbox) -> None:
    """The server shrugs and goes on."""
    mode_sandbox.fault("drip", delay=0.2)
    at = urlsplit(mode_sandbox.url)
    with socket.create_connection((at.hostname, at.port), timeout=10) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.sendall(b"GET /api/acme HTTP/1.1\r\n\r\n")
        connection.recv(10)
    assert _raw(mode_sandbox, b"GET /api/acme HTTP/1.1\r\n\r\n").split()[1] == b"200"


@pytest.mark.parametrize(
    "options", [{"reports": -1}, {"collections": 0}, {"workspace": "Acme"}, {"workspace": ""}, {"jitter": -1}]
)
def test_senseless_options_are_refused(options: dict[str, Any]) -> None:
    """The error says what is asked for."""
    with pytest.raises(ValueError, match="must be"):
        Options(**options)


@pytest.mark.mode_sandbox(latency=0.001, jitter=0.001, reports=0, collections=1)
def test_latency_and_an_empty_workspace(api: Any) -> None:
    """A delayed answer is an answer; a workspace may be empty."""
    assert api.get("spaces?filter=all").json["pagination"]["total_count"] == 1
    assert api.get("definitions").status == 200
