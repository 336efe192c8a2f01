"""Plans as a workspace would give them, made without one: the same arguments give the same plan."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_mode.governance.evidence.evidence import ABSENT, Evidence, Owner
from airflow_provider_mode.governance.plan.plan import ARCHIVE_REPORT, DELETE_SCHEDULE, Action, Plan
from airflow_provider_mode.governance.policy.policy import StalePolicy

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOSTILE = (
    "<script>document.title='owned'</script>",
    "</script><img src=x onerror=\"document.title='owned'\">",
    '=HYPERLINK("https://evil.example","open")',
    "a | b `c` [click](javascript:alert(1)) <!-- https://evil.example www.evil.example",
    "line\nbreak\u2028and\u2029more\x00\x1b[31m",
    "\u202egnp.exe \ud800 \U0001f469\u200d\U0001f52c caf\u00e9 \u6771\u4eac",
    "&lt;b&gt; ${7*7} {{ 7*7 }} {% raw %}",
    "x" * 5000,
)
_SUBJECTS = (
    "Weekly revenue",
    "Churn by plan",
    "Funnel",
    "Ad spend",
    "Support backlog",
    "Inventory",
    "Sign-ups",
)
_ENDS = ("by region", "for the board", "(old)", "v2", "2024", "deep dive", "scratch", "daily check")
_PLACES = ("Finance", "Marketing", "Product analytics", "Operations and logistics, international", "Support")
_ZONE = "Eastern Time (US & Canada)"
_CRONS: tuple[dict[str, Any], ...] = (
    {"freq": "hourly", "minute": 15, "time_zone": _ZONE},
    {"freq": "daily", "hour": 8, "minute": 0, "time_zone": _ZONE},
    {"freq": "weekly", "hour": 6, "minute": 30, "day_of_week": 1, "time_zone": "UTC"},
    {"freq": "monthly", "hour": 5, "minute": 0, "day_of_month": 1, "time_zone": "UTC"},
)


def policy(**fields: Any) -> dict[str, Any]:
    """A policy as a plan holds it."""
    return StalePolicy(**({"not_viewed_for": "180d"} | fields)).to_json()


def evidence(report: str, **fields: Any) -> Evidence:
    """Evidence of a report that nobody has viewed for 200 days."""
    seen: dict[str, Any] = {
        "report": report,
        "url": f"https://app.mode.com/acme/reports/{report}",
        "as_of": NOW,
        "source": "discovery",
        "name": f"Report {report}",
        "collection_name": "Finance",
        "created_at": NOW - timedelta(days=900),
        "last_viewed_at": NOW - timedelta(days=200),
        "last_run_at": NOW - timedelta(days=1),
        "view_count": 12,
        "schedules_count": 0,
        "owner": Owner(email="analyst@example.com"),
    }
    return Evidence(**(seen | fields))


def archive(seen: Evidence, **fields: Any) -> Action:
    """The action that archives it."""
    given: dict[str, Any] = {
        "kind": ARCHIVE_REPORT,
        "report": seen.report,
        "url": seen.url,
        "reason": "not viewed for 200 days (last viewed 2026-05-08); older than 30 days",
        "evidence": seen.to_json(),
        "name": seen.title,
        "collection": seen.place,
        "owner": seen.owner_label,
    }
    return Action(**(given | fields))


def unschedule(seen: Evidence, definition: Mapping[str, Any], schedule: str = "5c4ed0000001") -> Action:
    """The action that deletes one of its schedules."""
    return archive(seen, kind=DELETE_SCHEDULE, schedule=schedule, definition=definition)


def plan(*actions: Action, **fields: Any) -> Plan:
    """A plan of these actions."""
    given: dict[str, Any] = {
        "workspace": "acme",
        "source": "discovery",
        "key_scope": "workspace",
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=7),
        "policy": policy(),
        "counts": {"reports": max(len(actions), 10), "archived_already": 0, "stale": len(actions)},
        "actions": tuple(sorted(actions, key=lambda action: action.order)),
        "kept": {},
        "savings": {},
    }
    return Plan(**(given | fields))


def large_plan(reports: int, seed: int = 1) -> Plan:
    """A plan of so many reports: some with schedules, some with hostile names, and others kept."""
    dice = random.Random(seed)  # noqa: S311 - a sample, no secret
    actions: list[Action] = []
    for number in range(reports):
        name = HOSTILE[number // 97 % len(HOSTILE)] if number % 97 == 0 else None
        actions += _actions(dice, f"{number:012x}", name)
    kept = {
        "exempt_public": [f"{number:012x}" for number in range(500_000, 500_000 + reports // 5)],
        "subscribed": [f"{number:012x}" for number in range(600_000, 600_000 + reports // 9)],
        "unknown_owner": [f"{number:012x}" for number in range(700_000, 700_000 + reports // 50)],
    }
    held = sum(map(len, kept.values()))
    counts = {
        "collections": 62,
        "personal_collections": 118,
        "reports": reports * 9,
        "archived_already": reports,
        "exempt": held - len(kept["unknown_owner"]),
        "unknown": len(kept["unknown_owner"]),
        "stale": reports,
    }
    return plan(*actions, counts=counts, kept=kept, summary=_summary(dice, actions, kept))


def _summary(dice: random.Random, actions: Sequence[Action], kept: Mapping[str, list[str]]) -> dict[str, Any]:
    """All reports of the workspace: for each of the plan seven others, most of them used of late."""
    months: dict[str, list[int]] = {}
    places: dict[str, list[int]] = {}
    for action in actions:
        if action.kind == ARCHIVE_REPORT:
            viewed = action.evidence["last_viewed_at"]
            _count(months, viewed[:7] if viewed else "never", stale=True)
            _count(places, action.collection, stale=True)
            for _ in range(7):
                ago = timedelta(days=dice.triangular(0, 400, 0))
                _count(months, f"{NOW - ago:%Y-%m}", stale=False)
                _count(places, action.collection if dice.random() < 0.5 else "Support", stale=False)
    held = {key: {"reports": pair[0], "stale": pair[1]} for key, pair in sorted(months.items())}
    return {
        "last_use": {"criterion": "not_viewed_for", "never": held.pop("never", {}), "months": held},
        "collections": [
            {"collection": f"{place:012x}", "name": name, "reports": pair[0], "stale": pair[1]}
            for place, (name, pair) in enumerate(sorted(places.items()))
        ],
        "kept_names": {
            report: f"{dice.choice(_SUBJECTS)} {dice.choice(_ENDS)}"
            for reports in kept.values()
            for report in reports
        },
    }


def _count(counts: dict[str, list[int]], key: str | None, *, stale: bool) -> None:
    pair = counts.setdefault(key or "", [0, 0])
    pair[0] += 1
    pair[1] += stale


def _actions(dice: random.Random, report: str, name: str | None) -> list[Action]:
    ago = timedelta(days=180 + int(dice.expovariate(1 / 260)))
    never = dice.random() < 0.04
    person = f"analyst{int(dice.expovariate(1 / 9)):02d}@example.com" if dice.random() > 0.05 else None
    seen = evidence(
        report,
        name=name or f"{dice.choice(_SUBJECTS)} {dice.choice(_ENDS)}",
        collection_name=dice.choice(_PLACES) if dice.random() < 0.6 else f"Team {dice.randrange(1, 40)}",
        last_viewed_at=None if never else NOW - ago,
        last_run_by_hand_at=ABSENT if dice.random() < 0.5 else NOW - ago,
        view_count=int(dice.expovariate(1 / 400)),
        owner=Owner(email=person) if person else None,
        expected_runtime=dice.choice((None, 4.0, 31.5, 240.0)),
    )
    said = "never viewed (created 2024-06-07)" if never else f"not viewed for {ago.days} days"
    archiving = archive(seen, reason=f"{said} (last viewed {(NOW - ago).date()}); older than 30 days")
    schedules = dice.choices((0, 1, 2), (60, 30, 10))[0]
    return [
        *(unschedule(seen, _definition(dice), f"{report[4:]}{place:04x}") for place in range(schedules)),
        archiving,
    ]


def _definition(dice: random.Random) -> dict[str, Any]:
    cron = dice.choices(_CRONS, (5, 60, 30, 5))[0]
    read = {"frequency": cron["freq"], "subscriber_count": 0}
    return {"name": "Refresh", "cron": cron, "params": {}, "as_read": read}
