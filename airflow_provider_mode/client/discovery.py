"""
Mode's Discovery API: bulk lists of a whole workspace with their use, a thousand rows a request.

It wants a plan that has it, and a signature, which an admin's key mints. Its rows never say *archived*.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

from airflow_provider_mode.client.config import ModeConfig, Signature
from airflow_provider_mode.client.discovery_models import (
    DiscoveryChart,
    DiscoveryMember,
    DiscoveryQuery,
    DiscoveryReport,
    MintedSignature,
    ReportStat,
)
from airflow_provider_mode.client.errors import (
    AuthenticationError,
    ConfigurationError,
    ModeError,
    PermissionDenied,
    UnexpectedReply,
)
from airflow_provider_mode.client.hal import link, path_on
from airflow_provider_mode.client.models import Collection
from airflow_provider_mode.client.names import segment
from airflow_provider_mode.client.pages import EndlessError, Pages
from airflow_provider_mode.client.parse import MalformedError, Model, moment, text
from airflow_provider_mode.client.session import Session
from airflow_provider_mode.client.tries import Call

PER_PAGE = 1000
"""As large as pages get: the documentation says *less than 1000*, yet clients ask for 1000 and get them."""
_SHORTEST_NAME, _LONGEST_NAME = 4, 64
_REFUSED: dict[type[ModeError], tuple[str, str]] = {
    AuthenticationError: (
        "the Discovery signature (the connection's extra `discovery`) is unknown, revoked or expired",
        "Mint another with client.discovery.mint(), and put it there; login and password play no part here.",
    ),
    PermissionDenied: (
        "Discovery is not part of the workspace's plan, or not for this signature",
        "Have the plan changed, mint a signature with an admin's key, or do without Discovery.",
    ),
}
NO_SIGNATURE = (
    'the connection has no signature for the Discovery API: add {"discovery": {"token": "...", "access_key": '
    '"...", "access_secret": "..."}} to its extra; with an admin\'s key, client.discovery.mint() makes one.'
)

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class _List(Generic[Row]):
    """One of Discovery's lists: its name, what holds its rows, and whether personal collections are extra."""

    name: str
    keys: tuple[str, ...]
    model: type[Row]
    personal: bool = True

    @property
    def params(self) -> dict[str, Any]:
        """What to ask for; by default Discovery leaves personal collections out."""
        return {"per_page": PER_PAGE} | ({"include_spaces": "all"} if self.personal else {})

    def but(self, *, personal: bool) -> "_List[Row]":
        """The same list with or without what is in personal collections."""
        return replace(self, personal=personal)


_REPORTS = _List("reports", ("reports",), DiscoveryReport)
_STATS = _List("report_stats", ("report_stats",), ReportStat)
_SPACES = _List("spaces", ("spaces",), Collection, personal=False)
_QUERIES = _List("queries", ("queries",), DiscoveryQuery)
_CHARTS = _List("charts", ("charts",), DiscoveryChart)
_MEMBERS = _List("members", ("members", "memberships"), DiscoveryMember, personal=False)


class Discovery:
    """The lists of a workspace's Discovery API, and the signatures that open it."""

    def __init__(self, session: Session, config: ModeConfig) -> None:
        self._session = session
        self._config = config
        self._base = f"/batch/{config.workspace}"

    @property
    def available(self) -> bool:
        """Whether the connection has a signature; whether the plan has Discovery shows at the first list."""
        return self._config.discovery is not None

    def reports(self, *, personal: bool = True) -> Iterator[DiscoveryReport]:
        """Every report, in personal collections too; archived ones may be among them."""
        return self._all(_REPORTS.but(personal=personal))

    def report_stats(self, *, personal: bool = True) -> Iterator[ReportStat]:
        """How every report is used."""
        return self._all(_STATS.but(personal=personal))

    def spaces(self) -> Iterator[Collection]:
        """Every collection."""
        return self._all(_SPACES)

    def queries(self) -> Iterator[DiscoveryQuery]:
        """Every query."""
        return self._all(_QUERIES)

    def charts(self) -> Iterator[DiscoveryChart]:
        """Every chart."""
        return self._all(_CHARTS)

    def members(self) -> Iterator[DiscoveryMember]:
        """Every member."""
        return self._all(_MEMBERS)

    def mint(self, name: str, expires_at: datetime) -> MintedSignature:
        """Make a signature that can read until `expires_at`; it takes an admin's key."""
        if not _SHORTEST_NAME <= len(name) <= _LONGEST_NAME:
            raise ConfigurationError(f"name: must have {_SHORTEST_NAME} to {_LONGEST_NAME} characters.")
        if expires_at.tzinfo is None:
            raise ConfigurationError("expires_at: must have a time zone.")
        wanted = {
            "name": name,
            "expires_at": expires_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "auth_scope": {"authentication_for": "batch-api", "authorization_type": "read-only"},
        }
        path = f"{self._base}/signature_tokens"
        body = self._session.send(
            Call("POST", path, body=json.dumps({"signature_token": wanted}).encode())
        ).body
        made = body if isinstance(body, dict) else {}
        parts: dict[str, Any] = {key: made.get(key) for key in ("token", "access_key", "access_secret")}
        try:
            signature = Signature(**parts)
        except ConfigurationError:
            raise UnexpectedReply(
                "the reply holds no signature", method="POST", path=path, maybe_done=True
            ) from None
        return MintedSignature(
            name=text(made.get("name")), expires_at=moment(made.get("expires_at")), signature=signature
        )

    def revoke(self, signature: Signature) -> None:
        """Make a signature useless."""
        self._session.send(Call("DELETE", f"{self._base}/signature_tokens/{segment(signature.token)}"))

    def _all(self, listing: _List[Row]) -> Iterator[Row]:
        """Every row once, over as many pages as the counters and links say."""
        if not self.available:
            raise ConfigurationError(f"discovery: {NO_SIGNATURE}")
        path, params = f"{self._base}/{listing.name}", listing.params
        pages = Pages()
        while True:
            body = self._send(path, params)
            rows = _rows(listing, path, body)
            counters = body["pagination"] if isinstance(body.get("pagination"), dict) else {}
            yield from (rows[index] for index in _fed(pages, path, rows, counters))
            following = None if pages.done else self._following(body, path, pages)
            if following is None:
                return
            params = {**listing.params, **following}

    def _send(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        try:
            body = self._session.send(Call("GET", path, params=params)).body
        except (AuthenticationError, PermissionDenied) as error:
            error.detail, error.advice = _REFUSED[type(error)]
            raise
        if not isinstance(body, dict):
            raise _unexpected(path, "the reply holds no list")
        return body

    def _following(self, body: dict[str, Any], path: str, pages: Pages) -> dict[str, str] | None:
        """What to ask for next: as the link says, else as the counters do, else nothing."""
        href = link(body, "next_page")
        if href is None:
            more = pages.last_page is not None and pages.next_page <= pages.last_page
            return {"page": str(pages.next_page)} if more else None
        if path_on(self._session.host, href) != path:
            raise _unexpected(path, "the link to the next page leads elsewhere, and was not followed")
        return dict(parse_qsl(urlsplit(href).query))


def _rows(listing: _List[Row], path: str, body: Mapping[str, Any]) -> list[Row]:
    found = next((body[key] for key in listing.keys if isinstance(body.get(key), list)), None)
    if found is None:
        raise _unexpected(path, f"the reply holds no list of {listing.name}")
    try:
        return [listing.model.from_json(row) for row in found]
    except MalformedError as flaw:
        raise _unexpected(path, f"the list holds {flaw}") from None


def _fed(pages: Pages, path: str, rows: list[Row], counters: Mapping[str, Any]) -> list[int]:
    try:
        return pages.feed([row.token for row in rows], counters)
    except EndlessError:
        raise _unexpected(path, "the list does not end") from None


def _unexpected(path: str, detail: str) -> UnexpectedReply:
    return UnexpectedReply(detail, method="GET", path=path, status=200)
