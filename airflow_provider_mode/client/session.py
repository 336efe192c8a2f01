"""
One request after another, over real connections: the only module that sends HTTP.

Each try asks the pacer for a permit, sends, settles the permit when the reply's head is there, reads the body
within bounds, and turns whatever came into a reply or a failure. No exception of the HTTP library gets out:
those show URLs and headers, so they become values first, and errors are raised outside of `except`.
"""

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import PoolManager

from airflow_provider_mode.client import answers
from airflow_provider_mode.client.answers import Head, Reply
from airflow_provider_mode.client.config import ModeConfig
from airflow_provider_mode.client.pacing.pace import Pacer, PaceTimeout, Permit
from airflow_provider_mode.client.redirects import RefusedError, same_origin, target
from airflow_provider_mode.client.retry import REPEATABLE, Failure, Outcome
from airflow_provider_mode.client.streams import Download
from airflow_provider_mode.client.transport import POOLS, TROUBLE, cut, failed, sent
from airflow_provider_mode.client.tries import Call, Failed, Manner, Tries

LARGEST_JSON = 64 * 1024 * 1024
LARGEST_REFUSAL = 64 * 1024
MOST_HOPS = 5
_CHUNK = 64 * 1024
_NO_WAIT = 0.001


class _Key(AuthBase):
    """Puts the credential into a request; its repr shows nothing."""

    def __init__(self, scheme: str, *parts: str) -> None:
        self.secrets = (*parts, base64.b64encode(":".join(parts).encode()).decode())
        self._header = f"{scheme} {self.secrets[-1]}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request

    def __repr__(self) -> str:
        return "<key>"


class _Adapter(HTTPAdapter):
    """A pool of connections that mark what was sent, and that repeat nothing by themselves."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        own = manager.pool_classes_by_scheme  # what speaks SOCKS must not be replaced
        manager.pool_classes_by_scheme = own if proxy.lower().startswith("socks") else POOLS
        return manager


class Session:
    """Sends for one client: from many threads, and after a fork, over connections of this process only."""

    def __init__(self, manner: Manner, pacer: Pacer, wall: Callable[[], datetime]) -> None:
        config = manner.config
        self._config, self._manner, self._pacer, self._wall = config, manner, pacer, wall
        self._basic = _Key("Basic", config.login, config.password)
        self._bearer = _bearer(config)
        self._proxies = dict(config.proxies or {})
        # A SOCKS connection leaves no mark, so whatever goes over it counts as sent.
        self._unmarked = any(url.lower().startswith("socks") for url in self._proxies.values())
        self._pid, self._adapter = os.getpid(), _Adapter(pool_maxsize=config.concurrency)

    @property
    def host(self) -> str:
        """The base URL that paths hang on."""
        return self._config.host

    def send(self, call: Call) -> Reply:
        """The reply to a call, after as many tries as it takes within `retry_for`."""
        return Tries(call, self._manner).run(lambda tries: self._try(call, tries))

    def download(self, path: str) -> Download:
        """A stream of what is at a path; once its head has come, nothing is repeated any more."""
        call = Call("GET", path)
        return Tries(call, self._manner).run(lambda tries: self._follow(call, tries))

    def pause(self, seconds: float) -> None:
        """Wait, where Mode has to be asked until it is ready."""
        self._manner.sleep(seconds)

    def close(self) -> None:
        """Close every idle connection."""
        self._adapter.close()

    def _try(self, call: Call, tries: Tries) -> Reply | Failed:
        """One try: send, read, judge."""
        with self._connections(call.method) as adapter:
            response = self._exchange(call, tries, adapter)
            if isinstance(response, Failed):
                return response
            head = self._head(response)
            body = _read(call, response, LARGEST_JSON if head.good else LARGEST_REFUSAL)
        if isinstance(body, Failed):
            return body
        answer = answers.judge(call, head, body, unclear=tries.unclear, said=self._said)
        return self._noted(answer) if isinstance(answer, Failed) else answer

    def _follow(self, call: Call, tries: Tries) -> Download | Failed:
        """One try of a download: Mode itself with the key, then wherever it sends us, without."""
        adapter, url = self._kept(), f"{self.host}{call.path}"
        response = self._exchange(call, tries, adapter)
        for _ in range(MOST_HOPS):
            if isinstance(response, Failed) or not response.is_redirect:
                break
            response.close()
            try:
                url = target(url, response.headers["Location"], host=self.host)
            except RefusedError as refusal:
                return answers.strange(call, str(refusal), status=response.status_code)
            ours = same_origin(url, self.host)
            response = self._exchange(call, tries, adapter, url) if ours else self._raw(call, url, adapter)
        return response if isinstance(response, Failed) else self._opened(call, url, response)

    def _opened(self, call: Call, url: str, response: requests.Response) -> Download | Failed:
        """The stream of a reply, if it is one of bytes to keep."""
        head = self._head(response)
        if head.is_file:
            return Download(_chunks(call, response), head.media_type, response.close)
        body = _read(call, response, LARGEST_REFUSAL)
        if isinstance(body, Failed):
            return body
        if not same_origin(url, self.host):
            return answers.elsewhere(call, head, url)
        return self._noted(answers.no_file(call, head, body, said=self._said))

    def _head(self, response: requests.Response) -> Head:
        """A reply's head."""
        return Head(response.status_code, response.headers, self._wall())

    def _said(self, text: str | None) -> str | None:
        """A text of Mode's, fit to be shown."""
        return answers.shown(text, self._basic.secrets + (self._bearer.secrets if self._bearer else ()))

    def _noted(self, failed: Failed) -> Failed:
        """The same failure; a 429 is counted, and with pacing on the pacer waits for it."""
        if failed.failure.outcome is not Outcome.THROTTLED:
            return failed
        self._manner.usage.count(throttled=1)
        return failed if self._config.rate_limit is None else answers.paced(failed)

    def _kept(self) -> HTTPAdapter:
        """The connections of this process: a forked child must not talk over its parent's."""
        if self._pid != os.getpid():
            self._pid, self._adapter = os.getpid(), _Adapter(pool_maxsize=self._config.concurrency)
            self._manner.usage.after_fork()
        return self._adapter

    @contextmanager
    def _connections(self, method: str) -> Iterator[HTTPAdapter]:
        """
        Connections for a request.

        What must not be repeated goes over a fresh one: a kept one may be closed by the server at the very
        moment of sending, and then nobody knows whether the request arrived.
        """
        if method in REPEATABLE:
            yield self._kept()
            return
        fresh = _Adapter(pool_maxsize=1)
        try:
            yield fresh
        finally:
            fresh.close()

    def _permit(self, tries: Tries) -> Permit | None:
        """Leave to send, or None when it did not come in time; the wait for it is counted."""
        began = self._manner.clock()
        try:
            return self._pacer.acquire(tries.patience)
        except PaceTimeout:
            return None
        finally:
            waited = self._manner.clock() - began
            if waited > _NO_WAIT:
                self._manner.usage.waited(waited)

    def _exchange(
        self, call: Call, tries: Tries, adapter: HTTPAdapter, url: str | None = None
    ) -> requests.Response | Failed:
        """Send one request to Mode with a permit and the key, and bring the reply's head."""
        permit = self._permit(tries)
        if permit is None:
            return Failed(tries.last, Failure(outcome=Outcome.REFUSED))
        seen = None
        try:
            key = self._bearer if self._bearer and call.is_discovery else self._basic
            response = self._raw(call, url or f"{self.host}{call.path}", adapter, key)
            if isinstance(response, requests.Response):
                seen = self._head(response).seen()
        finally:
            permit.settle(seen)
        return response

    def _raw(
        self, call: Call, url: str, adapter: HTTPAdapter, key: _Key | None = None
    ) -> requests.Response | Failed:
        """Send one request, and bring the reply's head; nothing is taken from the environment (no netrc)."""
        sent.mark = self._unmarked
        try:
            request = requests.Request(
                call.method,
                url,
                headers={**call.headers, "User-Agent": self._config.user_agent},
                params=call.params if key else None,
                data=call.body,
                auth=key or _keyless,
            ).prepare()
            return adapter.send(
                request,
                stream=True,
                timeout=self._config.timeout,
                verify=self._config.verify,
                proxies=self._proxies,
            )
        except TROUBLE as error:
            return failed(call, error, left=sent.mark)
        finally:
            self._manner.usage.count(requests=int(sent.mark))


def _keyless(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No credential at all."""
    return request


def _bearer(config: ModeConfig) -> _Key | None:
    """The credential of the Discovery API, if there is one."""
    signature = config.discovery
    if signature is None:
        return None
    return _Key("Bearer", signature.token, signature.access_key, signature.access_secret)


def _read(call: Call, response: requests.Response, largest: int) -> bytes | Failed:
    """The body of a reply, as far as a sane one goes; the rest of a refusal is not read."""
    pieces, size = [], 0
    try:
        for piece in response.iter_content(_CHUNK):
            pieces.append(piece)
            size += len(piece)
            if size > largest:
                break
    except TROUBLE as error:
        return cut(call, error, response.status_code)
    finally:
        response.close()
    if size > largest == LARGEST_JSON:
        return answers.strange(call, f"the reply is larger than {largest >> 20} MiB", response.status_code)
    return b"".join(pieces)


def _chunks(call: Call, response: requests.Response) -> Iterator[bytes]:
    """The pieces of a download; one that breaks off is an error, never a short file."""
    trouble = None
    try:
        yield from response.iter_content(_CHUNK)
    except TROUBLE as error:
        trouble = cut(call, error, response.status_code)
    finally:
        response.close()
    if trouble is not None:
        raise trouble.error
