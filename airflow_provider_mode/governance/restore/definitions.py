"""Whether two schedules are alike: frequency, time, zone, day, parameters and timeout; names do not count."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from airflow_provider_mode.client.models import Schedule

_BODY = ("name", "cron", "params", "timeout")


def body_of(definition: Mapping[str, Any]) -> dict[str, Any] | None:
    """What creates the schedule again; None where a time of it was never known."""
    if not isinstance(definition.get("cron"), Mapping):
        return None
    return {key: definition[key] for key in _BODY if key in definition}


def alike(saved: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether another definition is all that the saved one says; what was never known can match anything."""
    if _exact(saved.get("params") or {}) != _exact(other.get("params") or {}):
        return False
    if "timeout" in saved and saved["timeout"] != other.get("timeout"):
        return False
    there = _times(other)
    return all(there.get(part) == value for part, value in _times(saved).items())


def missing(saved: Iterable[Mapping[str, Any]], there: Iterable[Schedule]) -> list[Mapping[str, Any]]:
    """The saved definitions for which no schedule is left, each schedule standing for one of them.

    A schedule whose definition cannot be read might be any of them, and stands for one.
    """
    present: list[Mapping[str, Any] | None] = [schedule.definition for schedule in there]
    lacking: list[Mapping[str, Any]] = []
    for wanted in sorted(saved, key=lambda each: -len(_times(each)) - len(each)):
        match = next((each for each in present if each is not None and alike(wanted, each)), None)
        if match is not None:
            present.remove(match)
        else:
            lacking.append(wanted)
    return lacking[present.count(None) :]


def like(wanted: Mapping[str, Any], there: Iterable[Schedule]) -> list[str]:
    """The schedules that are like a definition."""
    return [each.token for each in there if (held := each.definition) is not None and alike(wanted, held)]


def _times(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The cron part, a day alone like a list of one."""
    cron = dict(definition["cron"])
    if "day_of_week" in cron:
        days = cron["day_of_week"]
        cron["day_of_week"] = sorted(map(str, days if isinstance(days, list) else [days]))
    return cron


def _exact(params: Any) -> str:
    return json.dumps(params, sort_keys=True)
