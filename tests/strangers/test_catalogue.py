"""
Walks in the manner of catalogue crawlers.

The manners are those of public crawlers: pages until an empty one, until one without an unseen row, or while
one is full; then, for every report, its queries, charts, runs, schedules and creator. Besides, whatever a
reply links to is asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_mode.sandbox import Sandbox

Json = dict[str, Any]
DEAD = {
    r"/api/[a-z-]+": "people who have left",
    r".*/permissions/search": "only seen as a link; what it answers is not known",
    r".*/queries/[0-9a-f]+/runs": "only seen as a link; what it answers is not known",
    r".*/runs/[0-9a-f]+/clone": "a link that is to be posted to",
    r".*/(email|slack)_memberships/[0-9a-f]+": "an address is deleted there, never read",
    r".*/groups\.acme": "Mode's own wrong link to a next page",
    r".*/results/content\.csv": "runs that failed have no results",
    r".*/collections/[0-9a-f]+/memberships": "personal collections have none",
}
"""Links that lead nowhere, and why."""
EACH = 6
"""How many paths of one shape are enough."""


def _rows(client: Any, path: str, key: str, **params: Any) -> list[Json]:
    reply = client.get(path, params=params)
    assert reply.status_code == 200, (path, reply.text)
    rows: list[Json] = reply.json()["_embedded"][key]
    return rows


def until_empty(client: Any, path: str, key: str) -> Iterator[Json]:
    """Page after page until one is empty (and `filter=all` everywhere, as one crawler sends)."""
    page = 1
    while rows := _rows(client, path, key, page=page, filter="all"):
        yield from rows
        page += 1


def until_nothing_new(client: Any, path: str, key: str) -> Iterator[Json]:
    """Page after page until one brings nothing unseen."""
    seen: set[str] = set()
    page = 1
    while new := [
        row for row in _rows(client, path, key, page=page, filter="all") if row["token"] not in seen
    ]:
        seen.update(row["token"] for row in new)
        yield from new
        page += 1


def while_full(client: Any, path: str, key: str) -> Iterator[Json]:
    """Page after page while one holds 30."""
    page = 1
    while True:
        rows = _rows(client, path, key, page=page, filter="all")
        yield from rows
        if len(rows) != 30:
            return
        page += 1


@pytest.mark.mode_sandbox(reports=80, collections=5)
@pytest.mark.parametrize(
    ("manner", "switches"),
    [
        (until_empty, {}),
        (until_empty, {"collection_counters": "absent"}),
        (until_nothing_new, {}),
        (until_nothing_new, {"past_end": "repeat"}),
        (while_full, {}),
        (while_full, {"ids": "string", "imported_datasets": "listed"}),
    ],
)
def test_a_catalogue_of_everything(
    catalogue: Any, mode_sandbox: Sandbox, manner: Any, switches: dict[str, object]
) -> None:
    """Whatever its way of turning pages, a crawler ends with what the workspace holds."""
    mode_sandbox.switch(**switches)
    state = mode_sandbox.state
    met: dict[str, set[str]] = {
        name: set() for name in ("reports", "datasets", "queries", "charts", "schedules")
    }
    assert catalogue.get("/api/verify").json()["workspace"] == "acme"
    spaces = list(manner(catalogue, "/api/acme/spaces", "spaces"))
    assert {one["token"] for one in spaces} == set(state.collections)
    for space in spaces:
        base = f"/api/acme/spaces/{space['token']}"
        for row in manner(catalogue, f"{base}/datasets", "reports"):
            met["datasets"].add(row["token"])
            path = f"/api/acme/datasets/{row['token']}"
            assert catalogue.get(path).json()["token"] == row["token"]
            assert {one["token"] for one in _rows(catalogue, f"{path}/reports", "reports")} == {
                one.token for one in state.importers(state.reports[row["token"]])
            }
        for row in manner(catalogue, f"{base}/reports", "reports"):
            met["reports"].add(row["token"])
            path = f"/api/acme/reports/{row['token']}"
            for query in _rows(catalogue, f"{path}/queries", "queries"):
                met["queries"].add(query["token"])
                met["charts"] |= {
                    one["token"]
                    for one in _rows(catalogue, f"{path}/queries/{query['token']}/charts", "charts")
                }
            if row["schedules_count"]:
                met["schedules"] |= {
                    one["token"] for one in _rows(catalogue, f"{path}/schedules", "report_schedules")
                }
    reports = [one for one in state.reports.values() if not one.is_dataset]
    assert met["reports"] == {one.token for one in reports}
    assert met["datasets"] == set(state.reports) - met["reports"]
    assert met["queries"] == {query.token for one in reports for query in one.queries}
    assert met["charts"] == {
        chart.token for one in reports for query in one.queries for chart in query.charts
    }
    assert met["schedules"] == {token for one in reports for token in one.schedules}


def test_people_by_their_links(catalogue: Any, mode_sandbox: Sandbox) -> None:
    """The creator of a report is a person's page, or nobody's any more when the person has left."""
    state = mode_sandbox.state
    for report in list(state.reports.values())[:20]:
        row = catalogue.get(f"/api/acme/reports/{report.token}").json()
        found = catalogue.get(row["_links"]["creator"]["href"])
        left = state.members[report.creator].left
        assert found.status_code == (404 if left else 200)
        assert left or found.json()["email"] == state.members[report.creator].email


def _links(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("href"), str) and not value.get("templated"):
            yield value["href"]
        for inner in value.values():
            yield from _links(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _links(inner)


@pytest.mark.mode_sandbox(reports=25, collections=4)
def test_every_link_leads_somewhere(catalogue: Any, mode_sandbox: Sandbox) -> None:
    """From the workspace's record, over each link of each reply: only what Mode leaves open is missing."""
    state = mode_sandbox.state
    waiting = ["/api/acme", "/api/verify", "/api/acme/memberships/lite"]
    waiting += [f"/api/acme/collections/{token}" for token in state.collections]
    met: dict[str, int] = {}
    shapes: Counter[str] = Counter()
    while waiting:
        href = waiting.pop()
        path = urlsplit(href).path
        shape = re.sub(r"[0-9a-f]{12}", "*", path)
        if path in met or href.startswith("https://app.mode.com") or shapes[shape] == EACH:
            continue
        shapes[shape] += 1
        reply = catalogue.get(href)
        met[path] = reply.status_code
        if reply.headers.get("content-type") == "application/hal+json":
            waiting += _links(reply.json())
    dead = {path: status for path, status in met.items() if status >= 400}
    assert not {path for path in dead if not any(re.fullmatch(known, path) for known in DEAD)}
    assert set(dead.values()) <= {400, 404}
    assert len(shapes) > 30
