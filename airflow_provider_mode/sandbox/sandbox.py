"""A running sandbox: where it listens, with which credentials, and what a test does to it."""

import json
import threading
from datetime import datetime, timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

from airflow_provider_mode.sandbox import auth, control, edits, firing
from airflow_provider_mode.sandbox.app import App, Logged
from airflow_provider_mode.sandbox.clock import parse_moment, parse_span
from airflow_provider_mode.sandbox.exchange import Request
from airflow_provider_mode.sandbox.faults import Fault
from airflow_provider_mode.sandbox.limit import Account
from airflow_provider_mode.sandbox.model import Collection, Report, Run, Schedule
from airflow_provider_mode.sandbox.options import Options
from airflow_provider_mode.sandbox.server import Server
from airflow_provider_mode.sandbox.workspace import Workspace

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Sandbox:
    """A sandbox in this process, serving from `start` to `stop`; also a context manager."""

    login, password = auth.LOGIN, auth.PASSWORD
    member_login, member_password = auth.MEMBER_LOGIN, auth.MEMBER_PASSWORD

    def __init__(self, options: Options | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        if host not in LOOPBACK[:2]:
            raise ValueError(
                f"host {host!r} is not this machine's own; only {' and '.join(LOOPBACK[:2])} are served"
            )
        self.app = App(options or Options())
        self._host = host
        self._server = Server(host, port, self.app)
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="mode-sandbox", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and end every connection."""
        if self._thread is not None:
            self._server.close()
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Where and how to connect

    @property
    def url(self) -> str:
        """The base URL, to stand where `https://app.mode.com` would."""
        return f"http://{self._host}:{self._server.port}"

    @property
    def workspace(self) -> str:
        """The workspace's name."""
        return self.app.options.workspace

    @property
    def discovery(self) -> dict[str, str]:
        """The Discovery signature."""
        return dict(zip(("token", "access_key", "access_secret"), auth.SIGNATURE, strict=True))

    def connection(self, *, member: bool = False, discovery: bool = True, **extra: Any) -> dict[str, Any]:
        """The Airflow connection as plain values; `extra` adds to its extras."""
        return {
            "conn_type": "mode",
            "host": self.url,
            "login": self.member_login if member else self.login,
            "password": self.member_password if member else self.password,
            "schema": self.workspace,
            "extra": ({"discovery": self.discovery} if discovery else {}) | extra,
        }

    @property
    def connection_json(self) -> str:
        """The Airflow connection as JSON, for `AIRFLOW_CONN_MODE_DEFAULT`."""
        return json.dumps(self.connection())

    @property
    def connection_uri(self) -> str:
        """The Airflow connection as a URI, whose extras are strings."""
        at = urlsplit(self.url)
        login, password = quote(self.login, safe=""), quote(self.password, safe="")
        extra = quote(json.dumps(self.discovery), safe="")
        return f"mode://{login}:{password}@{at.scheme}%3A%2F%2F{at.hostname}%3A{at.port}/{self.workspace}?discovery={extra}"

    # What is there

    @property
    def state(self) -> Workspace:
        """The live workspace: `reports`, `collections`, `schedules`, `members` by key; `changes` in order."""
        return self.app.workspace

    @property
    def requests(self) -> list[Logged]:
        """Every REST and Discovery request so far."""
        with self.state.lock:
            return list(self.app.requests)

    @property
    def usage(self) -> Account:
        """What the workspace's key has asked: requests, throttled, worst_window."""
        return self.app.limiter.accounts.get(self.login, Account())

    @property
    def now(self) -> datetime:
        """The workspace's present."""
        return self.state.now

    def report(self, report: Report | str) -> Report:
        """The live record of a report."""
        return report if isinstance(report, Report) else self.state.reports[report]

    # What happens to it

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """What one of the sandbox's own routes answers, without HTTP (ValueError says what it refuses)."""
        raw = b"" if body is None else json.dumps(body).encode()
        reply, _ = self.app.answer(Request(method, f"{control.PREFIX}{path}", body=raw))
        answer = json.loads(reply.body)
        if reply.status != HTTPStatus.OK:
            raise ValueError(answer["message"])
        return answer

    def reset(self) -> None:
        """Start over with the same options."""
        with self.state.lock:
            self.app.reset()

    def clear_requests(self) -> None:
        """Forget the request log and the accounts, and give every key a fresh budget."""
        with self.state.lock:
            self.app.requests.clear()
            self.app.limiter.reset()

    def switch(self, **values: object) -> None:
        """Set switches by name."""
        self.app.switches.update(values)

    def fault(self, kind: str, **values: Any) -> Fault:
        """Add a fault (see `faults.Fault`) and return it; its `hits` count what it did."""
        return self.app.faults.add(Fault.from_json({"kind": kind} | values))

    def clear_faults(self) -> None:
        """Forget every fault."""
        self.app.faults.clear()

    def advance(self, span: timedelta | str | float) -> datetime:
        """Move the clock on ("90d", seconds or a timedelta); schedules fire for all of it."""
        with self.state.lock:
            self.state.clock.advance(span if isinstance(span, timedelta) else parse_span(span))
            firing.tick(self.state)
            return self.now

    def set_clock(self, when: datetime | str) -> datetime:
        """Put the clock to a moment."""
        with self.state.lock:
            self.state.clock.move_to(parse_moment(when) if isinstance(when, str) else when)
            firing.tick(self.state)
            return self.now

    def view(self, report: Report | str, times: int = 1, at: datetime | None = None) -> None:
        """People look at a report."""
        with self.state.lock:
            edits.view(self.state, self.report(report), times, at)

    def edit(self, report: Report | str, **values: Any) -> None:
        """Somebody edits a report (name, description)."""
        with self.state.lock:
            found = self.report(report)
            edits.change_report(self.state, found, control.BY, {"name": found.name} | values)

    def set_record(self, report: Report | str, **values: Any) -> Report:
        """Set fields of a report's record, leaving no other marks."""
        with self.state.lock:
            return control.change_record(self.state, self.report(report), values)

    def run(self, report: Report | str, **values: Any) -> Run:
        """Somebody runs a report; `outcome`, `error`, `parameters` and `by` may be given."""
        with self.state.lock:
            return control.run_report(self.state, self.report(report), values)

    def archive(self, report: Report | str) -> None:
        """Somebody archives a report."""
        with self.state.lock:
            edits.archive(self.state, self.report(report), control.BY)

    def unarchive(self, report: Report | str) -> None:
        """Somebody restores a report."""
        with self.state.lock:
            edits.unarchive(self.state, self.report(report), control.BY)

    def delete(self, report: Report | str) -> None:
        """Somebody deletes a report."""
        with self.state.lock:
            edits.delete_report(self.state, self.report(report), control.BY)

    def move(self, report: Report | str, collection: Collection | str) -> None:
        """Somebody moves a report."""
        with self.state.lock:
            target = collection if isinstance(collection, Collection) else self.state.collection(collection)
            edits.move(self.state, self.report(report), target)

    def add_report(self, **values: Any) -> Report:
        """A new report: `collection` and fields of its record."""
        with self.state.lock:
            return control.add_report(self.state, values)

    def add_collection(self, name: str, **values: Any) -> Collection:
        """A new collection: `space_type`, `description`, `default_access_level`, `creator`."""
        with self.state.lock:
            return control.add_collection(self.state, {"name": name} | values)

    def add_schedule(self, report: Report | str, **values: Any) -> Schedule:
        """A new schedule: `cron` as requests write it, `name`, `parameters`, `timeout`, `subscribers`."""
        with self.state.lock:
            return control.add_schedule(self.state, self.report(report), values)

    def delete_schedule(self, schedule: Schedule | str) -> None:
        """Somebody deletes a schedule."""
        with self.state.lock:
            found = schedule if isinstance(schedule, Schedule) else self.state.schedules[schedule]
            edits.remove_schedule(self.state, self.report(found.report), found, control.BY)
