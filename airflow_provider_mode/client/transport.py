"""
Connections that know whether a request was sent.

A POST may be repeated only when it never left, and no exception of an HTTP library tells that reliably: a
timeout or a TLS error can come from the handshake or from the reply. So the connection itself leaves a mark,
in its thread.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as LateError

from airflow_provider_mode.client.errors import (
    ConfigurationError,
    ConnectionFailed,
    ModeTimeout,
    UnexpectedReply,
)
from airflow_provider_mode.client.retry import Outcome
from airflow_provider_mode.client.tries import Call, Failed

TROUBLE = (OSError, HTTPError)
"""All that sending and reading may raise; the exceptions of requests are OSErrors."""


class _Sent(threading.local):
    """Whether this thread's present request was handed to a live connection."""

    mark = False


sent = _Sent()


class _MarkingConnection(HTTPConnection):
    """Connects first, then marks the request as sent, then sends it."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        sent.mark = True
        super().request(*args, **kwargs)


class _MarkingTLSConnection(_MarkingConnection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _MarkingConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _MarkingTLSConnection


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _TLSPool}
"""What a pool manager of urllib3 takes as `pool_classes_by_scheme`."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that it wraps, however the HTTP libraries wrap it."""
    waiting, met = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in met:
            continue
        met.add(id(cause))
        yield cause
        inner = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        waiting.extend(part for part in inner if isinstance(part, BaseException))


def failed(call: Call, error: Exception, *, left: bool) -> Failed:
    """The head of the reply never came; `left` tells whether the request was sent."""
    # URLs, schemes and headers that cannot be are ValueErrors; a CA bundle that is missing is a bare OSError.
    if isinstance(error, ValueError) or (type(error) is OSError and not left):
        detail = f"the request cannot be sent ({type(error).__name__}); check host, proxies and verify"
        return call.failed(ConfigurationError, Outcome.REFUSED, detail)
    if left and is_late(error):
        return call.failed(ModeTimeout, Outcome.TIMEOUT, "no reply within the timeout")
    if left:
        return call.failed(ConnectionFailed, Outcome.BROKEN, "the connection broke before the reply came")
    if is_late(error):
        return call.failed(ModeTimeout, Outcome.NEVER_LEFT, "no connection within the timeout")
    return call.failed(ConnectionFailed, Outcome.NEVER_LEFT, reason(error))


def cut(call: Call, error: Exception, status: int) -> Failed:
    """The reply began, and its body did not come whole."""
    if is_late(error):
        return call.failed(ModeTimeout, Outcome.TIMEOUT, "the reply stalled", status=status)
    return call.failed(UnexpectedReply, Outcome.UNREADABLE, "the body broke off", status=status)


def is_late(error: BaseException) -> bool:
    """Whether a timeout is at the bottom of it; to urllib3 even a refused connection is one of its kind."""
    late = (TimeoutError, LateError)
    found = (cause for cause in causes(error) if not isinstance(cause, NewConnectionError))
    return any(isinstance(cause, late) for cause in found)


def reason(error: BaseException) -> str:
    """Why no connection could be made, in words that show neither URL nor header."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its TLS certificate is not accepted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "no TLS connection could be made"
        if isinstance(cause, socket.gaierror):
            return "the name of the host does not resolve"
        if isinstance(cause, ConnectionError) and cause.strerror:
            return cause.strerror.lower()
    return "no connection could be made"
