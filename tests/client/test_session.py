"""Connections: bodies within bounds, the key for one host only, threads, forks, TLS, gateways."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.client import session as sessions
from airflow_provider_mode.client.client import ModeClient
from airflow_provider_mode.client.config import Signature
from airflow_provider_mode.client.errors import (
    ConfigurationError,
    ConnectionFailed,
    ModeError,
    ModeTimeout,
    UnexpectedReply,
)
from tests.client.certificates import certificate
from tests.client.conftest import Serve
from tests.client.wire import Clock, FreePacer, Raw, client_of, closed_port, config, in_turn, reply

REPORT = "abcdefabcdef"
GOOD = reply(200, {"token": REPORT})


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b'{"token": "abcdefabcdef", "name": "a", "name": "b"}', "b"),
        (b'\xef\xbb\xbf{"token": "abcdefabcdef", "name": "bom"}', "bom"),
        (b'{"token": "abcdefabcdef", "name": "x", "n": NaN, "i": Infinity}', "x"),
        (b'{"token": "abcdefabcdef", "name": "x", "view_count": ' + b"9" * 6000 + b"}", "x"),
        (b'{"token": "abcdefabcdef", "name": "\\ud83d\\ude00"}', "\U0001f600"),
        (b'{"token": "abcdefabcdef", "name": "half \\ud83d"}', "half ?"),
        (b'{"token": "abcdefabcdef", "name": "half \\uD83D"}', "half ?"),
    ],
)
def test_odd_json_is_read(serve: Serve, raw: bytes, name: str) -> None:
    """Twice the same key, any number, half characters, and any content type."""
    server = serve(in_turn(reply(200, raw=raw, headers={"Content-Type": "text/plain"})))
    report = client_of(server.url).report(REPORT)
    assert (report.name, report.view_count) == (name, None)
    assert json.dumps(report.raw, ensure_ascii=False).encode()


def test_json_without_bottom_is_no_reply(serve: Serve) -> None:
    """Nesting beyond reason is an error of its own, asked once."""
    server = serve(in_turn(reply(200, raw=b"[" * 200_000)))
    with pytest.raises(UnexpectedReply, match="nested too deep"):
        client_of(server.url).report(REPORT)
    assert len(server.asked) == 1


def test_json_without_end_is_not_kept(serve: Serve) -> None:
    """A reply that unpacks to more than any of Mode's is given up, asked once."""
    packed = gzip.compress(b" " * (sessions.LARGEST_JSON + 1_000_000), 1)
    server = serve(in_turn(reply(200, raw=packed, headers={"Content-Encoding": "gzip"})))
    with pytest.raises(UnexpectedReply, match="larger than 64 MiB"):
        client_of(server.url).report(REPORT)
    assert len(server.asked) == 1


def test_packed_json_is_unpacked(serve: Serve) -> None:
    """Replies may come compressed."""
    packed = gzip.compress(b'{"token": "abcdefabcdef"}')
    server = serve(in_turn(reply(200, raw=packed, headers={"Content-Encoding": "gzip"})))
    assert client_of(server.url).report(REPORT).token == REPORT


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            reply(403, raw=b"x" * 1_000_000, headers={"Content-Type": "text/html; charset=utf-8"}),
            "its body is text/html",
        ),
        (reply(403, raw=b"{", headers={"Content-Type": ""}), "its body is of no type"),
        (reply(403, {"id": 5, "message": {"name": ["too long"]}}), 'answered 403: {"name": ["too long"]}'),
        (reply(403, {"error": "Not you\u0000\u2028"}), "answered 403: Not you."),
        (reply(403, ["a list"]), "its body is application/hal"),
        (reply(403), "answered 403."),
        (reply(301, headers={"Location": "/acme"}), "redirects to the same host, which is not followed"),
        (reply(307, headers={"Location": "https://[x"}), "redirects to something that is no URL"),
        (
            reply(302, headers={"Location": "https://login.example.com/?next=abc"}),
            "redirects to https://login.example.com,",
        ),
        (reply(200, raw=b"OK", headers={"Content-Type": "text/html"}), "not JSON (text/html)"),
        (reply(200, raw=b"OK", headers={"Content-Type": ""}), "not JSON (no type)"),
        (reply(200), "the reply is empty"),
    ],
)
def test_a_refusal_is_told_in_bounded_words(serve: Serve, answer: Raw, words: str) -> None:
    """Whatever the body of a refusal is, the error says what is fit to be shown of it."""
    server = serve(in_turn(answer))
    with pytest.raises(ModeError) as caught:
        client_of(server.url, retry_for=0.001).report(REPORT)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 800
    assert "next=abc" not in str(caught.value)


def test_a_redirect_is_not_followed(serve: Serve) -> None:
    """Only downloads are sent on: anything else would show the key, or do something else."""
    other = serve(in_turn(GOOD))
    server = serve(in_turn(reply(302, headers={"Location": f"{other.url}/api/x"})))
    with pytest.raises(UnexpectedReply, match="not followed"):
        client_of(server.url).archive(REPORT)
    assert (len(server.asked), other.asked) == (1, [])


def test_the_environment_has_no_say(serve: Serve, tmp_path: Path) -> None:
    """Neither a netrc nor proxies of the environment touch a request."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    saved = dict(os.environ)
    os.environ.update(NETRC=str(netrc), HTTP_PROXY="http://127.0.0.1:1", http_proxy="http://127.0.0.1:1")
    try:
        storage = serve(in_turn(reply(200, raw=b"a,b\n")))
        server = serve(in_turn(GOOD, reply(302, headers={"Location": f"{storage.url}/x"})))
        client = client_of(server.url)
        client.report(REPORT)
        with client.results(REPORT, "run1") as download:
            assert b"".join(download) == b"a,b\n"
    finally:
        os.environ.clear()
        os.environ.update(saved)
    assert "authorization" not in storage.asked[0].headers


def test_cookies_are_not_kept(serve: Serve) -> None:
    """A request carries nothing but its own key."""
    server = serve(in_turn(reply(200, {"token": REPORT}, {"Set-Cookie": "a=b; Path=/"})))
    client = client_of(server.url)
    client.report(REPORT)
    client.report(REPORT)
    assert "cookie" not in server.asked[1].headers


def test_discovery_has_a_key_of_its_own(serve: Serve) -> None:
    """`/batch` paths go with the signature, but for those that make signatures; without one, with the key."""
    server = serve(in_turn(reply(200, {})))
    client = client_of(
        server.url, discovery=Signature(token="tttttt", access_key="kkkkkk", access_secret="ssssss")
    )
    client.request("GET", "/batch/acme/reports")
    client.request("POST", "/batch/acme/signature_tokens")
    client.request("GET", "/api/verify")
    client_of(server.url).request("GET", "/batch/acme/reports")
    kinds = [asked.headers["authorization"].split()[0] for asked in server.asked]
    assert kinds == ["Bearer", "Basic", "Basic", "Basic"]
    assert base64.b64decode(server.asked[0].headers["authorization"][7:]) == b"tttttt:kkkkkk:ssssss"
    assert server.asked[0].headers["accept"] == "application/json"
    assert client._session._said("tttttt kkkkkk ssssss") == "*** *** ***"


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
    assert client.usage.requests == 3 + client.usage.retries
    assert client.usage.retries == 0


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


def test_short_secrets_do_not_riddle_messages(serve: Serve) -> None:
    """A key of a few letters would be in every word."""
    server = serve(in_turn(reply(403, {"message": "a message"})))
    with pytest.raises(ModeError, match="a message"):
        ModeClient(dataclasses.replace(config(server.url), password="s"), pacer=FreePacer()).verify()


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


def test_a_permit_is_settled_whatever_happens(serve: Serve) -> None:
    """Even an interrupt in the midst of a request gives the permit back."""

    class Interrupt(BaseException):
        pass

    pacer = FreePacer()
    client = client_of(serve(in_turn(GOOD)).url, pacer=pacer)

    class Interrupting(sessions._Key):
        def __call__(self, request: Any) -> Any:
            raise Interrupt(request.method)

    client._session._basic = Interrupting("Basic", "a", "b")  # the key is put in while a permit is held
    with pytest.raises(Interrupt):
        client.report(REPORT)
    assert pacer.settled == [None]


def test_waiting_for_the_pace_is_counted(serve: Serve) -> None:
    """Time that passes until a permit comes is a wait, as is the time between tries."""
    clock = Clock()

    class SlowPacer(FreePacer):
        def acquire(self, give_up_after: float | None = None) -> Any:
            clock.sleep(2.0)
            return super().acquire(give_up_after)

    client = client_of(serve(in_turn(reply(503), GOOD)).url, clock, SlowPacer())
    client.report(REPORT)
    assert client.usage.waits == 3
    assert client.usage.waited_seconds == pytest.approx(sum(clock.slept))


def test_headers_of_the_limit_are_told_to_the_pacer(serve: Serve) -> None:
    """Well-formed counters are passed on, garbage is not."""
    pacer = FreePacer()
    good = {"X-RateLimit-Limit": "40", "X-RateLimit-Remaining": "17"}
    bad = {"X-RateLimit-Limit": "forty", "X-RateLimit-Remaining": "-1", "Retry-After": "?"}
    server = serve(in_turn(reply(200, {"token": REPORT}, good), reply(200, {"token": REPORT}, bad)))
    client = client_of(server.url, pacer=pacer)
    client.report(REPORT)
    client.report(REPORT)
    first, second = pacer.settled
    assert first is not None
    assert second is not None
    assert (first.limit, first.remaining, first.retry_after) == (40, 17, None)
    assert (second.limit, second.remaining, second.retry_after) == (None, None, None)
