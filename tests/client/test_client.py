"""Every endpoint: verb, path, body, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from airflow_provider_mode.client.errors import BadRequest, ConfigurationError, UnexpectedReply
from airflow_provider_mode.client.models import Collection, Report, Run, Schedule
from airflow_provider_mode.client.people import Subscription
from tests.client.wire import Asked, Raw, Script, Wire, client_of, in_turn, reply, rows

Serve = Callable[[Script], Wire]
REPORT, SCHEDULE, RUN = "abcdefabcdef", "5c4ed01e5c4e", "123412341234"
BASE = f"/api/acme/reports/{REPORT}"


def last(server: Wire) -> tuple[str, str, Any]:
    """The last request: verb, path and JSON body."""
    asked = server.asked[-1]
    return asked.method, asked.path, json.loads(asked.body) if asked.body else None


def test_verify_is_the_credential_check(serve: Serve) -> None:
    """The key goes as HTTP Basic, with the headers of Mode's own clients, and the answer names the scope."""
    server = serve(in_turn(reply(200, {"workspace": "acme", "api_key_scope": "workspace"})))
    assert client_of(server.url).verify().sees_everything
    headers = server.asked[0].headers
    assert server.asked[0].path == "/api/verify"
    assert headers["authorization"].startswith("Basic ")
    assert (headers["accept"], headers["content-type"]) == ("application/hal+json", "application/json")
    assert headers["user-agent"].startswith("airflow-provider-mode/")


def test_a_key_of_no_workspace_is_an_error(serve: Serve) -> None:
    """Whatever answers `{}` has not vouched for the key, and the sentence says where to look."""
    server = serve(in_turn(reply(200, {})))
    with pytest.raises(UnexpectedReply, match=r"GET /api/verify answered 200.*without a workspace.*base URL"):
        client_of(server.url).verify()


@pytest.mark.parametrize("answer", [reply(204), reply(202), reply(200, [1])])
def test_a_reply_that_is_no_item_is_an_error(serve: Serve, answer: Raw) -> None:
    """What should be one item and is none is told as such."""
    server = serve(in_turn(answer))
    with pytest.raises(UnexpectedReply, match="the reply is") as caught:
        client_of(server.url).verify()
    assert not caught.value.maybe_done
    with pytest.raises(UnexpectedReply, match="the reply is") as caught:
        client_of(server.url).run(REPORT)
    assert caught.value.maybe_done


def test_one_report_and_one_person(serve: Serve) -> None:
    """A report by its characters, its URL or itself; a person by username."""
    server = serve(in_turn(reply(200, {"token": REPORT, "username": "owner"})))
    client = client_of(server.url)
    for name in (REPORT, f"{server.url}/acme/reports/{REPORT}", Report(token=REPORT)):
        assert client.report(name).token == REPORT
        assert last(server) == ("GET", BASE, None)
    assert client.user("ow/ner").username == "owner"
    assert server.asked[-1].target == "/api/ow%2Fner"
    assert client.report_url(REPORT) == f"{server.url}/acme/reports/{REPORT}"
    assert client.report_token(client.report_url(REPORT)) == REPORT


@pytest.mark.parametrize("name", ["", "..", "https://elsewhere.example.com/acme/reports/abcdefabcdef"])
def test_what_names_no_report_is_never_sent(serve: Serve, name: str) -> None:
    """Nothing is deleted by a name that is none."""
    server = serve(in_turn(reply(200)))
    with pytest.raises(ConfigurationError):
        client_of(server.url).delete_report(name)
    assert not server.asked


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, {"token": REPORT, "archived": True}),
        reply(202, {"token": REPORT, "archived": True}),
        reply(204),
        reply(200),
        reply(200, {"status": "ok"}),
    ],
)
def test_archive_accepts_any_success(serve: Serve, answer: Raw) -> None:
    """Whatever Mode says with its success, the report is archived."""
    server = serve(in_turn(answer))
    archived = client_of(server.url).archive(REPORT)
    assert (archived.token, archived.archived) == (REPORT, True)
    assert last(server) == ("PATCH", f"{BASE}/archive", None)


def test_what_is_so_already_is_no_failure(serve: Serve) -> None:
    """A 400 is looked into: archived already is archived, anything else is the error it was."""
    said = reply(400, {"id": "bad_request", "message": "Already archived"})
    for verb, flag in (("archive", True), ("unarchive", False)):
        server = serve(in_turn(said, reply(200, {"token": REPORT, "archived": flag})))
        assert getattr(client_of(server.url), verb)(REPORT).archived is flag
        assert [asked.method for asked in server.asked] == ["PATCH", "GET"]
        server = serve(in_turn(said, reply(200, {"token": REPORT, "archived": not flag})))
        with pytest.raises(BadRequest, match="Already archived"):
            getattr(client_of(server.url), verb)(REPORT)
    server = serve(in_turn(said, reply(200, {"token": REPORT})))
    with pytest.raises(BadRequest):
        client_of(server.url).unarchive(REPORT)


def test_changes(serve: Serve) -> None:
    """Moving, deleting, purging: each with the body that Mode takes."""
    server = serve(in_turn(reply(202)))
    client = client_of(server.url)
    assert client.move(REPORT, collection=Collection(token="c")).collection == "c"
    assert client.move(Report(token=REPORT), collection="c").collection == "c"
    assert last(server) == ("PATCH", BASE, {"report": {"space_token": "c"}})
    client.delete_report(REPORT)
    assert last(server) == ("DELETE", BASE, None)
    client.purge_results(before=date(2026, 1, 2))
    assert last(server) == ("POST", "/api/acme/reports/purge", {"time": "2026-01-02"})
    assert server.asked[-1].query == {"time": "2026-01-02"}
    client.purge_results(datetime(2026, 1, 2, 23, tzinfo=UTC), until=date(2026, 2, 1))
    assert server.asked[-1].query == {"time": "2026-01-02", "end_time": "2026-02-01"}


def test_schedules_are_created_and_deleted(serve: Serve) -> None:
    """A definition is wrapped as Mode wants it, unless it is already."""
    server = serve(in_turn(reply(200, {"token": SCHEDULE})))
    client = client_of(server.url)
    definition = {"cron": {"freq": "daily"}, "params": {}}
    for body in (definition, {"report_schedule": definition}):
        assert client.create_schedule(REPORT, body).token == SCHEDULE
        assert last(server) == ("POST", f"{BASE}/schedules", {"report_schedule": definition})
    client.delete_schedule(REPORT, Schedule(token=SCHEDULE))
    assert last(server) == ("DELETE", f"{BASE}/schedules/{SCHEDULE}", None)


def test_who_is_sent_what(serve: Serve) -> None:
    """Subscriptions of a schedule, and their members by Mode's links or by the documented path."""
    href = {"href": f"{BASE}/subscriptions/s/email_here{{?page}}"}
    row = {"_links": {"self": {"href": f"{BASE}/subscriptions/s"}, "email_subscription_memberships": href}}

    def script(asked: Asked) -> Raw:
        if asked.path.endswith("subscriptions"):
            return rows("report_subscriptions", [row])
        if "email" in asked.path:
            return rows("anything", [{"id": 5, "email": "reader@example.com"}])
        return (
            rows("slack_subscription_memberships", [{"channel": "#news"}])
            if len(server.asked) < 6
            else reply(404)
        )

    server = serve(script)
    client = client_of(server.url)
    (subscription,) = client.subscriptions(REPORT, SCHEDULE)
    assert last(server)[1] == f"{BASE}/schedules/{SCHEDULE}/subscriptions"
    assert next(client.subscriptions(REPORT)).token == "s"
    assert last(server)[1] == f"{BASE}/subscriptions"
    members = list(client.subscription_members(REPORT, subscription))
    assert [(member.token, member.kind) for member in members] == [("5", "email"), ("#news", "slack")]
    assert members[0].raw["email"] == "reader@example.com"
    assert [asked.path for asked in server.asked[-2:]] == [
        f"{BASE}/subscriptions/s/email_here",
        f"{BASE}/subscriptions/s/slack_memberships",
    ]
    assert [member.kind for member in client.subscription_members(REPORT, "s")] == ["email"]
    assert server.asked[-2].path == f"{BASE}/subscriptions/s/email_memberships"


def test_a_link_to_another_host_is_not_followed(serve: Serve) -> None:
    """A link in a reply cannot send the key elsewhere: the documented path is asked instead."""
    server = serve(in_turn(rows("x", [])))
    there = {"email_subscription_memberships": {"href": "https://elsewhere.example.com/api/x"}}
    odd = Subscription(
        token="s", raw={"_links": {**there, "slack_subscription_memberships": {"href": "x/y"}}}
    )
    assert list(client_of(server.url).subscription_members(REPORT, odd)) == []
    assert [asked.path for asked in server.asked] == [
        f"{BASE}/subscriptions/s/{kind}_memberships" for kind in ("email", "slack")
    ]


def test_runs(serve: Serve) -> None:
    """Starting, looking at and listing runs."""
    server = serve(in_turn(reply(202, {"token": RUN, "state": "enqueued"})))
    client = client_of(server.url)
    assert client.run(REPORT).state == "enqueued"
    assert last(server) == ("POST", f"{BASE}/runs", {"parameters": {}})
    assert client.report_run(REPORT, RUN).token == RUN
    assert last(server) == ("GET", f"{BASE}/runs/{RUN}", None)
    server = serve(in_turn(rows("report_runs", [{"token": RUN}, {"token": "older"}])))
    newest = client_of(server.url).last_run(REPORT)
    assert newest is not None
    assert newest.token == RUN
    assert (len(server.asked), server.asked[0].query) == (1, {"per_page": "30", "page": "1"})
    assert client_of(serve(in_turn(rows("report_runs", []))).url).last_run(REPORT) is None


@pytest.mark.parametrize("action", [f"{BASE}/runs/{RUN}/cancel", f"/acme/reports/{REPORT}/runs/{RUN}/cancel"])
def test_a_run_is_cancelled_by_the_form_it_offers(serve: Serve, action: str) -> None:
    """The form's method and action are used; actions have been seen without their `/api`."""
    run = {"token": RUN, "state": "pending", "_forms": {"cancel": {"method": "post", "action": action}}}
    server = serve(in_turn(reply(200, run), reply(200)))
    assert client_of(server.url).cancel_run(REPORT, Run(token=RUN))
    assert last(server) == ("POST", f"{BASE}/runs/{RUN}/cancel", None)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"_forms": []},
        {"_forms": {"cancel": None}},
        {"_forms": {"cancel": {"method": "post"}}},
        {"_forms": {"cancel": {"method": "get", "action": "/api/x"}}},
        {"_forms": {"cancel": {"method": "post", "action": "https://elsewhere.example.com/x"}}},
        {"_forms": {"cancel": {"method": "post", "action": "/api/x"}}, "state": "succeeded"},
    ],
)
def test_a_run_that_offers_no_cancelling_is_left_alone(serve: Serve, more: dict[str, Any]) -> None:
    """Without a usable form, or when the run has ended, nothing is sent."""
    server = serve(in_turn(reply(200, {"token": RUN, **more})))
    assert client_of(server.url).cancel_run(REPORT, RUN) is False
    assert len(server.asked) == 1


def test_dataset_reports(serve: Serve) -> None:
    """The reports that import a dataset."""
    server = serve(in_turn(rows("reports", [{"token": "r"}]), rows("reports", [])))
    assert [report.token for report in client_of(server.url).dataset_reports(REPORT)] == ["r"]
    assert server.asked[0].path == f"/api/acme/datasets/{REPORT}/reports"
