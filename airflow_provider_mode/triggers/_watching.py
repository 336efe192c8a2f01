"""The event source: every new success of a report, with a memory that outlives the triggerer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Protocol

from airflow_provider_mode.client import AuthenticationError, ModeClient
from airflow_provider_mode.hooks import runs
from airflow_provider_mode.hooks.asking import report_in
from airflow_provider_mode.hooks.clients import within
from airflow_provider_mode.hooks.questions import Answer, NewSuccess
from airflow_provider_mode.triggers._desk import Desk
from airflow_provider_mode.triggers._desks import desk_for

TAKEN_AFTER = 5.0  # seconds in which a triggerer has handed on an event; it does so every second


class Watcher(Protocol):
    """A trigger as far as watching goes."""

    report: str
    mode_conn_id: str
    poll_interval: float


async def successes(watcher: Watcher, store: Any) -> AsyncIterator[dict[str, Any]]:
    """
    Each run that ends well from now on, or since the store says that somebody watched.

    What is known is stored a moment after the events were fired, when they have surely been taken: after a
    crash in between they come again, which is better than not at all.
    """
    desk = await desk_for(watcher.mode_conn_id)
    report = report_in(desk.client, watcher.report)
    key = f"mode_runs_{report}"
    known = None if store is None else await store.aget(key, None)
    while True:
        question = NewSuccess(report=report, known=None if known is None else frozenset(known))
        try:
            answer = await _answer(desk, question, watcher.poll_interval)
        except AuthenticationError:
            fresh = await desk_for(watcher.mode_conn_id, fresh=True)
            if fresh is desk:
                raise
            desk = fresh
            continue
        known = answer.value["known"]
        for run in answer.value["runs"]:
            yield run
        await asyncio.sleep(min(TAKEN_AFTER, watcher.poll_interval) if answer.value["runs"] else 0)
        if store is not None:
            await store.aset(key, known)


async def _answer(desk: Desk, question: NewSuccess, interval: float) -> Answer:
    # What ends before the first look is taken for old, so that look does not wait.
    asker = desk.asker(question, interval, eager=question.known is None)
    try:
        return await asker.answered
    finally:
        desk.leave(asker)


async def cancelled(watcher: Watcher, run: str) -> str:
    """Cancel a run, and say what came of it."""
    desk = await desk_for(watcher.mode_conn_id)

    def work(client: ModeClient) -> str:
        with within(client, runs.KILL_WITHIN) as hurried:
            return runs.cancel(hurried, report_in(client, watcher.report), run)

    said: str = await desk.run(work)
    return said
