"""What a plan tells of all reports: when they were last used, where they are, what kept ones are called."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from airflow_provider_mode.governance.evidence.evidence import Evidence
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.governance.policy.rules import AGES


class Summary:
    """Counts every unarchived report once, stale or not, by month of last use and by collection."""

    def __init__(self, policy: StalePolicy) -> None:
        given = (age for age in AGES if age.setting != "older_than" and getattr(policy, age.setting))
        self._criterion = next(given, None)
        self._months: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._collections: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._titles: dict[str, str | None] = {}
        self._names: dict[str, str] = {}

    def count(self, row: Evidence, *, stale: bool) -> None:
        """Take in one report."""
        seen = getattr(row, self._criterion.field if self._criterion else "last_run_at")
        month = (
            f"{seen.astimezone(UTC):%Y-%m}"
            if isinstance(seen, datetime)
            else "never"
            if seen is None
            else "unknown"
        )
        collection = row.collection or ""
        for pair in (self._months[month], self._collections[collection]):
            pair[0] += 1
            pair[1] += stale
        self._titles[collection] = row.place

    def name(self, row: Evidence) -> None:
        """Remember what a report is called that is kept for a reason, so that its owner finds it."""
        if row.title is not None:
            self._names[row.report] = row.title

    def to_json(self) -> dict[str, Any]:
        """The counts as a plan holds them."""
        months = {month: _pair(pair) for month, pair in sorted(self._months.items())}
        rest = {key: months.pop(key, _pair([0, 0])) for key in ("never", "unknown")}
        return {
            "last_use": {
                "criterion": self._criterion.setting if self._criterion else None,
                "months": months,
                **rest,
            },
            "collections": [
                {"collection": token, "name": self._titles[token], **_pair(pair)}
                for token, pair in sorted(self._collections.items())
            ],
            "kept_names": dict(sorted(self._names.items())),
        }


def _pair(counts: list[int]) -> dict[str, int]:
    return {"reports": counts[0], "stale": counts[1]}
