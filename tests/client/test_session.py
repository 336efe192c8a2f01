"""Bodies within bounds, the key for one host only, and what the pacer is told."""

from __future__ import annotations

import base64
import dataclasses
import gc
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_mode.client import session as sessions
from airflow_provider_mode.client.client import ModeClient
from airflow_provider_mode.client.config import Signature
from airflow_provider_mode.client.errors import (
    ModeError,
    UnexpectedReply,
)
from tests.client.conftest import Serve
from tests.client.wire import Clock, FreePacer, Raw, client_of, config, in_turn, reply

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
    gc.disable()  # a finalizer of another test's that ran at the bottom would have no stack left
    try:
        with pytest.raises(UnexpectedReply, match="nested too deep"):
            client_of(server.url).report(REPORT)
    finally:
        gc.enable()
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


def test_short_secrets_do_not_riddle_messages(serve: Serve) -> None:
    """A key of a few letters would be in every word."""
    server = serve(in_turn(reply(403, {"message": "a message"})))
    with pytest.raises(ModeError, match="a message"):
        ModeClient(dataclasses.replace(config(server.url), password="s"), pacer=FreePacer()).verify()


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
