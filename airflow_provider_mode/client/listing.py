"""Lists of Mode's: one page parsed, or all items of all pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from airflow_provider_mode.client.errors import UnexpectedReply
from airflow_provider_mode.client.pages import MOST_PAGES, MOST_WALKS, EndlessError, Pages
from airflow_provider_mode.client.parse import MalformedError, Model
from airflow_provider_mode.client.session import Session
from airflow_provider_mode.client.tries import Call

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[Row]):
    """Where a list is, what it is called in the reply, and how it behaves."""

    path: str
    key: str
    model: type[Row]
    params: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False
    """Mode serves it at once and ignores `page`: one request."""
    settled: bool = True
    """Rows must not move between its pages; one that grows while it is read (runs) is taken as it comes."""
    enough: int | None = None
    """As many rows as there are, where a counter told."""
    most_pages: int = MOST_PAGES


def page(session: Session, listing: Listing[Row], number: int) -> tuple[list[Row], Mapping[str, Any]]:
    """One page's items, and the counters that came with it."""
    rows, body = page_of(
        session, listing, listing.params if listing.whole else {**listing.params, "page": number}
    )
    counters = body.get("pagination")
    return rows, counters if isinstance(counters, dict) else {}


def page_of(
    session: Session, listing: Listing[Row], params: Mapping[str, Any]
) -> tuple[list[Row], Mapping[str, Any]]:
    """The items that some parameters bring, and the whole reply."""
    body = session.send(Call("GET", listing.path, params)).body
    rows = _rows(body, listing.key)
    if rows is None:
        raise _unexpected(listing, f"the reply holds no list of {listing.key}")
    try:
        return [listing.model.from_json(row) for row in rows], body
    except MalformedError as malformed:
        flaw = str(malformed)
    raise _unexpected(listing, f"{listing.key} holds {flaw}")


def items(session: Session, listing: Listing[Row]) -> Iterator[Row]:
    """Every item once; a list whose rows moved between pages is walked again, until it holds still."""
    if listing.enough == 0:
        return
    pages = Pages(most_pages=listing.most_pages)
    for _ in range(1 + MOST_WALKS):
        while not pages.done:
            rows, counters = page(session, listing, pages.next_page)
            yield from (rows[index] for index in feed(pages, listing, rows, counters))
            if listing.whole or (listing.enough is not None and len(pages.seen) >= listing.enough):
                return
        if not (pages.shifted and listing.settled):
            return
        pages = pages.again()
    raise moving(listing)


def feed(pages: Pages, listing: Listing[Row], rows: list[Row], counters: Mapping[str, Any]) -> list[int]:
    """Which rows of the next page are new; a list without end is an error."""
    try:
        return pages.feed([row.token for row in rows], counters)
    except EndlessError:
        raise _unexpected(listing, f"the list of {listing.key} does not end") from None


def moving(listing: Listing[Any]) -> UnexpectedReply:
    """The error for a list that never held still while it was read."""
    return _unexpected(
        listing, f"rows kept moving between pages; {listing.key} may be missing after {1 + MOST_WALKS} walks"
    )


def same_page(listing: Listing[Any]) -> UnexpectedReply:
    """The error for a list whose second page is its first, from a server that never showed another page."""
    return _unexpected(
        listing,
        f"page 2 is page 1 again, here and elsewhere; {listing.key} past the first page may be missing",
    )


def _unexpected(listing: Listing[Any], detail: str) -> UnexpectedReply:
    """An error that names the list."""
    return UnexpectedReply(detail, method="GET", path=listing.path, status=200)


def _rows(body: Any, key: str) -> list[Any] | None:
    """The list in a reply: embedded under its key, at the top, or the only list embedded under any name."""
    if not isinstance(body, dict):
        return None
    embedded = body.get("_embedded")
    embedded = embedded if isinstance(embedded, dict) else {}
    found = embedded.get(key, body.get(key))
    lists = [value for value in embedded.values() if isinstance(value, list)]
    if key not in embedded and key not in body and len(lists) == 1:
        found = lists[0]
    return found if isinstance(found, list) else None
