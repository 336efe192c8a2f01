"""Results and PDFs: what is rendered first, and then streamed."""

from typing import Any

from airflow_provider_mode.client.errors import ConfigurationError, ModeTimeout, NotFound, UnexpectedReply
from airflow_provider_mode.client.hal import link, path_on
from airflow_provider_mode.client.parse import text
from airflow_provider_mode.client.session import Session
from airflow_provider_mode.client.streams import Download
from airflow_provider_mode.client.tries import Call

FORMATS = ("csv", "json")
_FIRST_LOOK, _LONGEST_LOOK = 1.0, 10.0


def results(session: Session, run_path: str, format: str) -> Download:  # noqa: A002  # as Mode calls it
    """The results of a run; several queries may come as `application/zip`."""
    if format not in FORMATS:
        raise ConfigurationError(f"format: must be one of {', '.join(FORMATS)}, not {format!r}.")
    return session.download(f"{run_path}/results/content.{format}")


def pdf(session: Session, export_path: str, *, wait_for: float) -> Download:
    """The PDF of a run: asking for it starts the rendering, and then it is asked for until it is there."""
    waited, pause = 0.0, _FIRST_LOOK
    while True:
        job = session.send(Call("GET", f"{export_path}/pdf.pdf")).body
        state = text(job.get("state")) if isinstance(job, dict) else None
        if state == "completed":
            found = _fetched(session, export_path, job)
            if found is not None:
                return found
        if state in {"failed", "cancelled", "error"}:
            raise UnexpectedReply(
                f"Mode could not render it ({state})", method="GET", path=f"{export_path}/pdf.pdf"
            )
        if waited >= wait_for:
            raise ModeTimeout(
                f"not rendered within {waited:.0f} s", method="GET", path=f"{export_path}/pdf.pdf"
            )
        session.pause(pause)
        waited, pause = waited + pause, min(pause * 2, _LONGEST_LOOK)


def _fetched(session: Session, export_path: str, job: Any) -> Download | None:
    """The rendered file; None when Mode says completed and yet has it not."""
    path = path_on(session.host, link(job, "download")) or f"{export_path}/pdf/download"
    try:
        return session.download(path)
    except NotFound:
        return None
