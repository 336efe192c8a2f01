"""What climbs, splits or ends a path, wherever a name is asked for: nothing else is ever asked of Mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from airflow_provider_mode.client import ConfigurationError, ModeClient, ModeConfig, ModeError
from airflow_provider_mode.operators import (
    ArchiveStaleReportsOperator,
    DeleteSchedulesOperator,
    ExportResultsOperator,
    MoveReportsOperator,
    PlanCleanupOperator,
    PurgeResultsOperator,
    RestoreOperator,
    RunReportOperator,
)
from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sensors import ReportRunSensor, ReportScheduledSensor, ReportViewedSensor
from tests.operators.workspace import POLICY, Mode

NAMES = (
    "..", "../", "../../verify", "a/b?c", "a?page=1", "a#b", "a;b", "a%2f..%2fb", "%2e%2e", "a\\..\\b", "a b",
    "a\r\nHost: x", "\x00", "", " ", ".", "//example.com/x", "https://example.com/acme/reports/aaaaaaaaaaaa",
    "\u202e\u0430", "a" * 10_000, "{report}", "*x*",
)  # fmt: skip
T = "aaaaaaaaaaaa"


def _nobody(members: list[Any]) -> None:
    """Of what is not there, nobody is told: that is no error of this method's."""
    raise ModeError(f"{len(members)} members")


METHODS: dict[str, Callable[[ModeClient, str], Any]] = {
    "user": lambda client, name: client.user(name),
    "permissions": lambda client, name: list(client.permissions(name)),
    "reports": lambda client, name: list(client.reports(name)),
    "datasets": lambda client, name: list(client.datasets(name)),
    "report": lambda client, name: client.report(name),
    "dataset_reports": lambda client, name: list(client.dataset_reports(name)),
    "archive": lambda client, name: client.archive(name),
    "unarchive": lambda client, name: client.unarchive(name),
    "move": lambda client, name: client.move(name, collection=T),
    "delete_report": lambda client, name: client.delete_report(name),
    "schedules": lambda client, name: list(client.schedules(name)),
    "create_schedule": lambda client, name: client.create_schedule(name, {}),
    "delete_schedule": lambda client, name: client.delete_schedule(name, T),
    "delete_schedule of": lambda client, name: client.delete_schedule(T, name),
    "subscriptions": lambda client, name: list(client.subscriptions(name)),
    "subscriptions of": lambda client, name: list(client.subscriptions(T, name)),
    "subscription_members": lambda client, name: _nobody(list(client.subscription_members(T, name))),
    "run": lambda client, name: client.run(name),
    "report_run": lambda client, name: client.report_run(name, T),
    "report_run of": lambda client, name: client.report_run(T, name),
    "runs": lambda client, name: list(client.runs(name)),
    "cancel_run": lambda client, name: client.cancel_run(T, name),
    "query_runs": lambda client, name: list(client.query_runs(T, name)),
    "results": lambda client, name: client.results(T, name).close(),
    "results as": lambda client, name: client.results(T, T, name).close(),
    "pdf": lambda client, name: client.pdf(name, T).close(),
}


@pytest.fixture
def client(mode_sandbox: Sandbox) -> ModeClient:
    """A client of the sandbox that gives up at once."""
    config = ModeConfig(
        workspace="acme",
        login=mode_sandbox.login,
        password=mode_sandbox.password,
        host=mode_sandbox.url,
        rate_limit=None,
        retry_for=0.01,
    )
    return ModeClient(config)


@pytest.mark.mode_sandbox(reports=5)
@pytest.mark.parametrize("method", METHODS)
def test_a_name_stays_one_part_of_a_path(client: ModeClient, mode_sandbox: Sandbox, method: str) -> None:
    """It is refused, or asked for in its place and not found; nothing is changed."""
    changes = len(mode_sandbox.state.changes)
    for name in NAMES:
        mode_sandbox.clear_requests()
        with pytest.raises(ModeError):
            METHODS[method](client, name)
        for asked in mode_sandbox.requests:
            path = urlsplit(asked.target).path
            assert path.startswith("/api/"), (name, asked)
            steps = [unquote(step) for step in path.split("/")]
            assert not {".", ".."} & set(steps), (name, asked)
            assert "example.com" not in steps, (name, asked)
            if method != "user":
                assert steps[2] == "acme", (name, asked)
    assert len(mode_sandbox.state.changes) == changes


@pytest.mark.mode_sandbox(reports=5)
def test_a_path_of_request_stays_on_the_host(client: ModeClient, mode_sandbox: Sandbox) -> None:
    """The escape hatch escapes from the methods, not from Mode."""
    for path in (
        "../verify", "https://example.com/api/acme", "//example.com/api", "/api/acme/../x", "http://[",
        f"http://user:pw@127.0.0.1:{urlsplit(mode_sandbox.url).port}/api/x", "reports/%2e%2e/%2e%2e/verify",
    ):  # fmt: skip
        mode_sandbox.clear_requests()
        with pytest.raises((ModeError, ValueError)):
            client.request("GET", path)
        assert all(asked.target.startswith("/api/acme/reports/%2") for asked in mode_sandbox.requests)


@pytest.mark.mode_sandbox(reports=5)
@pytest.mark.parametrize("name", NAMES)
def test_a_report_of_an_operator_or_sensor(mode: Mode, name: str) -> None:
    """A report that is none is refused in one sentence, before anything is changed."""
    changes = len(mode.sandbox.state.changes)
    tries: list[Callable[[], Any]] = [
        lambda: RunReportOperator(task_id="a", report=name).execute({}),
        lambda: mode.run(ExportResultsOperator, report=name),
        lambda: mode.run(DeleteSchedulesOperator, reports=[name], max_changes=5),
        lambda: mode.run(MoveReportsOperator, reports=[name], collection=T, max_changes=5),
        lambda: mode.run(MoveReportsOperator, reports=[T], collection=name, max_changes=5),
        lambda: mode.run(PlanCleanupOperator, policy=POLICY, collections=[name]),
        lambda: ReportScheduledSensor(task_id="a", report=name).poke({}),
        lambda: ReportViewedSensor(task_id="a", report=name, min_views=1).poke({}),
        lambda: ReportRunSensor(task_id="a", report=name, report_run=T).poke({}),
        lambda: PurgeResultsOperator(task_id="a", before="2020-01-01", confirm=name).execute({}),
        lambda: PurgeResultsOperator(task_id="a", before=name, confirm="acme").execute({}),
    ]
    for attempt in tries:
        with pytest.raises(Exception) as caught:  # noqa: PT011  # of Airflow's or ours, but see below
            attempt()
        kind = type(caught.value)
        assert kind.__module__.startswith(("airflow",)) or isinstance(caught.value, ConfigurationError), kind
        assert len(str(caught.value)) < 12_000
        assert "\x00" not in str(caught.value)
    assert len(mode.sandbox.state.changes) == changes
    for asked in mode.sandbox.requests:
        assert not {".", ".."} & {unquote(step) for step in urlsplit(asked.target).path.split("/")}


@pytest.mark.filterwarnings("ignore:in a future version of UPath:PendingDeprecationWarning")
@pytest.mark.mode_sandbox(reports=5)
@pytest.mark.parametrize(
    "uri", ["../../x", "nosuch://x/y", "file://host/etc", "http://[", "\x00", "plan.json"]
)
def test_a_place_of_files_that_is_none(mode: Mode, uri: str) -> None:
    """Neither a plan nor a journal is read from, nor anything written to, what is no URI of a folder."""
    for operator, parameters in (
        (PlanCleanupOperator, {"policy": POLICY, "output_uri": uri}),
        (ArchiveStaleReportsOperator, {"plan": uri, "max_changes": 5}),
        (RestoreOperator, {"journal": uri}),
    ):
        with pytest.raises(Exception) as caught:  # noqa: PT011  # of Airflow's, as the next line says
            mode.run(operator, **parameters)
        assert type(caught.value).__module__.startswith("airflow"), repr(caught.value)
