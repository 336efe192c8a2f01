"""Reading a plan's file, which may have been altered, cut short or written by someone else."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from airflow_provider_mode.governance.errors import PlanRefused, PolicyError
from airflow_provider_mode.governance.evidence.evidence import Evidence
from airflow_provider_mode.governance.plan.plan import (
    ACTION_KEYS,
    DELETE_SCHEDULE,
    FORMAT,
    KINDS,
    Action,
    Plan,
    moment_text,
)
from airflow_provider_mode.governance.policy.policy import StalePolicy

_KEYS = {field.name for field in dataclasses.fields(Plan)} | {"format", "digest"}
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def read_plan(text: bytes) -> Plan:
    """The plan in `text`; anything that is not one, whole and unaltered, is refused with the reason."""
    held = _object(_parse(text), "the file")
    if held.get("format") != FORMAT:
        raise PlanRefused(f"this is no plan: its format is {held.get('format')!r}, not {FORMAT!r}")
    if strange := held.keys() - _KEYS:
        raise PlanRefused(f"this is no plan: it has a key {min(strange)!r:.80}")
    plan = Plan(
        workspace=_string(held, "workspace"),
        source=_string(held, "source"),
        key_scope=_string(held, "key_scope", optional=True),
        created_at=_moment(held, "created_at"),
        expires_at=_moment(held, "expires_at"),
        policy=_policy(held),
        counts=_counts(held, "counts"),
        savings=_counts(held, "savings"),
        summary=_object(held.get("summary"), "summary"),
        actions=_actions(held),
        kept=_kept(held),
    )
    if held.get("digest") != plan.digest:
        raise PlanRefused(
            f"the plan was altered: its digest is {plan.digest}, and it says {held.get('digest')!r}"
        )
    return plan


def _parse(text: bytes) -> object:
    try:
        return json.loads(
            text.decode(), parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_unrepeated
        )
    except (ValueError, RecursionError) as error:
        raise PlanRefused(f"this is no plan: {error}") from None


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) != len(pairs):
        raise ValueError("a key is repeated")
    return held


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PlanRefused(f"this is no plan: {what} is no JSON object")
    return value


def _string(held: Mapping[str, Any], key: str, *, optional: bool = False) -> Any:
    value = held.get(key)
    if isinstance(value, str) or (optional and value is None):
        return value
    raise PlanRefused(f"this is no plan: {key} is {value!r:.80}")


def _moment(held: Mapping[str, Any], key: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_string(held, key))
    except ValueError:
        raise PlanRefused(f"this is no plan: {key} is {held[key]!r:.80}") from None
    if moment.tzinfo is None or moment_text(moment) != held[key]:
        raise PlanRefused(f"this is no plan: {key} is {held[key]!r:.80}, not as a plan writes it")
    return moment


def _policy(held: Mapping[str, Any]) -> dict[str, Any]:
    policy = _object(held.get("policy"), "policy")
    try:
        StalePolicy.from_value(policy)
    except PolicyError as error:
        raise PlanRefused(f"the plan's policy does not hold: {error}") from None
    return policy


def _counts(held: Mapping[str, Any], key: str) -> dict[str, int]:
    counts = _object(held.get(key), key)
    if not all(type(number) is int for number in counts.values()):
        raise PlanRefused(f"this is no plan: {key} holds something that is no whole number")
    return counts


def _kept(held: Mapping[str, Any]) -> dict[str, list[str]]:
    kept = _object(held.get("kept"), "kept")
    for reports in kept.values():
        if not isinstance(reports, list) or not all(_is_id(report) for report in reports):
            raise PlanRefused("this is no plan: kept holds something that is no list of reports")
    return kept


def _actions(held: Mapping[str, Any]) -> tuple[Action, ...]:
    rows = held.get("actions")
    if not isinstance(rows, list):
        raise PlanRefused("this is no plan: actions is no list")
    actions = tuple(_action(row) for row in rows)
    if len({(action.kind, action.report, action.schedule) for action in actions}) != len(actions):
        raise PlanRefused("this is no plan: an action stands in it twice")
    return actions


def _action(row: object) -> Action:
    held = _object(row, "an action")
    if held.keys() != set(ACTION_KEYS):
        raise PlanRefused(f"this is no plan: an action's keys are {sorted(held)!r:.200}")
    if held["kind"] not in KINDS or not _is_id(held["report"]):
        raise PlanRefused(f"this is no plan: an action is a {held['kind']!r:.80} of {held['report']!r:.80}")
    deletes = held["kind"] == DELETE_SCHEDULE
    if deletes != _is_id(held["schedule"]) or deletes != isinstance(held["definition"], dict):
        raise PlanRefused(f"this is no plan: an action on {held['report']} names its schedule wrongly")
    for key in ("url", "reason"):
        _string(held, key)
    for key in ("name", "collection", "owner"):
        _string(held, key, optional=True)
    _check_evidence(held)
    return Action(**held)


def _check_evidence(held: Mapping[str, Any]) -> None:
    try:
        seen = Evidence.from_json(_object(held["evidence"], "evidence"))
    except ValueError as error:
        raise PlanRefused(f"this is no plan: {error}") from None
    if seen.report != held["report"]:
        raise PlanRefused(f"this is no plan: the evidence of {held['report']} is {seen.report!r:.80}'s")


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None
