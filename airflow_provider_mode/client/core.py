"""What every endpoint shares: the session, paths below the workspace, and one model out of one reply."""

import random as chance
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from airflow_provider_mode.client import names, replies
from airflow_provider_mode.client.answers import Reply
from airflow_provider_mode.client.config import ModeConfig
from airflow_provider_mode.client.errors import ConfigurationError, UnexpectedReply
from airflow_provider_mode.client.listing import Listing, items
from airflow_provider_mode.client.pacing.pace import Pacer
from airflow_provider_mode.client.parse import MalformedError, Model
from airflow_provider_mode.client.redirects import same_origin
from airflow_provider_mode.client.session import Session
from airflow_provider_mode.client.tries import Call, Manner
from airflow_provider_mode.client.usage import Usage


class FromJson(Protocol):
    """Whatever one JSON object can be read as."""

    @classmethod
    def from_json(cls, row: Any) -> Self:
        """The thing that the object describes."""


Item = TypeVar("Item", bound=Model)
Thing = TypeVar("Thing", bound=FromJson)


def utc_now() -> datetime:
    """The wall clock, which only `Retry-After` dates are measured by."""
    return datetime.now(UTC)


class Core:
    """
    A client without endpoints.

    :param config: workspace, key and manners
    :param pacer: what each request asks for its turn; by default the pace that all with this key share
    :param clock: seconds that only grow, for waits; tests give their own
    :param sleep: how to wait so many seconds; tests give their own
    :param random: a number from 0 to 1, for the jitter of retries; tests give their own
    :param wall: the present, by which dates in ``Retry-After`` are measured; tests give their own
    """

    def __init__(
        self,
        config: ModeConfig,
        *,
        pacer: Pacer | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = chance.random,
        wall: Callable[[], datetime] = utc_now,
    ) -> None:
        self.config = config
        self.usage = Usage()
        manner = Manner(config=config, usage=self.usage, clock=clock, sleep=sleep, random=random)
        self._session = Session(manner, pacer or _pacer(config, clock, sleep, random), wall)

    def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
    ) -> Any:
        """
        Any other request, with the same pacing, retry and errors; the reply's JSON, None where it has none.

        A path is below the workspace (`reports/<report>`), or whole (`/api/...`, `/batch/...`), or an href.
        """
        below, query = self._below_host(path)
        body = None if json is None else replies.encoded(json)
        return self._session.send(Call(method.upper(), below, {**query, **(params or {})}, body)).body

    def close(self) -> None:
        """Close idle connections; the client can go on being used."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.config.host}/{self.config.workspace})"

    def _path(self, *parts: str | Model) -> str:
        """The path of something below the workspace; an item stands for its token."""
        plain = (part if isinstance(part, str) else part.token for part in parts)
        return "/".join([f"/api/{self.config.workspace}", *map(names.segment, plain)])

    def _report(self, report: str | Model) -> str:
        """A report's token, by itself, out of its URL, or of the report read before."""
        if isinstance(report, str) and "/" in report:
            return names.report_token(report, host=self.config.host, workspace=self.config.workspace)
        return report if isinstance(report, str) else report.token

    def _below_host(self, path: str) -> tuple[str, dict[str, str]]:
        """The path and query that a caller of `request` means; another host would see the key."""
        parts = urlsplit(path)
        if parts.netloc and not same_origin(path, self.config.host):
            raise ConfigurationError(f"path: leads to another host than {self.config.host}.")
        # A HTTP library unquotes what needs no quoting, so `%2e%2e` would climb as `..` does.
        if "@" in parts.netloc or any(unquote(part) in {".", ".."} for part in parts.path.split("/")):
            raise ConfigurationError("path: must be a plain path.")
        whole = parts.path.startswith(("/api/", "/batch/"))
        below = parts.path if whole else f"/api/{self.config.workspace}/{parts.path.lstrip('/')}"
        return below, dict(parse_qsl(parts.query, keep_blank_values=True))

    def _ask(self, method: str, path: str, json: Any = None, **params: Any) -> Reply:
        """One call."""
        body = None if json is None else replies.encoded(json)
        return self._session.send(Call(method, path, params, body))

    def _one(self, model: type[Thing], path: str, method: str = "GET", json: Any = None) -> Thing:
        """The one item that a call answers with; without it, a change may still have been made."""
        reply = self._ask(method, path, json)
        flaw = "the reply is empty"
        if reply.body is not None:
            try:
                return model.from_json(reply.body)
            except MalformedError as malformed:
                flaw = f"the reply is {malformed}"
        raise UnexpectedReply(
            flaw, method=method, path=path, status=reply.status, maybe_done=method not in {"GET", "HEAD"}
        )

    def _changed(self, model: type[Item], path: str, json: Any, **told: Any) -> Item:
        """What a PATCH made of an item; any success counts, and what the reply leaves out is as was told."""
        reply = self._ask("PATCH", path, json)
        try:
            return model.from_json(reply.body)
        except MalformedError:
            return model(**told)

    def _list(self, key: str, model: type[Item], *parts: str | Model, **manner: Any) -> Iterator[Item]:
        """All items of a list below the workspace."""
        return items(self._session, Listing(path=self._path(*parts), key=key, model=model, **manner))


def _pacer(
    config: ModeConfig,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> Pacer:
    """The pace that everybody with this key keeps; imported only when it is needed."""
    from airflow_provider_mode.client.pacing.pacing import pacer_for  # noqa: PLC0415  # see above

    return pacer_for(config, clock=clock, sleep=sleep, random=random)
