"""
Starting a run exactly once.

Mode has no key that makes a start repeatable, so a start whose reply was lost is looked for among the
report's runs: one that was not there before, by hand, with the same parameters. It is never sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from airflow_provider_mode.client import ModeClient, ModeError, Run
from airflow_provider_mode.hooks.looks import NEWEST

LOOKS_AFTER = (0.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each look for a run whose start may show late."""


class StartUnclear(ModeError):  # noqa: N818 - named for what happened, like its kin
    """A run may have been started, and is not to be found: only a person can tell."""

    retryable = False


def start(
    client: ModeClient,
    report: str,
    parameters: Mapping[str, Any],
    *,
    looks_after: Sequence[float] = LOOKS_AFTER,
    sleep: Callable[[float], None] = time.sleep,
) -> Run:
    """A new run of a report; at the cost of a request more, one can be told from those there before."""
    before = {run.token for run in islice(client.runs(report), NEWEST)}
    try:
        return client.run(report, parameters)
    except ModeError as error:
        if not error.maybe_done:
            raise
        lost = error
    for seconds in looks_after:
        sleep(seconds)
        found = _new(client, report, parameters, before)
        if found is not None:
            return found
    raise StartUnclear(
        f"{lost} A run of report {report} may have started, and none is to be found: look at "
        f"{client.report_url(report)}/runs before starting another."
    ) from lost


def begun_since(
    client: ModeClient, report: str, parameters: Mapping[str, Any], moment: datetime
) -> Run | None:
    """The newest run by hand with these parameters that began since then, and did not end badly."""
    for run in client.runs(report):
        if run.created_at is not None and run.created_at < moment:
            return None
        is_good = run.succeeded or not run.is_terminal
        if run.created_at is not None and is_good and _is_like(run, parameters):
            return run
    return None


def _new(
    client: ModeClient, report: str, parameters: Mapping[str, Any], before: Collection[str]
) -> Run | None:
    try:
        newest = list(islice(client.runs(report), NEWEST))
    except ModeError:
        return None  # there is another look
    return next((run for run in newest if run.token not in before and _is_like(run, parameters)), None)


def _is_like(run: Run, parameters: Mapping[str, Any]) -> bool:
    """
    Whether a run was started by hand with these parameters, and no others.

    One that holds more may have been given the defaults of the report's form, or be somebody else's. Nobody
    can tell, so it is not taken for ours: to wait for another's numbers is worse than to fail.
    """
    held = run.parameters
    if held is None and run.raw.get("parameters", ...) is None:
        held = {}  # null stands for none; a run that does not tell them is like no other
    return run.schedule is None and held is not None and _as_texts(held) == _as_texts(parameters)


def _as_texts(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Mode may answer a number with its text."""
    return {key: str(value) for key, value in parameters.items()}
