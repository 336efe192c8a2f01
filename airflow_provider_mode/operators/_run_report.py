"""The work of ``RunReportOperator``: one execution, on a worker."""

from __future__ import annotations

import importlib
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_0_PLUS

from airflow_provider_mode.client import ModeClient, NotFound
from airflow_provider_mode.client.models import SUCCEEDED, TERMINAL
from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.hooks import runs, templates
from airflow_provider_mode.hooks.asking import report_in
from airflow_provider_mode.hooks.clients import impatient, within
from airflow_provider_mode.hooks.failures import ReportRunFailed, failing_fast
from airflow_provider_mode.hooks.looks import Look
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.hooks.questions import (
    DONE,
    ERROR,
    TIMEOUT,
    WAITING,
    Answer,
    Question,
    RunEnded,
    ask,
)
from airflow_provider_mode.hooks.showing import show
from airflow_provider_mode.hooks.starting import begun_since, start
from airflow_provider_mode.operators._touched import reports_changed
from airflow_provider_mode.triggers.report_run import ModeReportRunTrigger

__all__ = ["RunJob", "failing_fast"]

GONE = "gone"
KILL_WITHIN = 20.0  # seconds; Airflow itself waits 60 before it kills for good


@dataclass(kw_only=True)
class RunJob:
    """A run that is started, waited for and told of."""

    operator: Any
    client: ModeClient
    report: str
    parameters: Mapping[str, Any]
    waits: bool
    poll_interval: float
    timeout: timedelta
    run: str | None = None
    ended: dict[str, Any] | None = field(default=None)

    @classmethod
    def of(cls, operator: Any) -> RunJob:
        """The operator's rendered parameters; what does not parse is an error that names the parameter."""
        client = ModeHook(operator.mode_conn_id).get_conn()
        given = operator.parameters
        timeout = templates.duration(operator.timeout, "timeout") or timedelta(hours=24)
        limit = operator.execution_timeout
        return cls(
            operator=operator,
            client=client,
            report=report_in(client, operator.report),
            parameters={} if templates.absent(given) else sendable(templates.mapping(given, "parameters")),
            waits=templates.flag(operator.wait, "wait"),
            poll_interval=templates.seconds(operator.poll_interval, "poll_interval"),
            timeout=timeout if limit is None else min(timeout, limit),
        )

    def submit(self, context: Mapping[str, Any]) -> str:
        """Start a run, unless an earlier try has and Airflow keeps no state that says so."""
        show(self.operator, context, report=self.client.report_url(self.report))
        began = (
            None if context.get("task_state_store") is not None else first_try_began(self.operator, context)
        )
        found = None if began is None else begun_since(self.client, self.report, self.parameters, began)
        if found is not None:
            self.operator.log.info("going on with run %s, which an earlier try has started", found.token)
            return self._follow(found.token, context)
        run = start(self.client, self.report, self.parameters)
        self.operator.log.info("started run %s of report %s", run.token, self.report)
        return self._follow(run.token, context)

    def status(self, run: str) -> str:
        """The state of a run; one that Mode does not know any more cannot be gone on with."""
        try:
            return self.client.report_run(self.report, run).state or "unknown"
        except NotFound:
            return GONE

    def is_active(self, status: str) -> bool:
        """Whether a state may still change; one that is not known may."""
        return status not in TERMINAL and status != GONE

    def is_success(self, status: str) -> bool:
        """Whether a state is success."""
        return status in SUCCEEDED

    def wait(self, run: str, context: Mapping[str, Any]) -> Any:
        """How the run ends; in the triggerer, if so asked and it has not ended yet."""
        self._follow(run, context)
        if not self.waits:
            return self.result(run, context)
        question = RunEnded(report=self.report, run=run)
        end = time.time() + self.timeout.total_seconds()
        answer = self._look(question, end)
        while answer.status == WAITING:
            if self.operator.deferrable:
                self._defer(run, end)
            self.operator.log.info("%s", answer.sentence)
            left = end - time.time()
            if left <= 0:
                answer = Answer(status=TIMEOUT, sentence=answer.sentence)
                break
            time.sleep(min(self.poll_interval, left))
            answer = self._look(question, end)
        return self._conclude(answer, context)

    def concluded(self, context: Mapping[str, Any], event: Any) -> Any:
        """What the trigger's event stands for."""
        answer = Answer.from_event(event)
        if isinstance(run := event.get("report_run"), str):
            self._follow(run, context)
        return self._conclude(answer, context)

    def result(self, run: str, context: Mapping[str, Any]) -> dict[str, Any]:
        """What the task returns."""
        if self.ended is None:
            self._follow(run, context)
            found = runs.result(self.client, self.report, self.client.report_run(self.report, run))
            return self._done(found, context) if found["state"] in SUCCEEDED else found
        return self.ended

    def cancel_now(self) -> None:
        """
        Cancel the run while the task is being killed.

        A signal may have come in the middle of a request, with locks held in this thread: so it is done in
        another, by a client of its own that waits for nobody's pace, and given up after a while.
        """
        run = self.run
        if run is None or self.ended is not None:
            return
        said: list[str] = []

        def work() -> None:
            with impatient(self.client.config, retry_for=runs.KILL_WITHIN, rate_limit=None) as client:
                said.append(runs.cancel(client, self.report, run))

        thread = threading.Thread(target=work, name="mode-cancel", daemon=True)
        thread.start()
        thread.join(KILL_WITHIN)
        where = runs.url(self.client, self.report, run)
        self.operator.log.warning(
            "%s", said[0] if said else f"run {run} could not be cancelled in time: {where}"
        )

    def _look(self, question: Question, end: float) -> Answer:
        """What a look tells that retries no longer than there is time."""
        with within(self.client, end - time.time()) as client:
            return ask(question, Look(client))

    def _follow(self, run: str, context: Mapping[str, Any]) -> str:
        """From now on the task is about this run: its buttons lead there, and killing the task cancels it."""
        self.run = run
        url = runs.url(self.client, self.report, run)
        show(self.operator, context, report=self.client.report_url(self.report), run=url)
        return run

    def _defer(self, run: str, end: float) -> None:
        trigger = ModeReportRunTrigger(
            report=self.report,
            report_run=run,
            mode_conn_id=self.operator.mode_conn_id,
            poll_interval=self.poll_interval,
            end_time=end,
            cancel_on_kill=True,
        )
        # The trigger ends by itself, with a last look; Airflow's own limit is for one that never does.
        spare = self.timeout + timedelta(seconds=2 * self.poll_interval + 120)
        self.operator.defer(trigger=trigger, method_name="execute_complete", timeout=spare)

    def _done(self, result: dict[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a run that ended well, which Airflow is told as a change of the report."""
        self.ended = result
        about = {key: result[key] for key in ("report_run", "state", "url")}
        reports_changed(self.operator, context, self.client, [self.report], **about)
        return result

    def _conclude(self, answer: Answer, context: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a run that ended well, or the error of one that did not."""
        if answer.status == DONE:
            return self._done(answer.value, context)
        if answer.status == ERROR:
            raise AirflowFailException(answer.sentence)
        if answer.status == TIMEOUT:
            raise ReportRunFailed(f"not ended within {self.timeout}: {answer.sentence}; {self._cancelled()}")
        self.ended = answer.value
        raise ReportRunFailed(answer.sentence)

    def _cancelled(self) -> str:
        """What came of cancelling the run after its time is over, which must not take long."""
        if self.run is None:
            return ""
        with within(self.client, runs.KILL_WITHIN) as client:
            return runs.cancel(client, self.report, self.run)


def sendable(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parameters that JSON can hold; a date, for one, must be a text."""
    try:
        json.dumps(parameters, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise SettingError("parameters", f"must be values that JSON has: {error}") from None
    return parameters


def first_try_began(operator: Any, context: Mapping[str, Any]) -> datetime | None:
    """
    When the first try of a task began, where this is a later one and Airflow's database is at hand (2.11).

    Tries from before the task was last cleared do not count: clearing asks for a new run.
    """
    instance = context.get("ti")
    if AIRFLOW_V_3_0_PLUS or instance is None or instance.try_number <= 1:
        return None
    history = importlib.import_module("airflow.models.taskinstancehistory").TaskInstanceHistory
    sqlalchemy: Any = importlib.import_module("sqlalchemy")
    session: Any = importlib.import_module("airflow.utils.session")
    first = (instance.max_tries or 0) - (operator.retries or 0) + 1
    query = sqlalchemy.select(sqlalchemy.func.min(history.start_date)).where(
        history.dag_id == instance.dag_id,
        history.task_id == instance.task_id,
        history.run_id == instance.run_id,
        history.map_index == instance.map_index,
        history.try_number >= first,
    )
    with session.create_session() as held:
        began: datetime | None = held.scalar(query)
    return began
