"""What came of one report."""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_provider_mode.client.errors import ModeError
from airflow_provider_mode.governance.apply.recheck import Spared
from airflow_provider_mode.governance.errors import GovernanceError


@dataclass(slots=True)
class Done:
    """What was done to one report, and why the rest was not."""

    report: str
    archived: bool = False
    deleted: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # schedules that somebody else had deleted
    spared: Spared | None = None
    failures: list[str] = field(default_factory=list)
    permanent: bool = True  # no failure that another try may mend
    fatal: ModeError | GovernanceError | None = None  # concerns every report
    left: bool = False  # stopped before all of it was done

    def fail(self, error: ModeError) -> None:
        """Note a failure; the other reports are not concerned."""
        self.failures.append(str(error))
        self.permanent = self.permanent and not error.retryable
