"""The table of routes, and how a path finds its row."""

from collections.abc import Callable
from dataclasses import dataclass, field

from airflow_provider_mode.sandbox import auth, on_collections, on_identity, on_reports, on_schedules
from airflow_provider_mode.sandbox.call import Call
from airflow_provider_mode.sandbox.exchange import Reply, Request
from airflow_provider_mode.sandbox.workspace import Caller, Workspace

Gate = Callable[[Workspace, Request], Caller]
Handler = Callable[[Call], Reply]
PAGES = frozenset({"page", "per_page"})
LISTS = PAGES | {"filter", "order", "order_by"}
WRITES = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class Route:
    """One row: method and path, who answers, which query parameters it knows, who may ask."""

    method: str
    path: str
    handler: Handler
    query: frozenset[str] = field(default_factory=frozenset)
    gate: Gate = auth.with_key


ROOT = W = "/api/{workspace}"
S = W + "/spaces"
R = W + "/reports"
ONE_R = R + "/{report}"
SCH = ONE_R + "/schedules"

CORE = (
    Route("GET", "/api/verify", on_identity.verify),
    Route("GET", "/api/account", on_identity.account),
    Route("GET", W, on_identity.record, gate=auth.identify),
    Route("GET", W + "/api_keys/{key}", on_identity.api_key),
    Route("GET", S, on_collections.index, LISTS),
    Route("POST", S, on_collections.create),
    Route("GET", S + "/{space}", on_collections.show),
    Route("PATCH", S + "/{space}", on_collections.change),
    Route("DELETE", S + "/{space}", on_collections.delete),
    Route("GET", S + "/{space}/reports", on_collections.reports, LISTS),
    Route("GET", S + "/{space}/datasets", on_collections.datasets, LISTS),
    Route("POST", R, on_reports.create),
    Route(
        "POST", R + "/purge", on_reports.purge, frozenset({"time", "end_time", "in_progress"}), auth.as_admin
    ),
    Route("GET", ONE_R, on_reports.show),
    Route("PATCH", ONE_R, on_reports.change),
    Route("DELETE", ONE_R, on_reports.delete),
    Route("PATCH", ONE_R + "/archive", on_reports.archive),
    Route("PATCH", ONE_R + "/unarchive", on_reports.unarchive),
    Route("PATCH", ONE_R + "/update_settings", on_reports.update_settings),
    Route("PATCH", ONE_R + "/sync_to_github", on_reports.sync_to_github),
    Route("GET", SCH, on_schedules.index, PAGES),
    Route("POST", SCH, on_schedules.create),
    Route("GET", SCH + "/{schedule}", on_schedules.show),
    Route("PATCH", SCH + "/{schedule}", on_schedules.change),
    Route("DELETE", SCH + "/{schedule}", on_schedules.delete),
)

TABLE: tuple[Route, ...] = (*CORE,)


class Router:
    """Finds the row of a request; a literal step wins over a placeholder by the order of the table."""

    def __init__(self, table: tuple[Route, ...] = TABLE) -> None:
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
                return route, params
        return None
