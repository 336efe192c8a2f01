"""What is saved of a schedule before it is deleted: all that creating it again takes, and who was sent it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_mode.client.errors import BadRequest, NotFound, PermissionDenied
from airflow_provider_mode.client.people import Subscription
from airflow_provider_mode.governance.apply.writes import Writes

_UNTOLD = (BadRequest, NotFound, PermissionDenied)
_MASKED = {"token": "ref", "secret": "hidden", "proxy": "via"}  # Airflow hides what is named so


def subscribers_of(definition: Mapping[str, Any]) -> int:
    """How many are sent the schedule, as Mode said when the definition was read."""
    seen = definition.get("as_read")
    count = seen.get("subscriber_count") if isinstance(seen, Mapping) else None
    return count if isinstance(count, int) else 0


def subscriptions_of(
    client: Writes, report: str, schedule: str, definition: Mapping[str, Any]
) -> list[Any] | None:
    """The subscriptions of a schedule that has subscribers, with their members, in three requests at most.

    None where there are none to save. What Mode refuses to tell is left out; any other failure is raised,
    for then the schedule can wait.
    """
    if not subscribers_of(definition):
        return None
    try:
        found = list(client.subscriptions(report, schedule))
    except _UNTOLD:
        return []
    return [
        {**unmasked(each.raw), "ref": each.token, **(_members(client, report, each) if not index else {})}
        for index, each in enumerate(found)
    ]


def _members(client: Writes, report: str, subscription: Subscription) -> dict[str, Any]:
    """Who is sent the subscription; asked of the first alone, as a schedule has one."""
    try:
        found = list(client.subscription_members(report, subscription))
    except _UNTOLD:
        return {}
    return {"members": [{**unmasked(member.raw), "kind": member.kind} for member in found]}


def unmasked(value: Any) -> Any:
    """Mode's JSON without links and forms, and with no key that is named like a secret."""
    if isinstance(value, list):
        return [unmasked(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {_plain(key): unmasked(held) for key, held in value.items() if not key.startswith("_")}


def _plain(key: str) -> str:
    for word, instead in _MASKED.items():
        if word in key.lower():
            key = key.lower().replace(word, instead)
    return key
