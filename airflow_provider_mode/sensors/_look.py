"""What sensors do at each look, and with what a trigger has found; imported when a task runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSensorTimeout

from airflow_provider_mode.client import ModeClient
from airflow_provider_mode.hooks import runs
from airflow_provider_mode.hooks.clients import within
from airflow_provider_mode.hooks.failures import failing_fast
from airflow_provider_mode.hooks.looks import Look
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.hooks.questions import DONE, FAILED, TIMEOUT, Answer, ask
from airflow_provider_mode.hooks.showing import show


def look(sensor: Any, hook: ModeHook, context: Mapping[str, Any]) -> tuple[bool, Any]:
    """Whether what the sensor waits for is so now, with what is known then."""
    with failing_fast():
        client = hook.get_conn()
        question = sensor.question(client)
        _show(sensor, context, client, question)
        with within(client, sensor.time_left(context)) as hurried:
            answer = ask(question, Look(hurried))
        _show(sensor, context, client, question, answer)
    sensor.log.info("%s", answer.sentence)
    if answer.status == FAILED:
        raise AirflowFailException(answer.sentence)
    return answer.status == DONE, answer.value


def concluded(sensor: Any, context: Mapping[str, Any], event: Any) -> Any:
    """What the trigger's event says was found, or the error it stands for."""
    answer = Answer.from_event(event)
    with failing_fast():
        client = ModeHook(sensor.mode_conn_id).get_conn()
        _show(sensor, context, client, sensor.question(client), answer)
    if answer.status == TIMEOUT:
        raise AirflowSensorTimeout(
            f"Sensor has timed out after {sensor.timeout:.0f} seconds: {answer.sentence}"
        )
    if answer.status != DONE:
        raise AirflowFailException(answer.sentence)
    sensor.log.info("%s", answer.sentence)
    return answer.value


def _show(
    sensor: Any, context: Mapping[str, Any], client: ModeClient, question: Any, answer: Answer | None = None
) -> None:
    """Let the buttons lead to the report, and to the run that is waited for or was found."""
    urls = {"report": client.report_url(question.report)}
    found = answer.value if answer is not None and isinstance(answer.value, dict) else {}
    if run := getattr(question, "run", None) or found.get("report_run"):
        urls["run"] = runs.url(client, question.report, run)
    show(sensor, context, **urls)
