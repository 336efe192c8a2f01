"""From our errors to Airflow's: what another try cannot mend fails at once, the rest is left to retries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from airflow_provider_mode.client.errors import ModeError
from airflow_provider_mode.governance.errors import GovernanceError


def is_permanent(error: ModeError | GovernanceError) -> bool:
    """Whether another try can never mend it."""
    return error.permanent if isinstance(error, GovernanceError) else not error.retryable


@contextmanager
def failing_fast() -> Iterator[None]:
    """Turn a permanent error into ``AirflowFailException``, which burns no retries; others pass unchanged."""
    try:
        yield
    except (ModeError, GovernanceError) as error:
        if is_permanent(error):
            raise AirflowFailException(str(error)) from error
        raise


class ChangesIncomplete(AirflowException):
    """Some changes failed for now, or the task was stopped between two; a retry goes on where it ended."""


class ReportRunFailed(AirflowException):
    """A run ended badly, or did not end in time; a retry starts another."""


def incomplete(sentence: str, *, permanent: bool) -> AirflowException:
    """The error for a task that did not do all it should; without retries where they cannot help."""
    return AirflowFailException(sentence) if permanent else ChangesIncomplete(sentence)
