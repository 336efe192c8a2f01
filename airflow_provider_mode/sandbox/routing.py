"""How a path finds its row in the table of routes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from airflow_provider_mode.sandbox import auth
from airflow_provider_mode.sandbox.call import Call
from airflow_provider_mode.sandbox.exchange import Reply, Request
from airflow_provider_mode.sandbox.workspace import Caller, Workspace

Gate = Callable[[Workspace, Request], Caller]
Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One row: method and path, who answers, which query parameters it knows, who may ask.

    `fixed` are parameters that the path spells out.
    """

    method: str
    path: str
    handler: Handler
    query: frozenset[str] = field(default_factory=frozenset)
    gate: Gate = auth.with_key
    fixed: Mapping[str, str] = field(default_factory=dict)


class Router:
    """Finds the row of a request; a literal step wins over a placeholder by the order of the table."""

    def __init__(self, table: tuple[Route, ...]) -> None:
        self._by_shape: dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]] = {}
        for route in table:
            steps = tuple(route.path.strip("/").split("/"))
            self._by_shape.setdefault((route.method, len(steps)), []).append((steps, route))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The row and what its placeholders stand for, or None; collections and spaces are the same."""
        steps = path.strip("/").split("/")
        if len(steps) > 2 and steps[2] == "collections":  # noqa: PLR2004 - the step after /api/{workspace}
            steps[2] = "spaces"
        for wanted, route in self._by_shape.get((method, len(steps)), ()):
            params = {}
            for want, got in zip(wanted, steps, strict=True):
                if want[0] == "{" and got:
                    params[want[1:-1]] = got
                elif want != got:
                    break
            else:
                return route, {**params, **route.fixed}
        return None
