"""How a trigger waits: at a desk that it shares with others, until an answer, an error or its end."""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any, Protocol

from airflow_provider_mode.client import AuthenticationError, ModeClient, ModeError
from airflow_provider_mode.governance.errors import GovernanceError
from airflow_provider_mode.hooks import asking
from airflow_provider_mode.hooks.questions import ERROR, TIMEOUT, WAITING, Answer, Question
from airflow_provider_mode.triggers._desk import Asker, Desk
from airflow_provider_mode.triggers._desks import desk_for

LAST_LOOK = 60.0  # seconds that the look at the end may take


class Waiter(Protocol):
    """A trigger as far as waiting goes."""

    mode_conn_id: str
    poll_interval: float
    end_time: float | None

    def question(self, client: ModeClient, asking: ModuleType) -> Question:
        """What is waited for."""


async def outcome(waiter: Waiter) -> dict[str, Any]:
    """How the waiting ends; what another try cannot mend is an outcome too, and a bug is raised."""
    try:
        return (await _answered(waiter)).to_json()
    except (ModeError, GovernanceError) as error:
        return Answer(status=ERROR, sentence=str(error)).to_json()


async def _answered(waiter: Waiter) -> Answer:
    """The answer, with the key of the connection as it is: one that was changed meanwhile is used."""
    desk = await desk_for(waiter.mode_conn_id)
    while True:
        try:
            return await _at(desk, waiter)
        except AuthenticationError:
            fresh = await desk_for(waiter.mode_conn_id, fresh=True)
            if fresh is desk:
                raise
            desk = fresh


async def _at(desk: Desk, waiter: Waiter) -> Answer:
    """The answer of one desk, within the time there is."""
    question = waiter.question(desk.client, asking)
    asker = desk.asker(question, waiter.poll_interval, end=waiter.end_time)
    try:
        return await asker.within(_left(waiter)) or await _at_the_end(desk, asker)
    finally:
        desk.leave(asker)


def _left(waiter: Waiter) -> float | None:
    """Seconds until a trigger gives up; the end is a moment, so a restart of the triggerer adds nothing."""
    return None if waiter.end_time is None else max(waiter.end_time - time.time(), 0.0)


async def _at_the_end(desk: Desk, asker: Asker) -> Answer:
    """One last look: what came true while no triggerer was there came true in time."""
    desk.hurry(asker)
    answer = await asker.within(LAST_LOOK)
    if answer is not None and answer.status != WAITING:
        return answer
    sentence = (answer and answer.sentence) or asker.trouble or "Mode gave no answer"
    return Answer(status=TIMEOUT, sentence=sentence)
