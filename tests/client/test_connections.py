"""Connections: shared by threads, not by a fork; over TLS and gateways; told when nothing left."""

from __future__ import annotations

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.client.errors import (
    ConfigurationError,
    ConnectionFailed,
    ModeTimeout,
)
from tests.client.certificates import certificate
from tests.client.conftest import Serve
from tests.client.wire import Clock, Raw, client_of, closed_port, in_turn, reply

REPORT = "abcdefabcdef"
GOOD = reply(200, {"token": REPORT})


def test_connections_are_kept_but_for_starts(serve: Serve) -> None:
    """Reads share connections; a POST has a fresh one, as nobody could repeat it when a kept one breaks."""
    server = serve(in_turn(GOOD))
    client = client_of(server.url)
    client.report(REPORT)
    client.report(REPORT)
    client.run(REPORT)
    client.run(REPORT)
    client.report(REPORT)
    assert [asked.connection for asked in server.asked] == [1, 1, 2, 3, 1]


def test_a_kept_connection_that_was_closed_is_replaced(serve: Serve) -> None:
    """What a server closes between two requests costs nothing but a new connection."""
    server = serve(in_turn(Raw(GOOD.content, close=True)))
    client = client_of(server.url)
    for _ in range(3):
        client.report(REPORT)
        assert server.ended.acquire(timeout=20)
    assert (client.usage.requests, client.usage.retries) == (3, 0)


def test_many_threads_share_a_client(serve: Serve) -> None:
    """Every thread gets its own answer, and every request is counted."""
    server = serve(lambda asked: reply(200, {"token": asked.path.rsplit("/", 1)[-1]}))
    client = client_of(server.url)
    names = [f"{number:012d}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = [report.token for report in pool.map(client.report, names)]
    assert found == names
    assert client.usage.requests == 200
    assert server.connections <= 8


# Python 3.12 and later warn of a fork with threads about: that is what Airflow does, and what is tested here.
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_talks_over_its_own_connections(serve: Serve) -> None:
    """Parent and child have an answer each, and no lock outlives the parent's threads in the child."""
    server = serve(lambda asked: reply(200, {"token": asked.path.rsplit("/", 1)[-1]}))
    client = client_of(server.url)
    client.report("000000000001")
    client.usage._lock.acquire()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        answer = client.report("000000000002").token
        os.write(writing, f"{answer} {client.usage.requests}".encode())
        os._exit(0)
    client.usage._lock.release()
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read() == "000000000002 2"
    assert os.waitpid(child, 0)[1] == 0
    assert client.report("000000000003").token == "000000000003"
    connections = {asked.path[-1]: asked.connection for asked in server.asked}
    assert connections["1"] == connections["3"] != connections["2"]


def test_another_process_means_other_connections(serve: Serve) -> None:
    """What a fork does to the client, seen from within."""
    server = serve(in_turn(GOOD))
    client = client_of(server.url)
    client.report(REPORT)
    before, client._session._pid = client._session._adapter, -1
    client.report(REPORT)
    client.report(REPORT)
    assert client._session._adapter is not before
    assert [asked.connection for asked in server.asked] == [1, 2, 2]


def test_tls_is_checked(serve: Serve, tmp_path: Path) -> None:
    """A certificate that is trusted by `verify` is accepted, any other is named as the reason."""
    context, trusted = certificate(tmp_path)
    server = serve(in_turn(GOOD), context)
    assert client_of(server.url, verify=str(trusted)).run(REPORT).token == REPORT
    with pytest.raises(ConnectionFailed, match="TLS certificate is not accepted") as caught:
        client_of(server.url, retry_for=0.001).run(REPORT)
    assert caught.value.never_left
    assert not caught.value.maybe_done


def test_tls_with_somebody_who_does_not_speak_it() -> None:
    """A handshake that fails carried nothing."""

    def answer(listener: socket.socket) -> None:
        for _ in range(2):
            with listener.accept()[0] as connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listening = threading.Thread(target=answer, args=(listener,))
        listening.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ConnectionFailed, match="no TLS connection could be made") as caught:
            client_of(url, retry_for=0.001).run(REPORT)
        listening.join()
    assert caught.value.never_left


def test_a_handshake_that_hangs_carried_nothing() -> None:
    """Whoever accepts and says nothing lets the connection time out, and a POST may be tried again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        client = client_of(url, timeout=(0.1, 0.1), retry_for=0.001)
        with pytest.raises(ModeTimeout, match="no connection within the timeout") as caught:
            client.run(REPORT)
    assert caught.value.never_left


@pytest.mark.parametrize(
    "more",
    [
        {"verify": "/nowhere/ca.pem", "host": "https://127.0.0.1:9"},
        {"proxies": {"http": "http://"}},
        {"proxies": {"http": "http://[bad"}},
    ],
)
def test_what_cannot_be_sent_is_a_matter_of_configuration(more: dict[str, Any]) -> None:
    """A missing bundle or a proxy that is none is told at once, without retries."""
    clock = Clock()
    url = more.pop("host", "http://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        client_of(url, clock, **more).report(REPORT)
    assert clock.slept == []


def test_a_name_that_does_not_resolve() -> None:
    """The reason is told, and nothing left."""
    client = client_of("https://mode.invalid", retry_for=0.001)
    with pytest.raises(ConnectionFailed, match="does not resolve") as caught:
        client.run(REPORT)
    assert caught.value.never_left
    assert client.usage.requests == 0


def test_a_gateway_is_used_where_it_is_configured(serve: Serve) -> None:
    """`proxies` works as in requests."""
    gateway = serve(in_turn(GOOD))
    client = client_of("http://127.0.0.1:9", proxies={"http": gateway.url})
    assert client.run(REPORT).token == REPORT
    assert gateway.asked[0].target == f"http://127.0.0.1:9/api/acme/reports/{REPORT}/runs"
    assert client.usage.requests == 1


def test_over_a_gateway_that_leaves_no_mark_everything_may_have_left() -> None:
    """A SOCKS gateway does not tell what was sent: a POST over it is never repeated (nor without PySocks)."""
    client = client_of("http://127.0.0.1:9", proxies={"http": f"socks5://127.0.0.1:{closed_port()}"})
    with pytest.raises((ConnectionFailed, ConfigurationError)) as caught:
        client.run(REPORT)
    assert caught.value.attempts == 1


def test_a_gateway_that_refuses_to_connect_carried_nothing(serve: Serve) -> None:
    """A tunnel that is not opened lets nothing through, and the error shows no credential of the gateway."""
    gateway = serve(in_turn(Raw(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", close=True)))
    url = gateway.url.replace("//", "//somebody:gatewaypw@")
    client = client_of("https://mode.example.com", proxies={"https": url}, retry_for=0.001)
    with pytest.raises(ConnectionFailed) as caught:
        client.run(REPORT)
    assert caught.value.never_left
    assert "gatewaypw" not in str(caught.value)
    assert gateway.asked[0].method == "CONNECT"
