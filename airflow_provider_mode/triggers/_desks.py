"""Which desk a trigger asks at: one for each connection's contents in each event loop."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from airflow.providers.common.compat.connection import get_async_connection

from airflow_provider_mode.client import ModeClient
from airflow_provider_mode.hooks.clients import impatient, masked_config
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.triggers._desk import Desk

KNOWN_FOR = 30.0
"""Seconds for which a connection that was read is taken for the present one: a triggerer starts hundreds."""
PATIENCE = 30.0  # seconds that one poll may spend retrying


@dataclass
class _Desks:
    """The desks of one event loop, and which of them a connection's name leads to."""

    desks: list[Desk] = field(default_factory=list)
    found: dict[str, tuple[float, asyncio.Task[Desk]]] = field(default_factory=dict)

    async def find(self, conn_id: str) -> Desk:
        """The desk of a connection as it is now; equal connections share one."""
        connection: Any = await get_async_connection(conn_id, hook=ModeHook)
        client = await asyncio.to_thread(_client, connection)
        config = client.config
        for desk in [desk for desk in self.desks if desk.idle and desk.config != config]:
            self.desks.remove(desk)
            desk.close()
        found = next((desk for desk in self.desks if desk.config == config), None)
        if found is None:
            found = Desk(client)
            self.desks.append(found)
        return found


def _client(connection: Any) -> ModeClient:
    """A client that gives up sooner than others, for there will be another poll."""
    return impatient(masked_config(connection), retry_for=PATIENCE)


_open: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Desks] = weakref.WeakKeyDictionary()


async def desk_for(conn_id: str, *, fresh: bool = False, clock: Callable[[], float] = time.monotonic) -> Desk:
    """
    The desk of a connection; equal connections share one, and so their client and its pace.

    `fresh` reads the connection anew, so that a key that was changed is used from then on.
    """
    here = _open.setdefault(asyncio.get_running_loop(), _Desks())
    read_at, finding = here.found.get(conn_id, (0.0, None))
    failed = finding is not None and finding.done() and (finding.cancelled() or finding.exception())
    if finding is None or failed or fresh or clock() - read_at > KNOWN_FOR:
        finding = asyncio.create_task(here.find(conn_id))
        here.found[conn_id] = (clock(), finding)
    desk = await asyncio.shield(finding)
    # Between the reading and now, an idle desk may have been closed in favour of another connection's.
    return desk if desk in here.desks else await desk_for(conn_id, fresh=True, clock=clock)
