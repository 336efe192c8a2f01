"""Who approved a plan: the answer that an ``ApprovalOperator`` leaves, for the journal to remember."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_mode.governance.errors import PlanRefused
from airflow_provider_mode.hooks import templates

APPROVE = "Approve"


def approved_by(answer: Any) -> dict[str, Any]:
    """Further keys of a journal's first line: who answered, and when; anything but an approval is refused."""
    if templates.absent(answer):
        return {}
    given = templates.mapping(answer, "approval")
    chosen = given.get("chosen_options")
    if chosen is not None and APPROVE not in chosen:
        raise PlanRefused(f"the plan was not approved: the answer was {chosen!r}")
    who = given.get("responded_by_user")
    name = who.get("name") or who.get("id") if isinstance(who, Mapping) else who
    when = given.get("responded_at")
    return {
        "approved_by": None if name is None else str(name),
        "approved_at": None if when is None else str(when),
    }
