"""Faults on demand: what goes wrong, with which requests, and how often."""

import base64
import fnmatch
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from http import HTTPStatus
from typing import Any

KINDS = {
    "status": "answer `status` with `body` (text), `body_base64` or an error object, and `headers`",
    "html": "answer `status` (200) with a page of HTML",
    "truncated": "send half of the true reply's body, then close the connection",
    "wrong_length": "announce half of the true reply's length, so that it looks whole, then close",
    "drop": "close the connection without a reply",
    "slow": "wait `delay` seconds, then answer",
    "drip": "send the true reply's body in ten pieces over `delay` seconds",
}
ERROR_IDS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    413: "payload_too_large",
    429: "rate_limited",
    500: "internal_server_error",
    503: "service_unavailable",
}
PAGE = b"<!DOCTYPE html><html><head><title>Mode</title></head><body><h1>One moment</h1></body></html>"


@dataclass(kw_only=True)
class Fault:
    """One fault. `method` and `path` are shell patterns; `count` null means for ever.

    With `after` the request does its work before it goes wrong; without, it does not.

    :param kind: one of `KINDS`
    :param method: which HTTP verbs
    :param path: which paths
    :param count: how often it happens; None means for ever
    :param skip: how many requests it lets pass first
    :param status: the status to answer
    :param body: the body to answer, as text
    :param body_base64: the body to answer, as bytes
    :param headers: headers to answer
    :param delay: seconds, for `slow` and `drip`
    :param after: whether the request does its work before it goes wrong
    :param seen: how many requests it has met
    :param hits: how many of them it has befallen
    """

    kind: str
    method: str = "*"
    path: str = "*"
    count: int | None = 1
    skip: int = 0
    status: int | None = None
    body: str | None = None
    body_base64: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    after: bool = False
    seen: int = 0
    hits: int = 0

    @classmethod
    def from_json(cls, spec: Mapping[str, Any]) -> "Fault":
        """A fault from plain values (ValueError names what is wrong)."""
        known = {one.name for one in fields(cls)} - {"seen", "hits"}
        if strange := sorted(set(spec) - known):
            raise ValueError(f"fault: unknown {', '.join(strange)}; known: {', '.join(sorted(known))}")
        if spec.get("kind") not in KINDS:
            raise ValueError(f"fault: kind {spec.get('kind')!r} is none of {', '.join(KINDS)}")
        return cls(**spec)

    @property
    def code(self) -> int:
        """The status it answers."""
        if self.status is not None:
            return self.status
        return HTTPStatus.OK if self.kind == "html" else HTTPStatus.SERVICE_UNAVAILABLE

    @property
    def replaces(self) -> bool:
        """Whether the reply is the fault's own."""
        return self.kind in {"status", "html", "drop"}

    def payload(self) -> tuple[bytes | None, str]:
        """Its own body and media type; a body of None stands for Mode's error object."""
        if self.kind == "html":
            return (self.body.encode() if self.body is not None else PAGE), "text/html; charset=utf-8"
        if self.body_base64 is not None:
            return base64.b64decode(self.body_base64), "application/hal+json"
        return (None if self.body is None else self.body.encode()), "application/hal+json"


class FaultBook:
    """The faults asked for, tried in order; each takes its turn until it has happened `count` times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Add a fault and return it, so that its `hits` can be watched."""
        with self._lock:
            self.faults.append(fault)
        return fault

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self.faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that befalls this request, counted as happened; or None."""
        with self._lock:
            for fault in self.faults:
                if not fnmatch.fnmatchcase(method, fault.method) or not fnmatch.fnmatchcase(path, fault.path):
                    continue
                if fault.count is not None and fault.hits >= fault.count:
                    continue
                fault.seen += 1
                if fault.seen > fault.skip:
                    fault.hits += 1
                    return fault
            return None
