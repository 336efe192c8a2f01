"""The work of ``ExportResultsOperator``: which run, which files, and how they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_mode.client import ModeClient, NotFound, QueryRun, UnexpectedReply
from airflow_provider_mode.governance.errors import SettingError
from airflow_provider_mode.hooks import runs, templates
from airflow_provider_mode.hooks.asking import report_in, run_in
from airflow_provider_mode.hooks.failures import ReportRunFailed, failing_fast
from airflow_provider_mode.hooks.showing import show
from airflow_provider_mode.operators._archive import BEGINS, unpacked
from airflow_provider_mode.operators._counting import CsvRows, JsonRows, NoRows
from airflow_provider_mode.operators._delivery import Delivery
from airflow_provider_mode.operators._folder import escaped
from airflow_provider_mode.operators._job import Job
from airflow_provider_mode.operators._touched import report_exported

SPACE = b" \t\r\n\xef\xbb\xbf"
"""What may stand before the rest, the mark of UTF-8 included."""
LONGEST_SPACE = 1024
FORMATS = ("csv", "json", "pdf")


@dataclass(frozen=True, kw_only=True)
class Export:
    """A run whose results are asked for."""

    client: ModeClient
    report: str
    run: str
    delivery: Delivery

    def csv(self) -> None:
        """One file, or one for each query where they come as an archive."""
        with self.client.results(self.report, self.run, "csv") as download:
            pieces = iter(download)
            first = next(pieces, b"")
            # No CSV begins so, while gateways have been known to change what a body is called.
            if "zip" in download.content_type.lower() or first.startswith(BEGINS):
                with unpacked(chain([first], pieces), self._wrong) as members:
                    for name, content in members:
                        self.delivery.deliver(name, content, CsvRows())
            else:
                self.delivery.deliver("results.csv", chain([first], pieces), CsvRows())

    def json(self) -> None:
        """One file a query: of several, a run's own results would hold the first alone."""
        queries = list(self.client.query_runs(self.report, self.run))
        for query in queries:
            with self.client.results(self.report, self.run, "json", query_run=query) as download:
                name = "results.json" if len(queries) == 1 else f"{_name(query)}.json"
                self._deliver_json(name, download)
        if not queries:
            with self.client.results(self.report, self.run, "json") as download:
                self._deliver_json("results.json", download)

    def pdf(self) -> None:
        """The rendered report."""
        with self.client.pdf(self.report, self.run) as download:
            self.delivery.deliver("report.pdf", self._begun(download, b"%PDF-", "a PDF"), NoRows())

    def _deliver_json(self, name: str, pieces: Iterable[bytes]) -> None:
        self.delivery.deliver(name, self._begun(pieces, b"[", "JSON results"), JsonRows())

    def _begun(self, pieces: Iterable[bytes], begins: bytes, what: str) -> Iterator[bytes]:
        """The pieces of what begins as it should: Mode may say with a good status that there is nothing."""
        pieces, head = iter(pieces), b""
        for piece in pieces:
            head += piece
            if len(head.lstrip(SPACE)) >= len(begins) or len(head) > LONGEST_SPACE:
                break
        if not head.lstrip(SPACE).startswith(begins):
            raise self._wrong(UnexpectedReply, f"what came does not begin as {what} does")
        yield head
        yield from pieces

    def _wrong(self, kind: type[UnexpectedReply], sentence: str) -> UnexpectedReply:
        path = f"/api/{self.client.config.workspace}/reports/{self.report}/runs/{self.run}/results"
        return kind(sentence, method="GET", path=path, status=200)


def export_results(operator: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """Stream the results to the folder, and say where they are."""
    with failing_fast():
        form = templates.text(operator.format, "format")
        if form not in FORMATS:
            raise SettingError("format", f"must be one of {', '.join(FORMATS)}, not {operator.format!r}")
        named = templates.text(operator.report_run, "report_run")
        job = Job.start(operator, context)
        client, report = job.client, report_in(job.client, operator.report)
        show(operator, context, report=client.report_url(report))
        run = run_in(client, report, named) if named else _last_success(client, report)
        url = runs.url(client, report, run)
        show(operator, context, run=url)
        delivery = Delivery(job.folder, job.stopping)
        try:
            getattr(Export(client=client, report=report, run=run, delivery=delivery), form)()
        except NotFound as error:
            raise _why_none(client, report, run, error) from error
        for file in delivery.files:
            operator.log.info("%s: %s rows, %s bytes", file["uri"], file["rows"], file["bytes"])
        uris = [file["uri"] for file in delivery.files]
        report_exported(operator, context, client, report, uris, report_run=run, url=url)
    return {"files": delivery.files}


def _last_success(client: ModeClient, report: str) -> str:
    """The last run that succeeded: as the report says, or else by its runs."""
    told = client.report(report).last_successful_run
    if told is not None:
        return told
    found = next((run.token for run in client.runs(report) if run.succeeded), None)
    if found is None:
        raise ReportRunFailed(f"report {report} has no run that succeeded: there is nothing to export")
    return found


def _why_none(client: ModeClient, report: str, run: str, error: NotFound) -> Exception:
    """Why a run has no results: it goes on, it failed, or it is as unknown as Mode says."""
    found = client.report_run(report, run)
    if found.succeeded:
        return error
    if found.is_terminal:
        return AirflowFailException(f"no results: {runs.why_failed(client, report, found)}")
    return ReportRunFailed(f"no results yet: run {run} of report {report} is {found.state}")


def _name(query: QueryRun) -> str:
    """A file's name for a query; two may be called alike, or like nothing at all."""
    return escaped(query.query_name or query.query or query.token)
