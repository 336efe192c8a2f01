"""What independent clients asked of the sandbox, route by route, and how it answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.routes import TABLE
from airflow_provider_mode.sandbox.routing import Router

MODE_SDK, PYMODE, CATALOGUE = "mode-sdk 0.1.0", "pymode 1.3.0", "catalogue"
CLIENTS = (MODE_SDK, PYMODE, CATALOGUE)
UNKNOWN = "a path that the sandbox does not serve"
Key = tuple[str, str]


@dataclass
class Ledger:
    """Every route that a client met, with the statuses that it got there."""

    met: dict[Key, dict[str, set[int]]] = field(default_factory=dict)
    router: Router = field(default_factory=lambda: Router(TABLE))

    def note(self, client: str, sandbox: Sandbox) -> None:
        """Write down what a client's requests to its sandbox came to."""
        for one in sandbox.requests:
            found = self.router.find(one.method, one.target.partition("?")[0])
            route = (one.method, UNKNOWN if found is None else found[0].path)
            if one.status is not None and one.key != "storage":
                self.met.setdefault(route, {}).setdefault(client, set()).add(one.status)

    def asked_by(self, client: str) -> set[Key]:
        """The routes that a client got a good answer from."""
        good = range(200, 400)
        return {route for route, met in self.met.items() if any(one in good for one in met.get(client, ()))}

    def table(self) -> str:
        """The routes as a table in Markdown, in the order of the sandbox's own."""
        lines = [f"| route | {' | '.join(CLIENTS)} |", "|---|" + "---|" * len(CLIENTS)]
        rows = [(route.method, route.path) for route in TABLE]
        for method, path in [*rows, *sorted(set(self.met) - set(rows))]:
            statuses = (self.met.get((method, path), {}).get(client, set()) for client in CLIENTS)
            cells = [", ".join(map(str, sorted(found))) or "-" for found in statuses]
            shown = path if path == UNKNOWN else f"`{path}`"
            lines.append(f"| {method} {shown} | {' | '.join(cells)} |")
        return "\n".join(lines)
