"""One Airflow at a time: a test names the stack that it needs, and tests of one stack stand together."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import CELERY, LOCAL, STANDALONE, Stack

HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Minutes of real Airflow only for those who name this folder or a file in it."""
    del collection_path
    named = [Path(str(argument).partition("::")[0]).resolve() for argument in config.args]
    return None if any(path.is_relative_to(HERE) for path in named) else True


class Stacks:
    """The stack that is running, if any."""

    def __init__(self) -> None:
        self._running: Stack | None = None

    def get(self, kind: str) -> Stack:
        """The stack of a kind, started if it is not running; another one is stopped first."""
        if self._running is None or self._running.kind != kind:
            self.stop()
            self._running = Stack(kind)
            try:
                self._running.start()
            except BaseException:  # so that the next test begins with a new one
                self.stop()
                raise
        return self._running

    def stop(self) -> None:
        """Stop what is running."""
        if self._running is not None:
            running, self._running = self._running, None
            running.stop()


@pytest.fixture(scope="session")
def stacks() -> Iterator[Stacks]:
    """The stacks of the session, one at a time."""
    found = Stacks()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who ends the tests ends the stack as well
    yield found
    found.stop()


def _checked(stack: Stack) -> Iterator[Stack]:
    """A stack with a workspace as new, and after the test the one thing that always holds: no 429."""
    stack.fresh()
    yield stack
    assert [one for one in stack.sandbox.requests if one.status == 429] == []
    assert sum(account.throttled for account in stack.sandbox.app.limiter.accounts.values()) == 0


@pytest.fixture
def standalone(stacks: Stacks) -> Iterator[Stack]:
    """``airflow standalone`` on SQLite."""
    yield from _checked(stacks.get(STANDALONE))


@pytest.fixture
def local(stacks: Stacks) -> Iterator[Stack]:
    """LocalExecutor on PostgreSQL."""
    yield from _checked(stacks.get(LOCAL))


@pytest.fixture
def celery(stacks: Stacks) -> Iterator[Stack]:
    """CeleryExecutor with Redis and two workers, on PostgreSQL."""
    yield from _checked(stacks.get(CELERY))
