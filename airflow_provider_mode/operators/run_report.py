"""Run a report, and wait until it has run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import BaseOperator, Context, ResumableJobMixin, conf

from airflow_provider_mode.hooks.form import DEFAULT_CONN_ID
from airflow_provider_mode.links import ModeLink, ModeReportLink, ModeRunLink

if TYPE_CHECKING:
    from airflow_provider_mode.operators._run_report import RunJob


class RunReportOperator(ResumableJobMixin, BaseOperator):
    """
    Starts a run of a report and waits for it; returns ``{report, report_run, state, url}``.

    A run that fails or is cancelled fails the task with the failing query's name, error code and message; a
    retry starts another. A start whose reply was lost is looked for and never repeated. A retry after the
    worker has died goes on with the run that was started (Airflow 3.3; on 2.11, where one is found that began
    since the first try). Killing the task cancels the run where Mode offers a way.

    :param report: the report's 12 characters or its URL
    :param parameters: the run's parameters, whose values may be templates
    :param wait: whether to wait until the run has ended
    :param poll_interval: seconds between two looks
    :param timeout: how long to wait, such as ``"24h"``; then the run is cancelled and the task fails
    :param mode_conn_id: the connection to Mode
    :param deferrable: wait in the triggerer and hold no worker; by default as ``[operators]
        default_deferrable`` says
    """

    template_fields: Sequence[str] = ("report", "parameters", "wait", "poll_interval", "timeout")
    template_fields_renderers: ClassVar[dict[str, str]] = {"parameters": "json"}
    operator_extra_links: Sequence[ModeLink] = (ModeReportLink(), ModeRunLink())
    ui_color = "#e3f4ee"
    external_id_key = "report_run"

    def __init__(
        self,
        *,
        report: str,
        parameters: Mapping[str, Any] | str | None = None,
        wait: bool | str = True,
        poll_interval: float | str = 30,
        timeout: timedelta | str = "24h",
        mode_conn_id: str = DEFAULT_CONN_ID,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.report = report
        self.parameters = parameters
        self.wait = wait
        self.poll_interval = poll_interval
        self.timeout = timeout
        self.mode_conn_id = mode_conn_id
        self.deferrable = deferrable
        self._job: RunJob | None = None

    def execute(self, context: Context) -> Any:
        """Start a run or find the one of an earlier try, wait for it, and say how it ended."""
        from airflow_provider_mode.operators._run_report import RunJob, failing_fast  # noqa: PLC0415 - lazy

        with failing_fast():
            self._job = RunJob.of(self)
            return self.execute_resumable(context)

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """What the triggerer found, or the error that it stands for."""
        from airflow_provider_mode.operators._run_report import RunJob, failing_fast  # noqa: PLC0415 - lazy

        with failing_fast():
            self._job = RunJob.of(self)
            return self._job.concluded(context, event)

    def on_kill(self) -> None:
        """Cancel the run, if one was started and Mode offers a way."""
        if self._job is not None:
            self._job.cancel_now()

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> Any:
        """The report as what was written, and its run."""
        from airflow_provider_mode.operators._lineage import facets  # noqa: PLC0415 - OpenLineage alone asks

        del task_instance
        return facets(self)

    # What ResumableJobMixin asks for: it keeps the run's 12 characters in the task's state store.

    def submit_job(self, context: Context) -> str:
        """Start a run; only its 12 characters are kept."""
        return self._running.submit(context)

    def get_job_status(self, external_id: Any, context: Context) -> str:
        """The state of a run that an earlier try has started."""
        del context
        return self._running.status(str(external_id))

    def is_job_active(self, status: str) -> bool:
        """Whether the run may still end well."""
        return self._running.is_active(status)

    def is_job_succeeded(self, status: str) -> bool:
        """Whether the run has ended well."""
        return self._running.is_success(status)

    def poll_until_complete(self, external_id: Any, context: Context) -> Any:
        """Wait for a run, here or in the triggerer."""
        return self._running.wait(str(external_id), context)

    def get_job_result(self, external_id: Any, context: Context) -> Any:
        """What the task returns."""
        return self._running.result(str(external_id), context)

    @property
    def _running(self) -> RunJob:
        """The execution, which `execute` begins."""
        if self._job is None:
            raise RuntimeError("a run is started by execute() alone")
        return self._job
