"""What a handler is given, and the shapes of lists."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from airflow_provider_mode.sandbox.exchange import Reply, Request, json_reply
from airflow_provider_mode.sandbox.switches import Switches
from airflow_provider_mode.sandbox.workspace import Caller, Workspace

Row = TypeVar("Row")
Json = dict[str, Any]
PAGE = 30
RUNS_PAGE = 20
DIGITS = 9  # of a number in the query; more would only be a longer nonsense


@dataclass(slots=True)
class Call:
    """One request on its way to an answer: what is asked, by whom, of which workspace."""

    ws: Workspace
    request: Request
    caller: Caller
    params: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)

    @property
    def switches(self) -> Switches:
        """The sandbox's switches."""
        return self.ws.switches

    @property
    def by(self) -> str:
        """Who to name in the log of changes."""
        return self.caller.login

    @property
    def root(self) -> str:
        """The path under which this workspace's resources live."""
        return f"/api/{self.ws.name}"

    def number(self, name: str, default: int) -> int:
        """A positive number in the query; anything else is the default, as Mode shrugs it off."""
        text = self.query.get(name, "")
        return int(text[:DIGITS]) if text.isascii() and text.isdigit() and int(text[:DIGITS]) > 0 else default

    def id(self, number: int) -> int | str:
        """A numeric id in the form that the switch says."""
        return number if self.switches["ids"] == "number" else str(number)


def link(href: str) -> Json:
    """A HAL link."""
    return {"href": href}


def _page_of(call: Call, total: int, size: int) -> int:
    page = call.number("page", 1)
    last = max(1, -(-total // size))
    return min(page, last) if call.switches["past_end"] == "repeat" else page


def _listing(
    call: Call, key: str, rows: list[Any], extra: Json | None = None, links: Json | None = None
) -> Reply:
    own = {"self": link(call.request.target)}
    return json_reply({**(extra or {}), "_links": own | (links or {}), "_embedded": {key: rows}})


def bare_slice(call: Call, rows: Sequence[Row], size: int = PAGE) -> Sequence[Row]:
    """The rows of a page of a list that has pages and does not say so."""
    page = 1 if call.switches["page_param"] == "ignored" else _page_of(call, len(rows), size)
    return rows[(page - 1) * size : page * size]


def bare_page(
    call: Call, key: str, rows: Sequence[Row], render: Callable[[Call, Row], Json], size: int = PAGE
) -> Reply:
    """A page of a list that has pages and does not say so."""
    return _listing(call, key, [render(call, row) for row in bare_slice(call, rows, size)])


def joined(call: Call, key: str, rows: Sequence[bytes]) -> Reply:
    """A list of rows that are JSON already."""
    own = json.dumps({"self": link(call.request.target)}).encode()
    return Reply(body=b'{"_links":%b,"_embedded":{"%b":[%b]}}' % (own, key.encode(), b",".join(rows)))


def counted_page(
    call: Call,
    key: str,
    rows: Sequence[Row],
    render: Callable[[Call, Row], Json],
    *,
    default: int = PAGE,
    other_links: Json | None = None,
) -> Reply:
    """A page of a list with counters and links to its neighbours; `per_page` is heeded up to 30."""
    size = min(PAGE, call.number("per_page", default))
    page = _page_of(call, len(rows), size)
    shown = [render(call, row) for row in rows[(page - 1) * size : page * size]]
    counters = {
        "page": page,
        "per_page": size,
        "count": len(shown),
        "total_pages": -(-len(rows) // size),
        "total_count": len(rows),
    }
    links = {}
    if page * size < len(rows):
        links["next_page"] = link(f"{call.request.path}?page={page + 1}&per_page={size}")
    if page > 1:
        links["prev_page"] = link(f"{call.request.path}?page={page - 1}&per_page={size}")
    return _listing(call, key, shown, {"pagination": counters}, links | (other_links or {}))


def whole_list(call: Call, key: str, rows: Sequence[Row], render: Callable[[Call, Row], Json]) -> Reply:
    """A list that comes all at once, whatever page is asked for."""
    return _listing(call, key, [render(call, row) for row in rows])
