"""Which desk a trigger asks at: one for each connection's contents in each event loop."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any

from airflow.providers.common.compat.connection import get_async_connection

from airflow_provider_mode.hooks.clients import masked_config
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.triggers._desk import Desk

_open: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, list[Desk]] = weakref.WeakKeyDictionary()


async def desk_for(conn_id: str) -> Desk:
    """
    The desk of a connection as it is now; equal connections share one, and so their client and its pace.

    The connection is read anew each time, so that a key that was changed is used from then on.
    """
    connection: Any = await get_async_connection(conn_id, hook=ModeHook)
    config = await asyncio.to_thread(masked_config, connection)
    desks = _open.setdefault(asyncio.get_running_loop(), [])
    for desk in [desk for desk in desks if desk.idle and desk.config != config]:
        desks.remove(desk)
        desk.close()
    found = next((desk for desk in desks if desk.config == config), None)
    if found is None:
        found = Desk(config)
        desks.append(found)
    return found
