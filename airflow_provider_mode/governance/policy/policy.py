"""Which reports are stale: a frozen policy, which judges one report at a time and does nothing else.

A rule is one field here and one row in `rules`.
"""

# ruff: noqa: RUF009, FBT003 - each default is a descriptor that holds no state, and a flag's default is a flag

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from airflow_provider_mode.governance.durations import format_duration
from airflow_provider_mode.governance.errors import PolicyError
from airflow_provider_mode.governance.evidence.evidence import Evidence
from airflow_provider_mode.governance.policy import rules
from airflow_provider_mode.governance.policy.rules import AGES
from airflow_provider_mode.governance.policy.settings import Choice, Duration, Flag, Globs, Number
from airflow_provider_mode.governance.policy.verdict import Verdict

__all__ = ["StalePolicy", "Verdict"]


@dataclass(frozen=True, kw_only=True)
class StalePolicy:
    """A report is stale when all given criteria hold and nothing exempts it.

    Durations are timedeltas or text such as "36h", "90d", "12w"; globs are case-sensitive. What is not known
    keeps a report, unless `unknown="stale"` and Mode left the field out of a good reply.

    :param not_viewed_for: a duration in which nobody has opened it; REST alone needs a history to tell
    :param not_run_for: a duration in which it has not run, by hand or by a schedule
    :param not_run_by_hand_for: a duration in which no person has run it; a schedule's runs do not count
    :param not_edited_for: a duration in which nobody has edited it
    :param max_views: how often it has been opened in all, at most
    :param older_than: a duration since it was created; "30d" by default, None for no minimum
    :param exempt_collections: collections to keep, by 12 characters, names or globs of names
    :param exempt_reports: reports to keep, by 12 characters or URLs
    :param exempt_names: globs of names of reports to keep
    :param exempt_owners: globs of e-mail addresses or usernames whose reports to keep
    :param exempt_descriptions: globs of descriptions of reports to keep: their owners' way to opt out in Mode
    :param exempt_scheduled: keep what has a schedule
    :param exempt_subscribed: keep what a schedule sends to somebody
    :param exempt_personal: keep what is in personal collections, which are then not walked at all
    :param exempt_public: keep what is public
    :param include_datasets: judge datasets as well; one that a live report imports is kept all the same
    :param unknown: "keep", or "stale": what a field means that Mode left out of a good reply
    """

    not_viewed_for: Duration = Duration(None)
    not_run_for: Duration = Duration(None)
    not_run_by_hand_for: Duration = Duration(None)
    not_edited_for: Duration = Duration(None)
    max_views: Number = Number(None)
    older_than: Duration = Duration("30d")
    exempt_collections: Globs = Globs(())
    exempt_reports: Globs = Globs(())
    exempt_names: Globs = Globs(())
    exempt_owners: Globs = Globs(())
    exempt_descriptions: Globs = Globs(("*#keep*",))
    exempt_scheduled: Flag = Flag(False)
    exempt_subscribed: Flag = Flag(True)
    exempt_personal: Flag = Flag(True)
    exempt_public: Flag = Flag(True)
    include_datasets: Flag = Flag(False)
    unknown: Choice = Choice("keep", "stale")

    def __post_init__(self) -> None:
        if self.max_views is None and not self._lengths(besides="older_than"):
            criteria = [age.setting for age in AGES if age.setting != "older_than"]
            raise PolicyError(
                "policy", f"needs a criterion besides older_than: {', '.join(criteria)} or max_views"
            )

    @classmethod
    def from_value(cls, value: StalePolicy | Mapping[str, Any]) -> StalePolicy:
        """A policy from one, or from a dict with the same keys; an unknown key is an error that names it."""
        if isinstance(value, StalePolicy):
            return value
        if not isinstance(value, Mapping):
            raise PolicyError("policy", f"must be a StalePolicy or a dict, not {type(value).__name__}")
        known = [field.name for field in dataclasses.fields(cls)]
        for key in value:
            if key not in known:
                raise PolicyError(str(key), f"is no field of a policy; there are {', '.join(known)}")
        return cls(**value)

    def to_json(self) -> dict[str, Any]:
        """The policy as plain JSON, every field given, that `from_value` reads back."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}

    @property
    def longest(self) -> timedelta:
        """The longest of its durations, for which a restored report is left alone."""
        return max(self._lengths(), default=timedelta(0))

    @property
    def needs(self) -> frozenset[str]:
        """The fields that its criteria read: a source that can never tell one cannot serve this policy."""
        dated = {age.field for age in AGES if getattr(self, age.setting) is not None}
        return frozenset(dated | ({"view_count"} if self.max_views is not None else set()))

    def setting_of(self, field: str) -> str:
        """The criterion that reads a field of the evidence."""
        return next((age.setting for age in AGES if age.field == field), "max_views")

    def judge(self, evidence: Evidence, now: datetime) -> Verdict:
        """One report, judged by what is known of it at `now`; what is not known keeps it."""
        return rules.judge(self, evidence, now)

    def _lengths(self, *, besides: str = "") -> list[timedelta]:
        given = (getattr(self, age.setting) for age in AGES if age.setting != besides)
        return [length for length in given if length is not None]


def _plain(value: Any) -> Any:
    """A field as JSON: durations as the text that parses back, lists for tuples."""
    if isinstance(value, timedelta):
        return format_duration(value)
    return list(value) if isinstance(value, tuple) else value
