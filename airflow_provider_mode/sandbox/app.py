"""What happens to a request: limit, fault, route, key, answer."""

import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from math import ceil
from urllib.parse import unquote

from airflow_provider_mode.sandbox import auth, control, firing, on_exports, seed
from airflow_provider_mode.sandbox.call import Call
from airflow_provider_mode.sandbox.clock import Clock, utc_now
from airflow_provider_mode.sandbox.exchange import Refusal, Reply, Request, bad_request, json_reply, not_found
from airflow_provider_mode.sandbox.faults import ERROR_IDS, Fault, FaultBook
from airflow_provider_mode.sandbox.limit import Limiter, Ruling
from airflow_provider_mode.sandbox.options import Options
from airflow_provider_mode.sandbox.routes import ROOT, TABLE
from airflow_provider_mode.sandbox.routing import Router
from airflow_provider_mode.sandbox.switches import Switches
from airflow_provider_mode.sandbox.workspace import Workspace

UNKNOWN_ROUTE = Refusal(HTTPStatus.NOT_FOUND, "not_found", "request path not recognized")
LOGGED = 200_000


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of the request log."""

    n: int
    at: str
    key: str
    method: str
    target: str
    status: int | None
    fault: str | None


class App:
    """One sandbox without its sockets."""

    def __init__(
        self,
        options: Options,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.options, self._sleep = options, sleep
        self.switches: Switches = Switches(options.switches)
        self.limiter: Limiter = Limiter(options.limit, options.requests, options.period, monotonic)
        self.faults: FaultBook = FaultBook()
        self.router = Router(TABLE)
        self.requests: deque[Logged] = deque(maxlen=LOGGED)
        self._logged = 0
        self._jitter = random.Random(options.seed)  # noqa: S311 - it only spreads delays
        self.workspace: Workspace = self.fresh()

    def fresh(self) -> Workspace:
        """A new workspace as the options describe it."""
        clock = Clock(self.options.start, frozen=self.options.frozen)
        ws = Workspace(self.options.workspace, clock, self.switches, self.options.seed)
        seed.grow(ws, self.options.reports, self.options.collections)
        auth.install(ws)
        return ws

    def reset(self) -> None:
        """Start over: workspace, switches, faults, limit and log."""
        self.switches.reset(self.options.switches)
        self.faults.clear()
        self.limiter.reset()
        self.requests.clear()
        self.workspace = self.fresh()

    def answer(self, request: Request) -> tuple[Reply, Fault | None]:
        """The reply to a request, and the fault that is to spoil its delivery."""
        if request.path.startswith(control.PREFIX):
            return self._guarded(lambda: control.answer(self, request)), None
        if request.path.startswith(on_exports.STORAGE):
            reply = self._guarded(lambda: on_exports.storage(self.workspace, request))
            self._note("storage", request, reply, None)
            return reply, None
        key = auth.account_of(request)
        late = self.switches["count_at"] == "reply"
        ruling = None if late else self._rule(key)
        if wait := self.options.latency + self._jitter.uniform(0, self.options.jitter):
            self._sleep(wait)
        if late:
            ruling = self._rule(key)
        if ruling is not None and not ruling.allowed:
            reply, fault = self._throttle(ruling), None
        else:
            reply, fault = self._reply(request)
        self._note(key, request, reply, fault)
        if ruling is not None and self.switches.shows("rate_headers"):
            reply.headers["X-RateLimit-Limit"] = str(self.limiter.requests)
            reply.headers["X-RateLimit-Remaining"] = str(ruling.remaining)
        return reply, fault

    def _rule(self, key: str) -> Ruling | None:
        return self.limiter.rule(key, count_refused=self.switches["count_refused"] == "yes")

    def _throttle(self, ruling: Ruling) -> Reply:
        reply = Refusal(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", "Rate limit exceeded").reply()
        seconds = ceil(ruling.retry_after)
        forms = {
            "seconds": str(seconds),
            "date": format_datetime(utc_now() + timedelta(seconds=seconds), usegmt=True),
            "nonsense": "soon",
        }
        if (form := self.switches["retry_after"]) in forms:
            reply.headers["Retry-After"] = forms[form]
        return reply

    def _reply(self, request: Request) -> tuple[Reply, Fault | None]:
        fault = self.faults.take(request.method, request.path)
        if fault is None:
            return self._guarded(lambda: self._serve(request)), None
        if fault.kind == "slow" and fault.delay:
            self._sleep(fault.delay)
        if fault.replaces and not fault.after:
            return _spoilt(fault), fault
        reply = self._guarded(lambda: self._serve(request))
        return (_spoilt(fault) if fault.replaces else reply), fault

    def _guarded(self, serve: Callable[[], Reply]) -> Reply:
        with self.workspace.lock:
            try:
                return serve()
            except Refusal as refusal:
                return refusal.reply()

    def _serve(self, request: Request) -> Reply:
        ws = self.workspace
        firing.tick(ws)
        found = self.router.find(request.method, request.path)
        if found is None:
            raise UNKNOWN_ROUTE
        route, raw = found
        params = {name: unquote(value) for name, value in raw.items()}
        caller = route.gate(ws, request)
        if route.path != ROOT and params.get("workspace", ws.name) != ws.name:
            raise not_found("account")
        query = request.query
        if self.switches["unknown_params"] == "refuse" and (strange := sorted(set(query) - route.query)):
            raise bad_request(f"found unpermitted parameter: {', '.join(strange)}")
        return route.handler(Call(ws, request, caller, params, query))

    def _note(self, key: str, request: Request, reply: Reply, fault: Fault | None) -> None:
        with self.workspace.lock:
            self._logged += 1
            status = None if fault is not None and fault.kind == "drop" else int(reply.status)
            at = self.workspace.now.isoformat(timespec="milliseconds")
            self.requests.append(
                Logged(
                    self._logged,
                    at,
                    key,
                    request.method,
                    request.target,
                    status,
                    None if fault is None else fault.kind,
                )
            )


def _spoilt(fault: Fault) -> Reply:
    body, media_type = fault.payload()
    if body is None:
        error = ERROR_IDS.get(fault.code, "internal_server_error")
        return replace(
            json_reply({"id": error, "message": "fault on demand"}, fault.code), headers=dict(fault.headers)
        )
    return Reply(fault.code, body, media_type, dict(fault.headers))
