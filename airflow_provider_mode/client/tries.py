"""The tries of one call: tenacity repeats, `retry.decide` says whether and when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import tenacity

from airflow_provider_mode.client.config import ModeConfig
from airflow_provider_mode.client.errors import ModeError, RateLimited
from airflow_provider_mode.client.retry import Failure, GiveUp, Outcome, decide
from airflow_provider_mode.client.usage import Usage

READING = frozenset({"GET", "HEAD"})
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked: a verb, a path below the host, and what goes with it."""

    method: str
    path: str
    params: Mapping[str, Any] | None = None
    body: bytes | None = None

    @property
    def is_discovery(self) -> bool:
        """Whether it goes to the Discovery API, which has a key of its own (its keys are made with ours)."""
        return self.path.startswith("/batch/") and "/signature_tokens" not in self.path

    @property
    def headers(self) -> dict[str, str]:
        """What Mode's clients send; audit logs and the Discovery API answer 406 to `hal+json`."""
        plain = self.path.startswith("/batch/") or self.path.endswith("/audit_logs")
        return {
            "Accept": "application/json" if plain else "application/hal+json",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
        }

    def failed(
        self,
        kind: type[ModeError],
        outcome: Outcome,
        detail: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> "Failed":
        """A try of this call that did not bring what was asked for."""
        error = kind(detail, method=self.method, path=self.path, status=status)
        return Failed(error, Failure(outcome=outcome, retry_after=retry_after))


@dataclass(frozen=True, slots=True)
class Failed:
    """One failed try: the error that it becomes if it was the last, and how it failed."""

    error: ModeError
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a client repeats: its patience, and its time and chance, which come from outside."""

    config: ModeConfig
    usage: Usage
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    random: Callable[[], float]


class Tries:
    """Repeats one call until it is answered or patience ends; knows what the tries may have done."""

    def __init__(self, call: Call, manner: Manner) -> None:
        self.call = call
        self.unclear = False
        """Some try may have been carried out although no clear reply came."""
        self.last: ModeError = RateLimited("the rate limit left no room", method=call.method, path=call.path)
        self._manner = manner
        self._tried = 0
        self._since: float | None = None
        self._due = 0.0

    @property
    def patience(self) -> float | None:
        """Seconds that the next permit may be waited for; the first try waits as long as it takes."""
        if self._since is None:
            return None
        return max(self._manner.config.retry_for - (self._manner.clock() - self._since), 0.0)

    def run(self, once: Callable[["Tries"], Result | Failed]) -> Result:
        """The result of the first try that has one; else the error of the last."""
        retrying = tenacity.Retrying(
            retry=self._again, wait=lambda _: self._due, sleep=self._pause, stop=tenacity.stop_never
        )
        result = retrying(once, self)
        if isinstance(result, Failed):
            raise self._closed(result)
        if self.call.method not in READING:
            self._manner.usage.count(changes=1)
        return result

    def _again(self, state: tenacity.RetryCallState) -> bool:
        """Whether to try once more after what just came back."""
        outcome = state.outcome
        if outcome is None or outcome.failed or not isinstance(result := outcome.result(), Failed):
            return False
        manner, failure = self._manner, result.failure
        if result.error is self.last:  # no permit came in time, so nothing was tried
            return False
        self._tried, self.last = state.attempt_number, result.error
        self.unclear = self.unclear or not failure.outcome.clear
        now = manner.clock()
        self._since = now if self._since is None else self._since
        decision = decide(
            self.call.method,
            failure,
            attempt=state.attempt_number,
            elapsed=now - self._since,
            retry_for=manner.config.retry_for,
            u=manner.random(),
        )
        if isinstance(decision, GiveUp):
            return False
        self._due = decision.wait
        manner.usage.count(retries=1)
        return True

    def _pause(self, seconds: float) -> None:
        """Sleep between tries, where the pacer does not do the waiting."""
        if seconds > 0:
            self._manner.usage.waited(seconds)
            self._manner.sleep(seconds)

    def _closed(self, result: Failed) -> ModeError:
        """The last error, told how often it was tried and whether a change may have been made."""
        error = result.error
        error.attempts = self._tried
        error.maybe_done = self.unclear and self.call.method not in READING
        error.never_left = result.failure.outcome is Outcome.NEVER_LEFT
        return error
