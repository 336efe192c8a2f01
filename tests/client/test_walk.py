"""Many collections read at once: complete, economical, and with an error for what could not be read."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_mode.client.errors import (
    AuthenticationError,
    ConnectionFailed,
    ModeError,
    NotFound,
    PermissionDenied,
    RateLimited,
    UnexpectedReply,
)
from airflow_provider_mode.client.models import Collection, Report
from tests.client.wire import Asked, Clock, Raw, Script, Wire, client_of, closed_port, html, reply, rows

Serve = Callable[[Script], Wire]
SIZE = 3


class Workspace:
    """Collections and their reports, by size; answers may be overruled for a path and page."""

    def __init__(self, **sizes: int) -> None:
        self.reports = {
            name: [{"token": f"{name}{number:04d}", "type": "Report"} for number in range(size)]
            for name, size in sizes.items()
        }
        self.overruled: dict[tuple[str, int], Callable[[Asked], Raw]] = {}

    @property
    def collections(self) -> list[Collection]:
        """All of them."""
        return [Collection(token=name) for name in self.reports]

    def __call__(self, asked: Asked) -> Raw:
        """The script."""
        if asked.path.endswith("/spaces"):
            return rows("spaces", [{"token": name} for name in self.reports] if asked.page == 1 else [])
        name = asked.path.split("/")[-2]
        overruled = self.overruled.get((name, asked.page))
        return overruled(asked) if overruled else self.page(name, asked.page)

    def page(self, name: str, number: int) -> Raw:
        """What Mode would answer."""
        return rows("reports", self.reports[name][(number - 1) * SIZE : number * SIZE])

    @property
    def needed(self) -> int:
        """What a walk costs: a request a page, and one more a collection."""
        return sum(-(-len(reports) // SIZE) + 1 for reports in self.reports.values())


def found(client: Any, workspace: Workspace) -> tuple[dict[str, list[str]], dict[str, ModeError]]:
    """A walk's reports and errors, by collection."""
    reports: dict[str, list[str]] = {collection.token: [] for collection in workspace.collections}
    errors: dict[str, ModeError] = {}
    for collection, item in client.walk(workspace.collections):
        if isinstance(item, Report):
            reports[collection.token].append(item.token)
        else:
            assert collection.token not in errors
            errors[collection.token] = item
    return reports, errors


@pytest.mark.parametrize("concurrency", [1, 2, 8])
def test_a_walk_is_complete_and_costs_a_request_a_page_and_one_a_collection(
    serve: Serve, concurrency: int
) -> None:
    """Everything is found once, and at most `concurrency` requests in all were needless."""
    workspace = Workspace(a=0, b=1, c=3, d=7, e=31, f=2, g=60)
    server = serve(workspace)
    reports, errors = found(client_of(server.url, concurrency=concurrency), workspace)
    assert not errors
    assert reports == {name: [row["token"] for row in items] for name, items in workspace.reports.items()}
    assert workspace.needed <= len(server.asked) <= workspace.needed + concurrency
    assert server.most_flying <= concurrency
    assert len(Counter(asked.target for asked in server.asked)) == len(server.asked)


def test_one_long_collection_is_asked_ahead(serve: Serve) -> None:
    """When nothing else is left to ask, the pages of a long chain are in flight together."""
    workspace = Workspace(a=90)
    gate, waiting = threading.Event(), threading.Semaphore(0)

    def slow(asked: Asked) -> Raw:
        waiting.release()
        answer = workspace.page("a", asked.page)
        return Raw(answer.content, until=gate)

    for page in range(4, 8):
        workspace.overruled["a", page] = slow
    server = serve(workspace)

    def open_when_together() -> None:
        for _ in range(4):
            waiting.acquire(timeout=20)
        gate.set()

    watcher = threading.Thread(target=open_when_together)
    watcher.start()
    reports, errors = found(client_of(server.url, concurrency=4), workspace)
    watcher.join()
    assert not errors
    assert len(reports["a"]) == 90
    assert server.most_flying == 4
    assert len(server.asked) <= workspace.needed + 4


def test_counters_keep_the_look_ahead_within_the_list(serve: Serve) -> None:
    """Where a server counts pages after all, none is asked for past the last."""
    workspace = Workspace(a=30)

    def counted(asked: Asked) -> Raw:
        items = workspace.reports["a"][(asked.page - 1) * SIZE : asked.page * SIZE]
        return rows("reports", items, pagination={"page": asked.page, "total_pages": 10, "total_count": 30})

    for page in range(1, 20):
        workspace.overruled["a", page] = counted
    server = serve(workspace)
    reports, errors = found(client_of(server.url), workspace)
    assert (len(reports["a"]), errors, len(server.asked)) == (30, {}, 10)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(403), PermissionDenied),
        (reply(404), NotFound),
        (html(), UnexpectedReply),
        (reply(200, {}), UnexpectedReply),
    ],
)
@pytest.mark.parametrize("page", [1, 3])
def test_a_collection_that_cannot_be_read_is_an_error_and_nothing_else(
    serve: Serve, answer: Raw, kind: type[ModeError], page: int
) -> None:
    """The error names the collection, none of its rows come out, and the others are whole."""
    workspace = Workspace(a=20, b=20, c=4)
    workspace.overruled["b", page] = lambda _: answer
    server = serve(workspace)
    reports, errors = found(client_of(server.url), workspace)
    assert set(errors) == {"b"}
    assert type(errors["b"]) is kind
    assert errors["b"].path == "/api/acme/spaces/b/reports"
    assert {name: len(tokens) for name, tokens in reports.items()} == {"a": 20, "b": 0, "c": 4}


def test_a_page_asked_past_the_end_may_fail(serve: Serve) -> None:
    """An error beyond the end of a list says nothing about the list."""
    workspace = Workspace(a=24)
    for page in range(10, 20):
        workspace.overruled["a", page] = lambda _: reply(404)
    server = serve(workspace)
    reports, errors = found(client_of(server.url), workspace)
    assert (len(reports["a"]), errors) == (24, {})


@pytest.mark.parametrize(("answer", "kind"), [(reply(401), AuthenticationError), (reply(429), RateLimited)])
def test_what_concerns_all_collections_is_raised(serve: Serve, answer: Raw, kind: type[ModeError]) -> None:
    """A bad key or an exhausted limit ends the walk."""
    workspace = Workspace(a=5, b=5)
    workspace.overruled["b", 1] = lambda _: answer
    server = serve(workspace)
    with pytest.raises(kind):
        found(client_of(server.url, retry_for=0.01), workspace)


def test_a_host_that_is_not_there_is_raised() -> None:
    """Patience is spent once, not once a collection."""
    clock = Clock()
    workspace = Workspace(a=5, b=5, c=5)
    with pytest.raises(ConnectionFailed):
        found(client_of(f"http://127.0.0.1:{closed_port()}", clock, concurrency=1), workspace)
    assert sum(clock.slept) == pytest.approx(30.0)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_reports_that_moved_between_pages_are_all_found(serve: Serve, concurrency: int) -> None:
    """A collection whose rows shift while it is read is walked again; each report comes out once."""
    workspace = Workspace(a=12, b=3)
    first = workspace.reports["a"]
    shifted = [{"token": "anew"}, *first]
    walks = [0]

    def moving(asked: Asked) -> Raw:
        walks[0] += asked.page == 1
        items = first if (walks[0], asked.page) == (1, 1) else shifted
        return rows("reports", items[(asked.page - 1) * SIZE : asked.page * SIZE])

    for page in range(1, 12):
        workspace.overruled["a", page] = moving
    server = serve(workspace)
    reports, errors = found(client_of(server.url, concurrency=concurrency), workspace)
    assert not errors
    assert sorted(reports["a"]) == sorted(row["token"] for row in shifted)
    assert walks == [2]


def test_a_collection_that_never_holds_still_is_an_error(serve: Serve) -> None:
    """After four walks the error stands for the collection, and none of its rows come out."""
    workspace = Workspace(a=6, b=3)
    walks = [0]

    def moving(asked: Asked) -> Raw:
        walks[0] += asked.page == 1
        one, two = workspace.reports["a"][:3], workspace.reports["a"][3:]
        return rows("reports", [one, [one[0], *two, {"token": f"x{walks[0]}"}], []][asked.page - 1])

    for page in range(1, 4):
        workspace.overruled["a", page] = moving
    server = serve(workspace)
    reports, errors = found(client_of(server.url, concurrency=1), workspace)
    assert str(errors["a"]).count("kept moving") == 1
    assert reports == {"a": [], "b": [row["token"] for row in workspace.reports["b"]]}
    assert walks == [4]


def test_a_bug_is_no_unreadable_collection(serve: Serve) -> None:
    """Only errors of Mode's stand for a collection; anything else is raised."""
    workspace = Workspace(a=3)
    server = serve(workspace)
    client = client_of(server.url)
    with pytest.raises(AttributeError):
        list(client.walk([None]))  # type: ignore[list-item]  # such a caller has a bug


def test_a_walk_can_be_left(serve: Serve) -> None:
    """Closing the iterator ends it without reading on."""
    workspace = Workspace(a=3, b=300)
    server = serve(workspace)
    walk = client_of(server.url, concurrency=2).walk(workspace.collections)
    next(walk)
    walk.close()  # type: ignore[attr-defined]  # it is a generator
    assert len(server.asked) < 30


def test_the_whole_workspace(serve: Serve) -> None:
    """Without a collection all are walked; datasets and deleted collections are left out, twins come once."""
    workspace = Workspace(a=4, b=3)
    workspace.reports["b"] += [{"token": "dataset", "type": "DatasetReport"}, workspace.reports["a"][0]]

    def script(asked: Asked) -> Raw:
        if asked.path.endswith("/spaces") and asked.page == 1:
            gone = {"token": "c", "state": "soft_deleted"}
            return rows("spaces", [{"token": "a"}, {"token": "b", "state": "active"}, gone])
        return workspace(asked)

    server = serve(script)
    client = client_of(server.url)
    assert len(list(client.reports())) == 7
    assert [report.token for report in client.reports("b")] == ["b0000", "b0001", "b0002", "a0000"]
    assert len(list(client.datasets(Collection(token="b")))) == 5
    assert server.asked[-1].path == "/api/acme/spaces/b/datasets"


def test_a_collection_that_cannot_be_read_fails_the_whole_workspace(serve: Serve) -> None:
    """A list of reports is whole or an error."""
    workspace = Workspace(a=4, b=3)
    workspace.overruled["b", 1] = lambda _: reply(403)
    server = serve(workspace)
    with pytest.raises(PermissionDenied, match="/api/acme/spaces/b/reports"):
        list(client_of(server.url).reports())


class OnePage:
    """A server that answers every page with the first, for collections of so many reports."""

    def __init__(self, *sizes: int) -> None:
        self.rows = {
            f"c{index}": [{"token": f"{index}{number:04d}", "type": "Report"} for number in range(size)]
            for index, size in enumerate(sizes)
        }

    def __call__(self, asked: Asked) -> Raw:
        """The script."""
        return rows("reports", self.rows[asked.path.split("/")[-2]][:30])


def test_a_server_that_heeds_no_page_is_found_out(serve: Serve) -> None:
    """Where several full first pages come again, and no list went on, there may be more."""
    script = OnePage(129, 45, 7)
    found = dict(client_of(serve(script).url).walk([Collection(token=name) for name in script.rows]))
    errors = {place.token: error for place, error in found.items() if isinstance(error, UnexpectedReply)}
    assert errors.keys() == {"c0", "c1"}
    assert "page 2 is page 1 again" in str(errors["c0"])


def test_one_list_of_just_a_page_that_comes_again_is_over(serve: Serve) -> None:
    """Mode is said to repeat the last page."""
    script = OnePage(30, 7)
    found = list(client_of(serve(script).url).walk([Collection(token=name) for name in script.rows]))
    assert len(found) == 37
    assert not any(isinstance(item, ModeError) for _, item in found)
