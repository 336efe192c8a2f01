"""
The client under fire: every method, against everything that can be done to its request.

Behind the line is a sandbox, so it is known whether the request was done, and how often.
"""

from __future__ import annotations

import os
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from urllib3.exceptions import HTTPError

from airflow_provider_mode.client.client import ModeClient
from airflow_provider_mode.client.discovery import Discovery
from tests.client.certificates import certificate
from tests.client.fire_expected import COLUMNS, EXPECTED, column, expected
from tests.client.fire_faults import FAULTS
from tests.client.fire_line import RETRY_FOR, Cell, Fault, Method, Stage
from tests.client.fire_methods import METHODS
from tests.client.wire import Wire, closed_port, reply
from tests.matrix import section

Outcomes = dict[str, dict[str, str]]
EVERY_CELL = os.environ.get("MATRIX") == "write"
SILENT = {"close", "report_url", "report_token"}
"""What the client does without asking anybody."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Wire]:
    """Another host, which has a file."""
    server = Wire(lambda _asked: reply(200, raw=b"a,b\n", headers={"Content-Type": "text/csv"}))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def stages(elsewhere: Wire, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Stage]]:
    """Each method on a sandbox of its own."""
    context, _ = certificate(tmp_path_factory.mktemp("server"))
    _, trusted = certificate(tmp_path_factory.mktemp("trusted"))
    liar = Wire(lambda _asked: reply(500), context)
    urls = {"nobody": f"http://127.0.0.1:{closed_port()}", "tls": liar.url, "elsewhere": elsewhere.url}
    made = [Stage(method, urls, str(trusted)) for method in METHODS]
    yield made
    for stage in made:
        stage.close()
    liar.stop()


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """What came of every method under every fault so far."""
    return {}


def _chosen(stages: list[Stage], fault: Fault) -> list[Stage]:
    """All of them; of what is rare, one of each column, unless the whole table is made."""
    if not fault.rare or EVERY_CELL:
        return stages
    firsts = {column(stage.method): stage for stage in reversed(stages)}
    return list(firsts.values())


def _check(method: Method, fault: Fault, cell: Cell, stage: Stage) -> None:
    """What holds whatever happens."""
    where = (method.name, fault.name, cell.outcome)
    if method.verb in {"POST", "PUT"}:
        assert cell.done <= 1, where
    if cell.error is None:
        assert cell.done or not method.changes or "redirect" in fault.name, where
        taken_as_it_came = fault.alters or (fault.once and cell.sent == 1)
        assert taken_as_it_came or _same(cell.result, stage.usual), where
        return
    sandbox, said = stage.sandbox, f"{cell.error} {cell.error!r}"
    for secret in (sandbox.login, sandbox.password, *sandbox.discovery.values(), "?", "sig=1", "\n"):
        assert secret not in said, where
    if method.changes:
        assert cell.error.maybe_done or not cell.done, where
    else:
        assert not cell.error.maybe_done, where
    assert cell.sent <= 6, where
    assert cell.slept <= RETRY_FOR + (4.0 if method.name.startswith("pdf") else 0.0), where
    assert not isinstance(cell.error.__context__, OSError | HTTPError), where  # those show URLs and headers


def _same(result: object, usual: object) -> bool:
    """Whether it is what comes without trouble; a file may be followed by the spaces that were sent along."""
    return (
        (result.rstrip() == usual.rstrip())
        if isinstance(usual, bytes) and isinstance(result, bytes)
        else result == usual
    )


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_method(stages: list[Stage], outcomes: Outcomes, elsewhere: Wire, fault: Fault) -> None:
    """The right result or the right error, within patience, and nothing done twice that must not be."""
    elsewhere.asked.clear()
    chosen = _chosen(stages, fault)
    with ThreadPoolExecutor(len(chosen) if fault.late else 1) as pool:
        cells = list(pool.map(lambda stage: stage.run(fault), chosen))
    for stage, cell in zip(chosen, cells, strict=True):
        _check(stage.method, fault, cell, stage)
    outcomes[fault.name] = {
        stage.method.name: cell.outcome for stage, cell in zip(chosen, cells, strict=True)
    }
    assert outcomes[fault.name] == {stage.method.name: expected(fault, stage.method) for stage in chosen}
    files = sum(stage.method.kind == "file" for stage in chosen)
    assert len(elsewhere.asked) == (files if fault.name == "redirect to another host" else 0)
    assert not any("authorization" in asked.headers for asked in elsewhere.asked)


def test_every_method_is_under_fire() -> None:
    """A method that is new stands in the table too, or the table is not whole."""
    public = {name for name in vars(ModeClient) if not name.startswith("_")} - SILENT - {"discovery"}
    public |= {f"discovery.{name}" for name in vars(Discovery) if not name.startswith("_")}
    tried = {method.name.partition(" ")[0] for method in METHODS} - {"request"}
    assert public - {"discovery.available"} == tried
    assert {fault.name for fault in FAULTS} == set(EXPECTED)


def test_a_body_without_end_takes_bounded_memory(stages: list[Stage]) -> None:
    """Of 70 MB no more is kept than the largest sane reply, and the copy that joins its pieces."""
    stage = next(stage for stage in stages if stage.method.name == "report")
    tracemalloc.start()
    stage.run(next(fault for fault in FAULTS if fault.name == "70 MB"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 150_000_000


def test_the_matrix_is_current(outcomes: Outcomes) -> None:
    """What was seen is what the documentation says."""
    if set(outcomes) != set(EXPECTED):
        pytest.skip("needs all that is tried in this file")
    lines = ["| methods | column |", "|---|---|"]
    for name in COLUMNS:
        within = [f"`{method.name}`" for method in METHODS if column(method) == name]
        lines.append(f"| {', '.join(within)} | {name} |")
    lines += ["", f"| fault | {' | '.join(COLUMNS)} |", "|---|" + "---|" * len(COLUMNS)]
    for fault in FAULTS:
        lines.append(
            f"| {fault.name} | {' | '.join(_cell(fault, outcomes[fault.name], name) for name in COLUMNS)} |"
        )
    section("fire", "\n".join(lines))


def _cell(fault: Fault, seen: dict[str, str], name: str) -> str:
    """What most methods of a column met, and then those that met something else."""
    methods = [method for method in METHODS if column(method) == name]
    within = {method.name: seen.get(method.name) or expected(fault, method) for method in methods}
    usual, _ = Counter(within.values()).most_common(1)[0]
    others: dict[str, list[str]] = {}
    for method, outcome in within.items():
        if outcome != usual:
            others.setdefault(outcome, []).append(f"`{method}`")
    return "; ".join([usual, *(f"{', '.join(names)}: {outcome}" for outcome, names in others.items())])
