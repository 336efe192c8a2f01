"""Results and PDFs: streamed, sent on to storage without the key, and never cut short in silence."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from airflow_provider_mode.client.errors import (
    ConfigurationError,
    ConnectionFailed,
    ModeError,
    ModeTimeout,
    NotFound,
    PermissionDenied,
    ServerError,
    UnexpectedReply,
)
from tests.client.wire import (
    Asked,
    Clock,
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
REPORT, RUN = "abcdefabcdef", "123412341234"
CSV = reply(200, raw=b"a,b\n1,2\n", headers={"Content-Type": "text/csv; charset=utf-8"})
RESULTS = f"/api/acme/reports/{REPORT}/runs/{RUN}/results/content.csv"
EXPORT = f"/api/acme/reports/{REPORT}/exports/runs/{RUN}"


def to(url: str, status: int = 302) -> Raw:
    """A redirect."""
    return reply(status, headers={"Location": url})


def test_results_are_streamed(serve: Serve) -> None:
    """The bytes come in pieces, with the content type that tells a table from an archive."""
    server = serve(in_turn(CSV))
    with client_of(server.url).results(REPORT, RUN) as download:
        assert download.content_type == "text/csv"
        assert b"".join(download) == b"a,b\n1,2\n"
    assert server.asked[0].path == RESULTS
    assert client_of(server.url).results(REPORT, RUN, "json").content_type == "text/csv"
    assert server.asked[1].path.endswith("content.json")
    with pytest.raises(ConfigurationError, match=r"^format"):
        client_of(server.url).results(REPORT, RUN, "xlsx")


def test_a_large_download_is_never_whole_in_memory(serve: Serve) -> None:
    """Megabytes go through, kilobytes stay."""
    server = serve(in_turn(reply(200, raw=b"x" * 30_000_000, headers={"Content-Type": "text/csv"})))
    with client_of(server.url).results(REPORT, RUN) as download:
        tracemalloc.start()
        assert sum(len(chunk) for chunk in download) == 30_000_000
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 3_000_000


def test_a_download_that_was_not_begun_can_be_closed(serve: Serve) -> None:
    """Letting go of it lets go of the connection, and the client goes on."""
    server = serve(in_turn(CSV))
    client = client_of(server.url)
    client.results(REPORT, RUN).close()
    with client.results(REPORT, RUN) as download:
        for _ in download:
            break
    assert b"".join(client.results(REPORT, RUN)) == b"a,b\n1,2\n"


@pytest.mark.parametrize(
    "answer",
    [
        Raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 100\r\n\r\na,b\n", close=True),
        Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na,b\n\r\nff\r\n1", close=True),
        reply(200, raw=b"not packed", headers={"Content-Encoding": "gzip", "Content-Type": "text/csv"}),
    ],
)
def test_a_cut_download_raises(serve: Serve, answer: Raw) -> None:
    """A body that breaks off is an error, not a short file, and is not begun anew."""
    server = serve(in_turn(answer, CSV))
    with (
        pytest.raises(UnexpectedReply, match="broke off") as caught,
        client_of(server.url).results(REPORT, RUN) as download,
    ):
        list(download)
    assert caught.value.__context__ is None
    assert len(server.asked) == 1


@pytest.mark.parametrize("trouble", [reply(503), reply(504), reply(429), drop(), html()])
def test_a_download_that_did_not_begin_is_asked_for_again(serve: Serve, trouble: Raw) -> None:
    """Until its head has come, a download is a read like any other."""
    server = serve(in_turn(trouble, CSV))
    client = client_of(server.url)
    assert b"".join(client.results(REPORT, RUN)) == b"a,b\n1,2\n"
    assert client.usage.requests == 2


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            reply(404, {"id": "not_found", "message": "run results not found"}),
            NotFound,
            "run results not found",
        ),
        (reply(403), PermissionDenied, "403"),
        (reply(202), UnexpectedReply, "nothing to download"),
        (reply(204), UnexpectedReply, "nothing to download"),
        (html(), UnexpectedReply, "a page came"),
        (reply(500), ServerError, "500"),
        (Raw(b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nx", close=True), UnexpectedReply, "broke off"),
    ],
)
def test_what_is_no_file_is_an_error(serve: Serve, answer: Raw, kind: type[ModeError], words: str) -> None:
    """A refusal, nothing, or some gateway's page."""
    server = serve(in_turn(answer))
    with pytest.raises(kind, match=words):
        client_of(server.url, retry_for=0.001).results(REPORT, RUN)


def test_a_download_is_sent_on_without_the_key(serve: Serve) -> None:
    """Within Mode's host the key goes along; to another host it does not, and the query stays what it was."""
    storage = serve(in_turn(CSV))
    signed = f"{storage.url}/bucket/file.csv?X-Signature=abc%2Fdef&b=1"
    server = serve(in_turn(to("/api/elsewhere"), to(f"{'/api/again'}", 307), to(signed)))
    assert b"".join(client_of(server.url).results(REPORT, RUN)) == b"a,b\n1,2\n"
    assert [asked.target for asked in server.asked] == [RESULTS, "/api/elsewhere", "/api/again"]
    assert all("authorization" in asked.headers for asked in server.asked)
    (there,) = storage.asked
    assert there.target == "/bucket/file.csv?X-Signature=abc%2Fdef&b=1"
    assert "authorization" not in there.headers


def test_a_name_of_the_same_address_is_another_host(serve: Serve) -> None:
    """The key goes by name and port, not by where they lead."""
    server = serve(in_turn(CSV))
    first = serve(in_turn(to(server.url.replace("127.0.0.1", "localhost") + "/x")))
    assert b"".join(client_of(first.url).results(REPORT, RUN)) == b"a,b\n1,2\n"
    assert "authorization" not in server.asked[0].headers


def test_redirects_without_end_are_an_error(serve: Serve) -> None:
    """After five hops it is enough."""
    server = serve(in_turn(to("/api/round")))
    with pytest.raises(UnexpectedReply, match="redirects to the same host"):
        client_of(server.url).results(REPORT, RUN)
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(403, raw=b"<Error/>"), UnexpectedReply),
        (reply(404), UnexpectedReply),
        (reply(503), ServerError),
    ],
)
def test_storage_that_gives_nothing_is_told_by_name(serve: Serve, answer: Raw, kind: type[ModeError]) -> None:
    """Its refusals are none of Mode's, and the error shows the host alone."""
    storage = serve(in_turn(answer))
    server = serve(in_turn(to(f"{storage.url}/file?sig=abc")))
    with pytest.raises(kind, match=r"http://127.0.0.1, where the download was sent on to") as caught:
        client_of(server.url, retry_for=0.001).results(REPORT, RUN)
    assert "sig=abc" not in str(caught.value)
    assert caught.value.path == RESULTS


def test_storage_that_is_not_there(serve: Serve) -> None:
    """The whole way is gone again, as a signature may have run out."""
    server = serve(in_turn(to(f"http://127.0.0.1:{closed_port()}/x"), CSV))
    assert b"".join(client_of(server.url).results(REPORT, RUN)) == b"a,b\n1,2\n"
    server = serve(in_turn(to(f"http://127.0.0.1:{closed_port()}/x")))
    with pytest.raises(ConnectionFailed):
        client_of(server.url, retry_for=0.001).results(REPORT, RUN)


def test_a_redirect_that_must_not_be_followed_is_an_error(serve: Serve) -> None:
    """Asked once, as asking again would change nothing."""
    server = serve(in_turn(to("https://169.254.169.254/latest/meta-data")))
    with pytest.raises(UnexpectedReply, match="no place for results"):
        client_of(server.url).results(REPORT, RUN)
    assert len(server.asked) == 1


HOST = "https://app.mode.com"


def rendering(*states: str | None, then: Raw) -> Script:
    """A PDF that takes its time: its states in turn, and what the download answers."""
    left = list(states)

    def script(asked: Asked) -> Raw:
        if "download" in asked.path or "file" in asked.path:
            return then
        state = left.pop(0) if len(left) > 1 else left[0]
        links = {"download": {"href": f"{EXPORT}/file.pdf"}} if state == "completed" else {}
        return reply(200, {"state": state, "_links": links})

    return script


PDF = reply(200, raw=b"%PDF-1.7", headers={"Content-Type": "application/pdf"})


def test_a_pdf_is_rendered_first(serve: Serve) -> None:
    """Asking starts it, asking again tells when it is done, and the link leads to it."""
    clock = Clock()
    server = serve(rendering("new", "requested", None, "unheard of", "completed", then=PDF))
    with client_of(server.url, clock).pdf(REPORT, RUN) as download:
        assert b"".join(download) == b"%PDF-1.7"
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]
    assert [asked.path for asked in server.asked] == [f"{EXPORT}/pdf.pdf"] * 5 + [f"{EXPORT}/file.pdf"]


def test_a_pdf_without_a_link_is_where_it_is_documented(serve: Serve) -> None:
    """A completed job without a link, and a download that is not there yet."""
    answers = [
        reply(200, {"state": "completed"}),
        reply(404, {"message": "export not yet generated"}),
        reply(200, {"state": "completed"}),
        PDF,
    ]
    server = serve(in_turn(*answers))
    assert b"".join(client_of(server.url).pdf(REPORT, RUN)) == b"%PDF-1.7"
    assert server.asked[-1].path == f"{EXPORT}/pdf/download"


@pytest.mark.parametrize(
    ("job", "kind", "words"),
    [
        ({"state": "failed"}, UnexpectedReply, "could not render"),
        ({"state": "requested"}, ModeTimeout, "not rendered within"),
        ([], ModeTimeout, "not rendered within"),
    ],
)
def test_a_pdf_that_does_not_come(serve: Serve, job: object, kind: type[ModeError], words: str) -> None:
    """Rendering may fail, or take longer than anybody wants to wait."""
    clock = Clock()
    with pytest.raises(kind, match=words):
        client_of(serve(in_turn(reply(200, job))).url, clock).pdf(REPORT, RUN, wait_for=20)
    assert sum(clock.slept) <= 31
