"""The page of the documentation that says which client met which route, and what came of it."""

from __future__ import annotations

from airflow_provider_mode.sandbox.routes import TABLE
from tests.matrix import section
from tests.strangers.ledger import CATALOGUE, CLIENTS, MODE_SDK, PYMODE, Ledger


def test_the_matrix_is_current(ledger: Ledger) -> None:
    """What the clients were seen to do is what the documentation says."""
    section("clients", ledger.table())


def test_how_much_of_the_sandbox_strangers_have_used(ledger: Ledger) -> None:
    """Most routes answered at least one client that this project did not write."""
    routes = {(route.method, route.path) for route in TABLE}
    good = {client: ledger.asked_by(client) & routes for client in CLIENTS}
    assert len(good[MODE_SDK]) >= 80
    assert len(good[PYMODE]) >= 20
    assert len(good[CATALOGUE]) >= 30
    assert len(set.union(*good.values())) >= 0.8 * len(routes)
