"""The Discovery API: bulk lists to their end, a key of its own, and errors that say what to do."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_mode.client import (
    AuthenticationError,
    BadRequest,
    ConfigurationError,
    ModeClient,
    ModeConfig,
    NotFound,
    PermissionDenied,
    Signature,
    UnexpectedReply,
)
from airflow_provider_mode.client.discovery import _fed
from airflow_provider_mode.client.discovery_models import ReportStat
from airflow_provider_mode.client.pages import Pages
from airflow_provider_mode.sandbox.sandbox import Sandbox
from tests.client.conftest import Serve
from tests.client.wire import Asked, FreePacer, Raw, Script, client_of, drop, in_turn, reply

SIGNATURE = Signature(token="sig0", access_key="key0-key0", access_secret="word0-word0")
BEARER = base64.b64encode(b"sig0:key0-key0:word0-word0").decode()


def client(sandbox: Sandbox, signature: Signature | None = None) -> ModeClient:
    """A client of the sandbox, with its own signature unless another is given."""
    config = ModeConfig(
        workspace=sandbox.workspace,
        login=sandbox.login,
        password=sandbox.password,
        host=sandbox.url,
        rate_limit=None,
        discovery=signature or Signature(**sandbox.discovery),
    )
    return ModeClient(config, pacer=FreePacer())


def listed(*reports: str, **more: Any) -> Raw:
    """A page of reports."""
    return reply(200, {"reports": [{"token": report} for report in reports], **more})


def paged(*pages: list[str], counters: bool = True, links: bool = True) -> Script:
    """Pages with counters and next links, or with one of the two."""

    def script(asked: Asked) -> Raw:
        number = asked.page or 1
        more: dict[str, Any] = {}
        if counters:
            total = sum(map(len, pages))
            more["pagination"] = {"page": number, "total_pages": len(pages), "total_count": total}
        if links and number < len(pages):
            target = f"/batch/acme/reports?page={number + 1}&per_page=1000"
            more["_links"] = {"next_page": {"href": target}}
        return listed(*(pages[number - 1] if number <= len(pages) else []), **more)

    return script


def names(found: ModeClient) -> list[str]:
    """The tokens of the reports that Discovery lists."""
    return [report.token for report in found.discovery.reports()]


def test_every_list_of_the_sandbox_is_read_whole(mode_sandbox: Sandbox) -> None:
    """Personal collections included, and each row with what it is listed for."""
    discovery, state = client(mode_sandbox).discovery, mode_sandbox.state
    reports = {report.token: report for report in discovery.reports()}
    wanted = {token: report for token, report in state.reports.items() if not report.is_dataset}
    assert reports.keys() == wanted.keys()
    assert all(
        row.last_viewed_at == wanted[token].last_viewed_at and row.collection == wanted[token].collection
        for token, row in reports.items()
    )
    stats = {stat.token: stat for stat in discovery.report_stats()}
    assert all(stat.view_count == (wanted[token].view_count or 0) for token, stat in stats.items())
    assert all(stat.schedules_count == len(wanted[token].schedules) for token, stat in stats.items())
    assert {space.token for space in discovery.spaces()} == state.collections.keys()
    assert {query.report for query in discovery.queries()} <= wanted.keys()
    assert {chart.report for chart in discovery.charts()} <= wanted.keys()
    members = list(discovery.members())
    assert {member.username for member in members} == state.members.keys()
    assert all(member.email and member.activated_at for member in members)


def test_without_personal_collections_their_reports_are_left_out(mode_sandbox: Sandbox) -> None:
    """Which is what Discovery does by default."""
    discovery = client(mode_sandbox).discovery
    shared = {report.token for report in discovery.reports(personal=False)}
    assert shared < {report.token for report in discovery.reports()}
    assert shared == {stat.token for stat in discovery.report_stats(personal=False)}


def test_both_spellings_are_read(mode_sandbox: Sandbox) -> None:
    """Mode's pages disagree on the key of members and on the name of the count of views."""
    discovery = client(mode_sandbox).discovery
    before = (
        [(stat.token, stat.view_count) for stat in discovery.report_stats()],
        len(list(discovery.members())),
    )
    mode_sandbox.switch(discovery_members="memberships", discovery_views="total_views_count")
    after = (
        [(stat.token, stat.view_count) for stat in discovery.report_stats()],
        len(list(discovery.members())),
    )
    assert before == after


@pytest.mark.parametrize(
    ("row", "known", "views"),
    [
        ({"view_count": 3}, True, 3),
        ({"total_views_count": 4}, True, 4),
        ({"view_count": None}, True, None),
        ({"view_count": "many"}, False, None),
        ({}, False, None),
    ],
)
def test_a_count_of_views_is_known_under_either_name(
    row: dict[str, Any], known: bool, views: int | None
) -> None:
    """Null is an answer, a malformed count is none."""
    stat = ReportStat.from_json({"report_token": "r", "recent_manual_run_creators_emails": [1], **row})
    assert (stat.known("view_count"), stat.view_count) == (known, views)
    assert not stat.known("recent_manual_run_creators")
    assert not stat.known("schedules_count")


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        (paged(["a", "b"], ["c"]), 2),
        (paged(["a", "b"], ["c"], links=False), 2),
        (paged(["a", "b"], ["c"], counters=False), 2),
        (paged(["a", "b", "c"], links=False, counters=False), 1),
        (in_turn(listed("a", "b", "c", _links={"next_page": {"href": "/batch/acme/reports?page=1"}})), 2),
        (paged(["a", "b"], ["b"], ["c"]), 2),
        (paged(["a", "b", "c"], []), 2),
    ],
)
def test_a_list_ends_where_links_counters_or_new_rows_do(serve: Serve, script: Script, asked: int) -> None:
    """Whichever of them a server gives, and with a request more than there are pages at most."""
    server = serve(script)
    found = names(client_of(server.url, discovery=SIGNATURE))
    assert found == ["a", "b", "c"][: len(found)]
    assert len(server.asked) == asked


def test_a_list_without_end_is_an_error() -> None:
    """A server that makes up rows for ever must not keep a task busy for ever."""
    pages = Pages(most_pages=1)
    assert _fed(pages, "/batch/acme/reports", [ReportStat(token="a")], {}) == [0]
    with pytest.raises(UnexpectedReply, match="does not end"):
        _fed(pages, "/batch/acme/reports", [ReportStat(token="b")], {})


def test_what_is_asked_for(serve: Serve) -> None:
    """A thousand rows a page, personal collections, the Bearer; also on the pages that links lead to."""
    server = serve(paged(["a"], ["b"]))
    names(client_of(server.url, discovery=SIGNATURE))
    for asked in server.asked:
        assert asked.query == {"per_page": "1000", "include_spaces": "all"} | (
            {"page": "2"} if asked.page else {}
        )
        assert asked.headers["authorization"] == f"Bearer {BEARER}"
        assert asked.headers["accept"] == "application/json"


@pytest.mark.parametrize(
    "href", ["https://elsewhere.example/batch/acme/reports?page=2", "/batch/other/reports"]
)
def test_a_next_page_elsewhere_is_not_followed(serve: Serve, href: str) -> None:
    """The key would go with it."""
    server = serve(in_turn(listed("a", _links={"next_page": {"href": href}})))
    with pytest.raises(UnexpectedReply, match="leads elsewhere"):
        names(client_of(server.url, discovery=SIGNATURE))
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply(200, [1]), "holds no list"),
        (reply(200, {"reports": None}), "no list of reports"),
        (reply(200, {"reports": [{}]}), "without a token"),
    ],
)
def test_a_reply_that_is_no_list_is_an_error(serve: Serve, answer: Raw, why: str) -> None:
    """An inventory must not be empty by mistake."""
    with pytest.raises(UnexpectedReply, match=why):
        names(client_of(serve(in_turn(answer)).url, discovery=SIGNATURE))


def test_without_a_signature_nothing_is_asked(serve: Serve) -> None:
    """The API key does not open Discovery."""
    server = serve(paged(["a"]))
    found = client_of(server.url)
    assert not found.discovery.available
    with pytest.raises(ConfigurationError, match="no signature"):
        names(found)
    assert server.asked == []


def test_a_plan_without_discovery_is_told(mode_sandbox: Sandbox) -> None:
    """Nothing is wrong with the key then, and another one would not help."""
    mode_sandbox.switch(discovery_plan="none")
    with pytest.raises(PermissionDenied, match="not part of the workspace's plan"):
        names(client(mode_sandbox))


def test_an_expired_signature_is_told_and_its_secret_is_not(mode_sandbox: Sandbox) -> None:
    """Neither in the error, nor in any repr on the way."""
    found = client(mode_sandbox)
    made = found.discovery.mint("for the test", mode_sandbox.now + timedelta(days=1))
    own = client(mode_sandbox, made.signature)
    assert names(own) == names(found)
    mode_sandbox.advance("2d")
    with pytest.raises(AuthenticationError, match="unknown, revoked or expired") as caught:
        names(own)
    parts = made.signature.token, made.signature.access_key, made.signature.access_secret
    shown = [str(caught.value), repr(made), repr(made.signature), repr(own), repr(own.discovery)]
    assert not any(part in text for part in parts for text in shown)


def test_a_signature_is_minted_and_revoked_with_the_api_key(mode_sandbox: Sandbox) -> None:
    """The Bearer is for reading only."""
    found = client(mode_sandbox)
    made = found.discovery.mint("inventory", datetime(2030, 1, 2, 3, 4, 5, 678, tzinfo=UTC))
    assert (made.name, made.expires_at) == ("inventory", datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC))
    found.discovery.revoke(made.signature)
    with pytest.raises(AuthenticationError):
        names(client(mode_sandbox, made.signature))
    with pytest.raises(NotFound):
        found.discovery.revoke(made.signature)


def test_a_lost_reply_to_a_revocation_is_no_failure(serve: Serve) -> None:
    """The first try did it; the second finds nothing left to revoke."""
    server = serve(in_turn(drop(), reply(404, {"id": "not_found", "message": "gone"})))
    client_of(server.url).discovery.revoke(SIGNATURE)
    assert [asked.target for asked in server.asked] == ["/batch/acme/signature_tokens/sig0"] * 2


def test_a_signature_that_cannot_be_right_is_refused_before_asking(serve: Serve) -> None:
    """Its name has 4 to 64 characters, and its end a time zone."""
    server = serve(paged(["a"]))
    discovery = client_of(server.url).discovery
    with pytest.raises(ConfigurationError, match="4 to 64"):
        discovery.mint("abc", datetime(2030, 1, 1, tzinfo=UTC))
    with pytest.raises(ConfigurationError, match="time zone"):
        discovery.mint("abcd", datetime(2030, 1, 1))  # noqa: DTZ001 - that is what is refused
    assert server.asked == []


@pytest.mark.parametrize("body", [[], {"token": "t", "access_key": "k"}])
def test_a_minting_whose_reply_holds_no_signature_is_told(serve: Serve, body: Any) -> None:
    """It may exist all the same, and then wants revoking by hand."""
    with pytest.raises(UnexpectedReply, match="may have been made"):
        client_of(serve(in_turn(reply(200, body))).url).discovery.mint(
            "abcd", datetime(2030, 1, 1, tzinfo=UTC)
        )


def test_other_refusals_pass_as_they_are(serve: Serve) -> None:
    """Only what has to do with the signature is explained."""
    with pytest.raises(BadRequest, match="per_page"):
        names(
            client_of(
                serve(in_turn(reply(400, {"id": "bad_request", "message": "per_page"}))).url,
                discovery=SIGNATURE,
            )
        )
