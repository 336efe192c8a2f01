"""What earlier journals and plans in a folder tell: what we archived, what came back, what stood in plans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from airflow_provider_mode.governance.errors import PlanRefused
from airflow_provider_mode.governance.journal.lines import ARCHIVE_REPORT, UNARCHIVE_REPORT, Entry
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.storage import StoragePath, find, read_bytes

PLAN_FILE = "plan.json"
KEPT = "restored"


@dataclass(frozen=True, slots=True)
class Memory:
    """When we last archived each report, and since when it is known to be live again.

    Of one that nobody of ours brought back, that is the first plan that kept it for this reason, or now.
    """

    archived: Mapping[str, datetime] = field(default_factory=dict)
    back: Mapping[str, datetime] = field(default_factory=dict)

    def keeps(self, report: str, longest: timedelta, now: datetime) -> bool:
        """Whether a report, if it is live, is to be left alone because it was restored."""
        return report in self.archived and now - self.back.get(report, now) < longest

    def kept(self, longest: timedelta, now: datetime) -> frozenset[str]:
        """Every report that is to be left alone if it is live."""
        return frozenset(report for report in self.archived if self.keeps(report, longest, now))


def remember(
    entries: Iterable[Entry], plans: Callable[[], Iterable[Plan]], longest: timedelta, now: datetime
) -> Memory:
    """The memory in some journals; the plans are read only if some report was archived `longest` ago."""
    archived: dict[str, datetime] = {}
    back: dict[str, datetime] = {}
    for entry in entries:
        if entry.done and entry.at is not None and entry.kind in {ARCHIVE_REPORT, UNARCHIVE_REPORT}:
            known = archived if entry.kind == ARCHIVE_REPORT else back
            known[entry.report] = max(entry.at, known.get(entry.report, entry.at))
    back = {report: at for report, at in back.items() if report in archived and at >= archived[report]}
    old = {report for report, at in archived.items() if now - at >= longest} - back.keys()
    for plan in sorted(plans(), key=lambda plan: plan.created_at) if old else ():
        for report in old.intersection(plan.kept.get(KEPT, ())):
            if plan.created_at >= archived[report]:
                back.setdefault(report, plan.created_at)
    return Memory(archived, back)


def long_planned(plans: Iterable[Plan], before: datetime, memory: Memory) -> frozenset[str]:
    """The reports that stood in a plan made by then; plans older than their last archiving do not count."""
    stood: set[str] = set()
    for plan in plans:
        if plan.created_at <= before:
            stood.update(
                action.report
                for action in plan.actions
                if action.report not in memory.archived or plan.created_at > memory.archived[action.report]
            )
    return frozenset(stood)


def plans_in(folder: StoragePath, workspace: str) -> Iterator[Plan]:
    """The workspace's plans in a folder and below; what is no plan of ours is passed over."""
    for path in find(folder, PLAN_FILE):
        content = read_bytes(path)
        try:
            plan = Plan.loads(content) if content is not None else None
        except PlanRefused:
            continue
        if plan is not None and plan.workspace == workspace:
            yield plan
