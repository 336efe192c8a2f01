"""Where lists end: as a pure state, and over the wire against servers that misbehave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_mode.client.errors import ModeError, NotFound, UnexpectedReply
from airflow_provider_mode.client.listing import Listing, items
from airflow_provider_mode.client.models import Collection
from airflow_provider_mode.client.pages import EndlessError, Pages
from tests.client.wire import Asked, Raw, Script, Wire, client_of, html, in_turn, reply, rows

Serve = Callable[[Script], Wire]


def tokens(first: int, last: int) -> list[dict[str, Any]]:
    """Rows with numbered tokens."""
    return [{"token": f"{number:012d}"} for number in range(first, last + 1)]


def paged(key: str, items: list[dict[str, Any]], size: int = 3, **more: Any) -> Script:
    """A well-behaved list."""
    return lambda asked: rows(key, items[(asked.page - 1) * size : asked.page * size], **more)


def test_a_list_that_went_on_is_known_to_have_pages() -> None:
    """One page proves nothing, a second with rows of its own does, and the end does not take it back."""
    pages = Pages()
    seen = []
    for names in (["a"], ["b"], []):
        pages.feed(names)
        seen.append(pages.went_on)
    assert (seen, pages.done) == ([False, True, True], True)


def test_a_list_walked_again_keeps_its_bounds() -> None:
    """What was seen stays seen, the walk begins anew, and it may not become longer than the first."""
    pages = Pages(most_pages=2)
    pages.feed(["a"])
    again = pages.again()
    assert (again.most_pages, again.next_page, again.seen) == (2, 1, {"a"})
    assert again.feed(["a", "b"]) == [1]


def test_an_empty_page_ends_a_list(serve: Serve) -> None:
    """A short page ends nothing, an empty one does."""
    server = serve(in_turn(rows("spaces", tokens(1, 1)), rows("spaces", tokens(2, 4)), rows("spaces", [])))
    assert len(list(client_of(server.url).collections())) == 4
    assert [asked.query["page"] for asked in server.asked] == ["1", "2", "3"]
    assert {asked.query["filter"] for asked in server.asked} == {"all"}


def test_a_repeated_last_page_ends_a_list(serve: Serve) -> None:
    """A server that answers the last page for ever, or clamps the number, is found out."""
    server = serve(in_turn(rows("spaces", tokens(1, 3)), rows("spaces", tokens(4, 5))))
    assert len(list(client_of(server.url).collections())) == 5
    assert len(server.asked) == 3


def test_exhausted_counters_end_a_list_whatever_the_next_link_says(serve: Serve) -> None:
    """Mode's groups link to a next page past the end and at a wrong address: the counters count."""
    more = {
        "pagination": {"page": 1, "per_page": 20, "count": 2, "total_pages": 1, "total_count": 2},
        "_links": {"next_page": {"href": "/api/1234567/groups.acme?page=2"}},
    }
    server = serve(in_turn(rows("groups", tokens(1, 2), **more)))
    assert len(list(client_of(server.url).groups())) == 2
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "counters",
    [
        {"total_pages": 0},
        {"total_pages": "many", "total_count": -4},
        {"total_pages": None},
        {"total_pages": 1, "total_count": 6},
        "none",
    ],
)
def test_counters_that_cannot_be_true_end_nothing(serve: Serve, counters: Any) -> None:
    """Counters that are malformed or contradict the rows are passed over, and an empty page ends the list."""
    server = serve(paged("spaces", tokens(1, 6), pagination=counters))
    assert len(list(client_of(server.url).collections())) == 6
    reached = isinstance(counters, dict) and counters.get("total_count") == 6
    assert len(server.asked) == (2 if reached else 3)


def test_rows_that_moved_between_pages_are_all_found(serve: Serve) -> None:
    """When a row pushes others onto the next page, the list is walked again, and nothing comes twice."""
    shifted = [{"token": "new000000000"}, *tokens(1, 6)]
    walks = [0]

    def script(asked: Asked) -> Raw:
        walks[0] += asked.page == 1
        items = tokens(1, 6) if (walks[0], asked.page) == (1, 1) else shifted
        return rows("spaces", items[(asked.page - 1) * 3 : asked.page * 3])

    server = serve(script)
    found = [space.token for space in client_of(server.url).collections()]
    assert sorted(found) == sorted(row["token"] for row in shifted)
    assert walks == [2]


def test_a_total_that_changed_means_that_rows_moved(serve: Serve) -> None:
    """A row that vanished pulls others to the page before, unseen: only the counters tell."""
    left = [*tokens(1, 1), *tokens(3, 6)]
    walks = [0]

    def script(asked: Asked) -> Raw:
        walks[0] += asked.page == 1
        items = tokens(1, 6) if (walks[0], asked.page) == (1, 1) else left
        counters = {"page": asked.page, "total_pages": 2, "total_count": len(items)}
        return rows("spaces", items[(asked.page - 1) * 3 : asked.page * 3], pagination=counters)

    server = serve(script)
    found = {space.token for space in client_of(server.url).collections()}
    assert found == {row["token"] for row in tokens(1, 6)}
    assert walks == [2]


def test_a_list_that_never_holds_still_is_an_error(serve: Serve) -> None:
    """After four walks the error names the list."""
    walks = [0]

    def script(asked: Asked) -> Raw:
        walks[0] += asked.page == 1
        new = [{"token": f"new{walks[0]:09d}"}]
        return rows("spaces", [[*tokens(1, 2)], [*tokens(2, 2), *new], []][asked.page - 1])

    server = serve(script)
    with pytest.raises(UnexpectedReply, match="rows kept moving") as caught:
        list(client_of(server.url).collections())
    assert caught.value.path == "/api/acme/spaces"
    assert walks == [4]


def test_runs_that_begin_meanwhile_do_not_matter(serve: Serve) -> None:
    """The list of runs grows at its head while it is read, and is taken as it comes."""
    pages = [rows("report_runs", tokens(4, 6)), rows("report_runs", [*tokens(6, 6), *tokens(7, 8)])]
    server = serve(in_turn(*pages, rows("report_runs", [])))
    assert len(list(client_of(server.url).runs("abcdefabcdef"))) == 5
    assert len(server.asked) == 3


def test_a_list_without_end_is_an_error(serve: Serve) -> None:
    """A server that invents rows for ever does not get read for ever."""
    pages = Pages(most_pages=2)
    pages.feed(["a"])
    pages.feed(["b"])
    with pytest.raises(EndlessError):
        pages.feed(["c"])
    server = serve(lambda asked: reply(200, raw=_row(asked.page)))
    listing = Listing(path="/api/acme/spaces", key="spaces", model=Collection, most_pages=5)
    with pytest.raises(UnexpectedReply, match="does not end"):
        list(items(client_of(server.url)._session, listing))
    assert len(server.asked) == 6


def _row(number: int) -> bytes:
    return b'{"_embedded":{"spaces":[{"token":"%d"}]}}' % number


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"_embedded": {}},
        {"_embedded": {"spaces": None}},
        {"_embedded": {"a": [], "b": []}},
        5,
        None,
        "x",
    ],
)
def test_a_reply_without_the_list_is_an_error(serve: Serve, body: Any) -> None:
    """A good status without a list is no empty list: it would end a walk as if all was read."""
    server = serve(in_turn(reply(200, raw=b"null") if body is None else reply(200, body)))
    with pytest.raises(UnexpectedReply, match="no list of spaces"):
        list(client_of(server.url).collections())


@pytest.mark.parametrize("row", [None, 7, {}, {"token": None}, {"token": ""}, {"token": True}])
def test_a_row_that_nothing_names_is_an_error(serve: Serve, row: Any) -> None:
    """A row that cannot be used is not left out silently."""
    server = serve(in_turn(rows("spaces", [row])))
    with pytest.raises(UnexpectedReply, match="holds a Collection"):
        list(client_of(server.url).collections())


def test_a_list_under_another_name_is_found(serve: Serve) -> None:
    """Nobody saw what collection permissions are embedded as: the only list there is will be it."""
    row = {"token": "aaaaaaaaaaaa", "action": "edit", "accessor_type": "UserGroup", "accessor_token": "g1"}
    server = serve(in_turn(rows("whatever", [row]), rows("whatever", [])))
    (found,) = client_of(server.url).permissions("abcabcabcabc")
    assert (found.action, found.accessor_type, found.accessor) == ("edit", "UserGroup", "g1")


def test_lists_that_come_whole_cost_one_request(serve: Serve) -> None:
    """Mode serves the queries of a run at once and ignores `page`."""
    server = serve(in_turn(rows("query_runs", tokens(1, 40))))
    assert len(list(client_of(server.url).query_runs("abcdefabcdef", "123412341234"))) == 40
    assert [asked.query for asked in server.asked] == [{}]


@pytest.mark.parametrize(("count", "requests"), [(0, 0), (2, 1), (4, 2), (None, 3), (9, 3)])
def test_a_known_count_ends_a_schedule_list(serve: Serve, count: int | None, requests: int) -> None:
    """With `schedules_count` no request asks for the end, and none at all when it is 0."""
    server = serve(paged("report_schedules", tokens(1, 4)))
    found = list(client_of(server.url).schedules("abcdefabcdef", count))
    assert len(found) == (0 if count == 0 else 2 + 2 * (requests > 1) + (count == 2))
    assert len(server.asked) == requests


def test_members_fall_back_to_the_short_list(serve: Serve) -> None:
    """A member's key gets 404 for the full list, and then the short one is read at once."""
    lite = {"member_token": "m1", "email": "owner@example.com", "username": "owner", "state": "active"}

    def script(asked: Asked) -> Raw:
        return rows("memberships", [lite]) if asked.path.endswith("/lite") else reply(404)

    server = serve(script)
    (member,) = client_of(server.url).members()
    assert (member.token, member.email, member.username) == ("m1", "owner@example.com", "owner")
    assert len(server.asked) == 2


def test_members_of_the_full_list(serve: Serve) -> None:
    """The full list names a member by link; a 404 in its midst is an error, no reason to begin anew."""
    row = {"member_token": "m1", "admin": True, "_links": {"user": {"href": "/api/owner"}}}
    server = serve(in_turn(rows("memberships", [row]), reply(404)))
    found = client_of(server.url).members()
    first = next(found)
    assert (first.username, first.admin) == ("owner", True)
    with pytest.raises(NotFound):
        next(found)
    assert list(client_of(serve(in_turn(rows("memberships", []))).url).members()) == []


@pytest.mark.parametrize("answer", [html(), reply(403), reply(404), reply(500)])
def test_a_list_that_breaks_off_raises(serve: Serve, answer: Raw) -> None:
    """What cannot be read is an error that names it, never a shorter list."""
    server = serve(in_turn(rows("spaces", tokens(1, 3)), answer))
    with pytest.raises(ModeError, match="/api/acme/spaces"):
        list(client_of(server.url).collections())


@given(st.lists(st.lists(st.integers(0, 30), max_size=6), max_size=8))
def test_pages_keep_each_row_once(pages: list[list[int]]) -> None:
    """Whatever a server sends, each row is new once, and the walk ends at the first page without one."""
    walk, met = Pages(), []
    for page in pages:
        if walk.done:
            break
        names = [str(number) for number in page]
        new = walk.feed(names)
        met += [names[index] for index in new]
        assert walk.done is (not new)
    assert len(met) == len(set(met))
    assert set(met) == walk.seen
