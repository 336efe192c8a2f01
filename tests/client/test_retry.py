"""Whether a request is sent once more: on real connections, and as pure decisions."""

from __future__ import annotations

import base64
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import strategies as st

from airflow_provider_mode.client.config import RateLimit
from airflow_provider_mode.client.errors import (
    AuthenticationError,
    BadRequest,
    ConnectionFailed,
    ModeError,
    ModeTimeout,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    UnexpectedReply,
)
from airflow_provider_mode.client.retry import Failure, Outcome
from tests.client.wire import (
    LOGIN,
    NOW,
    PASSWORD,
    Clock,
    FreePacer,
    Raw,
    Script,
    Wire,
    client_of,
    closed_port,
    drop,
    html,
    in_turn,
    reply,
)

Serve = Callable[[Script], Wire]
REPORT = {"token": "abcdefabcdef", "archived": False}
GOOD = reply(200, REPORT)
BROKEN = {
    "html": html(),
    "empty": reply(200),
    "truncated": Raw(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"token": "abc', close=True),
    "too short a length": reply(200, REPORT, {"Content-Length": "9"}),
    "cut chunk": Raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"tok', close=True),
    "bad gzip": reply(200, REPORT, {"Content-Encoding": "gzip"}),
    "dropped": drop(),
    "no http": Raw(b"what?\r\n\r\n", close=True),
    "502": html(502),
    "503": reply(503, {"id": "service_unavailable", "message": "soon"}),
    "429": reply(429, {"id": "rate_limited"}),
}


@pytest.mark.parametrize("trouble", BROKEN.values(), ids=BROKEN.keys())
def test_a_read_survives_trouble(serve: Serve, trouble: Raw) -> None:
    """A GET is asked again after anything that may pass."""
    server = serve(in_turn(trouble, trouble, GOOD))
    client = client_of(server.url)
    assert client.report("abcdefabcdef").token == "abcdefabcdef"
    assert client.usage.requests == len(server.asked) == 3
    assert client.usage.retries == 2


@pytest.mark.parametrize("trouble", BROKEN.values(), ids=BROKEN.keys())
def test_a_change_that_is_safe_to_repeat_survives_trouble(serve: Serve, trouble: Raw) -> None:
    """A PATCH is sent again, as archiving twice is archiving once."""
    done = reply(200, {"token": "abcdefabcdef", "archived": True})
    if trouble is BROKEN["empty"]:
        return
    server = serve(in_turn(trouble, done))
    assert client_of(server.url).archive("abcdefabcdef").archived
    assert [asked.method for asked in server.asked] == ["PATCH", "PATCH"]


@pytest.mark.parametrize("trouble", BROKEN.values(), ids=BROKEN.keys())
def test_a_start_is_never_sent_twice(serve: Serve, trouble: Raw) -> None:
    """A POST whose reply is lost raises, says that it may have been done, and is not repeated."""
    if trouble is BROKEN["429"]:
        return
    server = serve(in_turn(trouble, reply(202, {"token": "feedfeedfeed"})))
    with pytest.raises(ModeError) as caught:
        client_of(server.url).run("abcdefabcdef")
    assert caught.value.maybe_done
    assert "may have been made" in str(caught.value)
    assert len(server.asked) == 1


def test_a_throttled_start_is_sent_again(serve: Serve) -> None:
    """A POST that was answered 429 did nothing, so it is repeated."""
    server = serve(in_turn(BROKEN["429"], reply(202, {"token": "feedfeedfeed"})))
    client = client_of(server.url)
    assert client.run("abcdefabcdef", {"region": "eu"}).token == "feedfeedfeed"
    assert [asked.body for asked in server.asked] == [b'{"parameters": {"region": "eu"}}'] * 2
    assert client.usage.throttled == 1


def test_a_start_that_never_left_is_sent_again() -> None:
    """A refused connection carries nothing: a POST is tried until patience ends, and surely not done."""
    clock = Clock()
    with pytest.raises(ConnectionFailed) as caught:
        client_of(f"http://127.0.0.1:{closed_port()}", clock).run("abcdefabcdef")
    assert not caught.value.maybe_done
    assert caught.value.never_left
    assert caught.value.attempts > 3
    assert sum(clock.slept) == pytest.approx(30.0)
    assert "refused" in str(caught.value)


def test_the_reply_is_waited_for_only_so_long(serve: Serve) -> None:
    """A server that does not answer is a ModeTimeout, and for a POST the outcome is open."""
    gate = threading.Event()
    server = serve(lambda _: Raw(b"", close=True, until=gate))
    client = client_of(server.url, timeout=(1.0, 0.1))
    with pytest.raises(ModeTimeout, match="no reply within the timeout") as caught:
        client.run("abcdefabcdef")
    assert caught.value.maybe_done
    gate.set()


def test_a_body_that_stalls_is_a_timeout(serve: Serve) -> None:
    """A reply that begins and does not end is given up."""
    gate = threading.Event()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"
    server = serve(in_turn(Raw(head), Raw(b"", until=gate)))
    client = client_of(server.url, timeout=(1.0, 0.1), retry_for=0.001)
    with pytest.raises(ModeTimeout, match="stalled"):
        client.run("abcdefabcdef")
    gate.set()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, AuthenticationError),
        (403, PermissionDenied),
        (404, NotFound),
        (406, UnexpectedReply),
        (422, BadRequest),
        (302, UnexpectedReply),
        (418, UnexpectedReply),
    ],
)
def test_a_refusal_is_final(serve: Serve, status: int, kind: type[ModeError]) -> None:
    """What another try cannot mend is asked once, and the error says all that Mode said."""
    body = {"id": "some_id", "message": "Some words"}
    server = serve(in_turn(reply(status, body, {"Location": "https://evil.example/x?key=1"})))
    with pytest.raises(kind) as caught:
        client_of(server.url).verify()
    error = caught.value
    assert type(error) is kind
    assert (error.status, error.mode_id, error.mode_message) == (status, "some_id", "Some words")
    assert f"answered {status} some_id: Some words" in str(error)
    assert "key=1" not in str(error)
    assert len(server.asked) == 1
    assert kind.retryable is (kind is UnexpectedReply)


@pytest.mark.parametrize(
    ("trouble", "kind"), [("503", ServerError), ("429", RateLimited), ("dropped", ConnectionFailed)]
)
def test_patience_ends(serve: Serve, trouble: str, kind: type[ModeError]) -> None:
    """Trouble is retried for `retry_for` seconds from the first failure, and raised with the attempts."""
    clock = Clock()
    server = serve(in_turn(BROKEN[trouble]))
    with pytest.raises(kind) as caught:
        client_of(server.url, clock).report("abcdefabcdef")
    assert sum(clock.slept) == pytest.approx(30.0)
    assert caught.value.attempts == len(server.asked) == len(clock.slept) + 1
    assert f"({len(server.asked)} attempts)" in str(caught.value)
    assert not caught.value.maybe_done


def test_a_change_that_finally_fails_may_have_been_done(serve: Serve) -> None:
    """A PATCH that was answered by nothing but errors may have been carried out by one of them."""
    server = serve(in_turn(BROKEN["503"], reply(403)))
    with pytest.raises(PermissionDenied) as caught:
        client_of(server.url).archive("abcdefabcdef")
    assert caught.value.maybe_done


def test_what_was_deleted_by_a_lost_reply_is_done(serve: Serve) -> None:
    """A 404 for the second try of a DELETE means that the first one did it."""
    server = serve(in_turn(drop(), reply(404)))
    client_of(server.url).delete_schedule("abcdefabcdef", "123412341234")
    assert [asked.method for asked in server.asked] == ["DELETE", "DELETE"]


@pytest.mark.parametrize("before", [None, BROKEN["429"]], ids=["first try", "after a 429"])
def test_what_was_never_there_is_not_found(serve: Serve, before: Raw | None) -> None:
    """A 404 for a DELETE that nothing unclear came before is no success."""
    server = serve(in_turn(*([before] if before else []), reply(404)))
    with pytest.raises(NotFound):
        client_of(server.url).delete_report("abcdefabcdef")


@pytest.mark.parametrize("answer", [reply(200), reply(204), reply(202, {"any": 1}), reply(200, raw=b"OK")])
def test_any_success_of_a_deletion_counts(serve: Serve, answer: Raw) -> None:
    """What a DELETE says beyond its status does not matter."""
    server = serve(in_turn(answer))
    client_of(server.url).delete_report("abcdefabcdef")
    assert len(server.asked) == 1


def test_the_server_says_how_long_to_wait(serve: Serve) -> None:
    """`Retry-After` is kept: seconds, or a date by the server's or our clock; garbage is passed over."""
    later = format_datetime(datetime(2026, 1, 1, 0, 0, 7, tzinfo=UTC), usegmt=True)
    date = format_datetime(datetime(2026, 1, 1, tzinfo=UTC), usegmt=True)
    ours = format_datetime(NOW + timedelta(seconds=4), usegmt=True)
    clock = Clock()
    server = serve(
        in_turn(
            reply(429, headers={"Retry-After": "3"}),
            reply(503, headers={"Retry-After": later, "Date": date}),
            reply(429, headers={"Retry-After": ours}),
            reply(429, headers={"Retry-After": "tomorrow"}),
            GOOD,
        )
    )
    client_of(server.url, clock).report("abcdefabcdef")
    assert clock.slept == pytest.approx([3.0, 7.0, 4.0, 6.0])


def test_a_wait_past_patience_is_cut_to_it(serve: Serve) -> None:
    """A `Retry-After` beyond `retry_for` leaves one last try at its end."""
    clock = Clock()
    server = serve(in_turn(reply(429, headers={"Retry-After": "3600"}), GOOD))
    client_of(server.url, clock).report("abcdefabcdef")
    assert clock.slept == [30.0]


def test_with_pacing_the_pacer_waits(serve: Serve) -> None:
    """A 429 is told to the pacer, whose next permit is then waited for within the patience that is left."""
    clock, pacer = Clock(), FreePacer()
    headers = {"X-RateLimit-Limit": "40", "X-RateLimit-Remaining": "0", "Retry-After": "9"}
    server = serve(in_turn(reply(429, headers=headers), drop(), GOOD))
    client = client_of(server.url, clock, pacer, rate_limit=RateLimit())
    client.report("abcdefabcdef")
    first, second, third = pacer.settled
    assert first is not None
    assert (first.status, first.limit, first.remaining, first.retry_after) == (429, 40, 0, 9.0)
    assert second is None
    assert third is not None
    assert third.status == 200
    assert pacer.patience[0] is None
    assert pacer.patience[1:] == [30.0, 30.0 - sum(clock.slept)]
    assert len(clock.slept) == 1


@pytest.mark.parametrize(("trouble", "kind"), [("429", RateLimited), ("503", ServerError)])
def test_no_permit_in_time_is_the_last_error(serve: Serve, trouble: str, kind: type[ModeError]) -> None:
    """When the pacer has no room before patience ends, what the last try said is raised."""
    pacer = FreePacer(gives_up=True)
    server = serve(in_turn(BROKEN[trouble]))
    with pytest.raises(kind) as caught:
        client_of(server.url, pacer=pacer, rate_limit=RateLimit()).report("abcdefabcdef")
    assert len(server.asked) == 1
    assert caught.value.attempts == 1


@pytest.mark.parametrize("trouble", BROKEN.values(), ids=BROKEN.keys())
def test_an_error_shows_no_secret(serve: Serve, trouble: Raw) -> None:
    """Neither text nor traceback of an error, nor any repr, holds the key or the header made of it."""
    pair = base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
    said = reply(403, {"message": f"{LOGIN} {PASSWORD}\n Basic {pair}" + "x" * 900})
    for answer in (trouble, said):
        server = serve(in_turn(answer))
        client, path = client_of(server.url, retry_for=0.01), "reports/x?" + "secret_" + "question=1"
        with pytest.raises(ModeError) as caught:
            client.request("GET", path)
        error: BaseException | None = caught.value
        text = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(client)
        text += repr(client.config) + repr(vars(caught.value)) + repr(vars(client._session))
        for secret in (LOGIN, PASSWORD, pair, "secret_question"):
            assert secret not in text
        assert error is not None
        assert error.__context__ is None
        assert error.__cause__ is None
    assert caught.value.mode_message is not None
    assert len(caught.value.mode_message) == 500
    assert "\n" not in caught.value.mode_message


FAILURES = st.builds(
    Failure,
    outcome=st.sampled_from(Outcome),
    retry_after=st.none() | st.floats(0, 1e6),
    paced=st.booleans(),
)
