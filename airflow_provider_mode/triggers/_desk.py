"""
All that the triggers of one triggerer ask with one key: one client, and one poll for each subject.

A poll reads what its askers' questions are about once, in a thread, and answers all of them. The loop that
runs the triggers is never blocked.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_mode.client import ModeClient, ModeError
from airflow_provider_mode.governance.errors import GovernanceError
from airflow_provider_mode.hooks.clients import within
from airflow_provider_mode.hooks.looks import Look
from airflow_provider_mode.hooks.questions import WAITING, Answer, Question, ask
from airflow_provider_mode.triggers._pace import phase, stretch
from airflow_provider_mode.triggers._pool import Pool

THREADS = 4
NOTEWORTHY = 1.25  # the log speaks when intervals change by more than that
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Asker:
    """
    One who waits for the answer to a question; `trouble` is the latest reason why there is none yet.

    The last look of an asker is taken at once, and its answer is one though it be that nothing came true. So
    is the first of one who is `eager`, but for its answer.
    """

    question: Question
    interval: float
    answered: asyncio.Future[Answer]
    trouble: str = ""
    is_last: bool = False
    is_eager: bool = False
    end: float | None = None

    @property
    def left(self) -> float:
        """Seconds until this asker gives up."""
        return math.inf if self.end is None else self.end - time.time()

    @property
    def is_urgent(self) -> bool:
        """Whether a look cannot wait until the interval is over."""
        return (self.is_last or self.is_eager) and not self.answered.done()

    async def within(self, seconds: float | None) -> Answer | None:
        """The answer, unless none comes in that time."""
        await asyncio.wait([self.answered], timeout=seconds)
        return self.answered.result() if self.answered.done() else None


@dataclass(eq=False)
class _Group:
    """Those who ask about one subject."""

    subject: str
    askers: list[Asker] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    @property
    def interval(self) -> float:
        """As often as the most eager wants."""
        return min(asker.interval for asker in self.askers)

    @property
    def is_urgent(self) -> bool:
        """Whether somebody cannot wait."""
        return any(asker.is_urgent for asker in self.askers)


class Desk:
    """Asks for everybody in one event loop who has the same connection."""

    def __init__(self, client: ModeClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.client = client
        self.config = client.config
        self._clock = clock
        self._pool = Pool(min(THREADS, self.config.concurrency), asyncio.get_running_loop())
        self._groups: dict[str, _Group] = {}
        self._polls = 0
        self._stretched = 1.0
        self._troubled: set[str] = set()

    @property
    def idle(self) -> bool:
        """Whether nobody asks anything."""
        return not self._groups

    async def run(self, work: Callable[[ModeClient], Any]) -> Any:
        """What some work with the client gives, done off the loop."""
        return await self._pool.run(lambda: work(self.client))

    def asker(
        self, question: Question, interval: float, *, eager: bool = False, end: float | None = None
    ) -> Asker:
        """Begin to ask about a question, of the `eager` at once, until a moment; `leave` ends it."""
        answered = asyncio.get_running_loop().create_future()
        asker = Asker(question, interval, answered, is_eager=eager, end=end)
        group = self._groups.setdefault(question.subject, _Group(question.subject))
        group.askers.append(asker)
        group.changed.set()
        if group.task is None:
            group.task = asyncio.create_task(self._serve(group), name=f"mode-poll-{group.subject}")
        return asker

    def hurry(self, asker: Asker) -> None:
        """Look at once, for this asker's last time; all whose time is over share that look."""
        asker.is_last = True
        self._groups[asker.question.subject].changed.set()

    def leave(self, asker: Asker) -> None:
        """Ask no longer; the last one to leave ends the poll."""
        group = self._groups.get(asker.question.subject)
        if group is None or asker not in group.askers:
            return
        group.askers.remove(asker)
        asker.answered.cancel()
        if not group.askers:
            del self._groups[group.subject]
            self._troubled.discard(group.subject)
            if group.task is not None:
                group.task.cancel()

    def close(self) -> None:
        """Let go of threads and connections."""
        self._pool.close()
        self.client.close()

    async def _serve(self, group: _Group) -> None:
        """Poll for a group until its last asker leaves."""
        began, wait = self._clock(), phase(group.subject)
        while True:
            await self._until_due(group, began, wait)
            began, wait = self._clock(), 1.0
            await self._poll(group)

    async def _until_due(self, group: _Group, began: float, part: float) -> None:
        """Wait until the interval is over, which may change with who asks meanwhile."""
        while (left := began + part * group.interval * self._stretch() - self._clock()) > 0:
            if group.is_urgent:
                return
            group.changed.clear()
            try:
                async with asyncio.timeout(left):
                    await group.changed.wait()
            except TimeoutError:
                return

    async def _poll(self, group: _Group) -> None:
        """Look once, and answer all who ask."""
        askers = list(group.askers)
        last = {asker for asker in askers if asker.is_last}
        for asker in askers:
            asker.is_eager = False
        looking = self._pool.run(lambda: self._look(askers))
        [told] = await asyncio.gather(looking, return_exceptions=True)
        answers: list[Answer | BaseException] = (
            [told for _ in askers] if isinstance(told, BaseException) else [*told]  # a bug, for all who wait
        )
        self._polls += 1
        self._say_trouble(group.subject, answers)
        for asker, answer in zip(askers, answers, strict=True):
            if asker.answered.done():
                continue
            if isinstance(answer, BaseException):
                asker.answered.set_exception(answer)
            elif answer.status == WAITING and asker not in last:
                asker.trouble = answer.sentence
            else:
                asker.answered.set_result(answer)

    def _look(self, askers: list[Asker]) -> list[Answer | Exception]:
        """
        The answers to several questions of one subject, in a thread.

        It retries no longer than the first of them has time; the others will look again.
        """
        told: list[Answer | Exception] = []
        with within(self.client, min(asker.left for asker in askers)) as client:
            look = Look(client, shared=len(askers) > 1)
            for asker in askers:
                try:
                    told.append(ask(asker.question, look))
                except (ModeError, GovernanceError) as error:
                    told.append(error)
        return told

    def _stretch(self) -> float:
        """By how much intervals are longer than asked for; a notable change is said."""
        limit = self.config.rate_limit
        cost = max(1.0, self.client.usage.requests / self._polls) if self._polls else 1.0
        allowed = None if limit is None else limit.requests / limit.period
        factor = stretch((group.interval for group in self._groups.values()), cost, allowed)
        if not 1 / NOTEWORTHY < factor / self._stretched < NOTEWORTHY:
            self._stretched = factor
            self._say(factor)
        return factor

    def _say_trouble(self, subject: str, answers: Sequence[Answer | BaseException]) -> None:
        """Say when trouble begins, whatever it hinders, and when it is over; not at each poll."""
        trouble = next((each for each in answers if isinstance(each, Answer) and each.in_trouble), None)
        if trouble is not None:
            if not self._troubled:
                _log.warning("Mode cannot be asked, and is asked again until it can: %s", trouble.sentence)
            self._troubled.add(subject)
        elif subject in self._troubled:
            self._troubled.remove(subject)
            if not self._troubled:
                _log.info("Mode answers again")

    def _say(self, factor: float) -> None:
        least = min(group.interval for group in self._groups.values())
        _log.warning(
            "%s polls are asked for; to keep the rate limit, their interval is %.3g s instead of %.3g s",
            len(self._groups),
            factor * least,
            least,
        )
