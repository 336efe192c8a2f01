"""The rules of a policy as tables, and the judgement that reads them; pure.

An exemption is one row of `EXEMPTIONS`, a criterion of time one row of `AGES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_mode.governance.durations import counted, say_duration, say_moment
from airflow_provider_mode.governance.evidence.evidence import (
    ABSENT,
    ASKED_LAST,
    UNASKED,
    UNSURE,
    Evidence,
    Owner,
    Unknown,
)
from airflow_provider_mode.governance.policy.verdict import Verdict

if TYPE_CHECKING:
    from airflow_provider_mode.governance.policy.policy import StalePolicy

_BY_HAND = "run by hand"
_WHYS = (UNSURE, ABSENT, UNASKED)
QUESTIONS = {  # what a gap leaves open, as a clause: "not known <when it was last run>"
    "archived": "whether it is archived",
    "report": "whether Mode still has it: a read found nothing",
    "row": "which of the query's rows about it is right",
    "listing": "where it is: no list of the collections in scope holds it",
    "scope": "whether it is in scope: its collection is another one by now, or hidden from the key",
    "kind": "whether it is a report or a dataset",
    "name": "what its name is",
    "collection_name": "which collection it is in",
    "personal": "whether it is in a personal collection",
    "public": "whether it is public",
    "description": "what its description says",
    "owner": "who owns it",
    "imported_by_live": "whether a live report imports it",
    "schedules_count": "how many schedules it has",
    "subscribers": "whether people read it in their mail",
    "created_at": "when it was created",
    "edited_at": "when it was last edited",
    "last_run_at": "when it was last run",
    "last_run_by_hand_at": "when it was last run by hand",
    "last_viewed_at": "when it was last viewed",
    "view_count": "how often it was viewed",
}


class Gap(NamedTuple):
    """A field that a rule wants and that is not known."""

    field: str
    why: Unknown


@dataclass(frozen=True, slots=True)
class _Exemption:
    """A reason to keep a report whatever its use."""

    reason: str
    sentence: str
    answer: Callable[[StalePolicy, Evidence], bool | Gap]


def _known(evidence: Evidence, field: str, test: Callable[[Any], bool]) -> bool | Gap:
    value = getattr(evidence, field)
    return Gap(field, value) if isinstance(value, Unknown) else test(value)


def _any_glob(patterns: tuple[str, ...], *texts: str | None) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns for text in texts if text is not None)


def _text(patterns: tuple[str, ...], evidence: Evidence, field: str) -> bool | Gap:
    return bool(patterns) and _known(evidence, field, lambda text: _any_glob(patterns, text or ""))


def _collection(policy: StalePolicy, evidence: Evidence) -> bool | Gap:
    entries = policy.exempt_collections
    if evidence.collection in entries or evidence.collection_name in entries:
        return True
    return _text(entries, evidence, "collection_name")


def _scheduled(policy: StalePolicy, evidence: Evidence) -> bool | Gap:
    """The count is believed; where it is absent, the list of schedules tells."""
    if not policy.exempt_scheduled:
        return False
    if evidence.schedules_count is ABSENT and evidence.subscribers is UNASKED:
        return Gap("subscribers", UNASKED)
    return _known(evidence, "schedules_count", lambda count: count > 0)


def _owned(policy: StalePolicy, evidence: Evidence) -> bool | Gap:
    """An owner whose e-mail (or username) is withheld may be the one that a pattern means."""
    owner, patterns = evidence.owner, policy.exempt_owners
    if not patterns or owner is None:
        return False
    if not isinstance(owner, Owner):
        return Gap("owner", owner)
    if _any_glob(patterns, owner.email, owner.username):
        return True
    withheld = owner.email is None and any("@" in text or set("*?[") & set(text) for text in patterns)
    nameless = owner.username is None and any("@" not in text for text in patterns)
    why = UNASKED if evidence.archived is UNASKED else ABSENT  # the read that confirms it names its creator
    return Gap("owner", why) if withheld or nameless else False


def _archived(_: StalePolicy, evidence: Evidence) -> bool | Gap:
    """Where REST could not confirm another source's row, the gap says what stood in the way."""
    known = evidence.archived
    return Gap(evidence.doubt or "archived", known) if isinstance(known, Unknown) else known


EXEMPTIONS = (
    _Exemption("archived", "already archived", _archived),
    _Exemption(
        "dataset",
        "a dataset",
        lambda p, e: _known(e, "kind", lambda _: e.is_dataset and not p.include_datasets),
    ),
    _Exemption(
        "exempt_report", "named as exempt", lambda p, e: {e.report, e.url} & set(p.exempt_reports) != set()
    ),
    _Exemption("exempt_collection", "in an exempt collection", _collection),
    _Exemption(
        "exempt_personal",
        "in a personal collection",
        lambda p, e: p.exempt_personal and _known(e, "personal", bool),
    ),
    _Exemption("exempt_public", "public", lambda p, e: p.exempt_public and _known(e, "public", bool)),
    _Exemption("exempt_name", "its name is exempt", lambda p, e: _text(p.exempt_names, e, "name")),
    _Exemption(
        "exempt_description",
        "its description says to keep it",
        lambda p, e: _text(p.exempt_descriptions, e, "description"),
    ),
    _Exemption("scheduled", "it has a schedule", _scheduled),
    _Exemption("exempt_owner", "its owner is exempt", _owned),
    _Exemption(
        "imported",
        "a live report imports this dataset",
        lambda _, e: e.is_dataset and _known(e, "imported_by_live", bool),
    ),
    _Exemption(
        "subscribed",
        "people read it in their mail: a schedule has subscribers",
        lambda p, e: p.exempt_subscribed and _known(e, "subscribers", lambda count: count > 0),
    ),
)


_NO_LATER_THAN: dict[tuple[str, object], str] = {
    ("last_run_by_hand_at", UNASKED): "last_run_at",  # a run by hand is a run, and the last run costs nothing
    ("last_viewed_at", UNSURE): "watched_since",  # a view unseen was before the watching began
}


@dataclass(frozen=True, slots=True)
class _Age:
    """A criterion of time: the report's `field` lies at least as far back as the policy's `setting`."""

    setting: str
    field: str
    did: str
    reason: str

    def weigh(self, evidence: Evidence, limit: timedelta, now: datetime) -> str | Verdict | Gap:
        """Why it holds, the verdict *fresh*, or what is not known; *never* counts from `created_at`."""
        seen = self._seen(evidence, limit, now)
        if isinstance(seen, Unknown):
            return Gap(self.field, seen)
        since = evidence.created_at if seen is None else seen
        if not isinstance(since, datetime):
            return Gap("created_at", since or UNSURE)
        if now - since < limit:
            return self._fresh(seen, since, now)
        return self._stale(evidence, seen, since, now)

    def _seen(self, evidence: Evidence, limit: timedelta, now: datetime) -> datetime | Unknown | None:
        """When it was; where only a latest possible moment is known, that one once it is far enough back."""
        seen: datetime | Unknown | None = getattr(evidence, self.field)
        bound = _NO_LATER_THAN.get((self.field, seen))
        latest = None if bound is None else getattr(evidence, bound)
        return latest if isinstance(latest, datetime) and now - latest >= limit else seen

    def _stale(self, evidence: Evidence, seen: datetime | None, since: datetime, now: datetime) -> str:
        if self.setting == "older_than":
            return ""  # said once, at the end of the sentence
        if seen is None:
            return f"never {self.did} (created {say_moment(since)})"
        if self.did == _BY_HAND or seen is not getattr(evidence, self.field):
            return f"not {self.did} since {say_moment(since)}"
        return f"not {self.did} for {say_duration(now - since)} (last {self.did} {say_moment(since)})"

    def _fresh(self, seen: datetime | None, since: datetime, now: datetime) -> Verdict:
        if seen is None:
            return Verdict("fresh", "too_young", f"never {self.did}, but created only {_ago(now - since)}")
        return Verdict("fresh", self.reason, f"{self.did} {_ago(now - since)} ({say_moment(since)})")


AGES = (
    _Age("not_viewed_for", "last_viewed_at", "viewed", "viewed"),
    _Age("not_run_for", "last_run_at", "run", "run"),
    _Age("not_run_by_hand_for", "last_run_by_hand_at", _BY_HAND, "run_by_hand"),
    _Age("not_edited_for", "edited_at", "edited", "edited"),
    _Age("older_than", "created_at", "created", "too_young"),
)


def _weigh_views(views: int | Unknown, limit: int) -> str | Verdict | Gap:
    if isinstance(views, Unknown):
        return Gap("view_count", views)
    if views > limit:
        return Verdict("fresh", "views", f"{counted(views, 'view')}, more than {limit}")
    return counted(views, "view")


def _ago(length: timedelta) -> str:
    return f"{say_duration(length)} ago"


def judge(policy: StalePolicy, evidence: Evidence, now: datetime) -> Verdict:
    """One report, judged by what is known of it at `now`.

    What is certain comes first (exempt, then fresh), then what is unknown; evidence that costs requests is
    asked for only when everything cheaper calls the report stale.
    """
    answers = [exemption.answer(policy, evidence) for exemption in EXEMPTIONS]
    for exemption, applies in zip(EXEMPTIONS, answers, strict=True):
        if applies is True:
            return Verdict("exempt", exemption.reason, exemption.sentence)
    found = list(_weigh(policy, evidence, now))
    for answer in found:
        if isinstance(answer, Verdict):
            return answer
    gaps = [answer for answer in (*answers, *found) if isinstance(answer, Gap)]
    return _settle(policy, gaps, [answer for answer in found if isinstance(answer, str) and answer])


def _weigh(policy: StalePolicy, evidence: Evidence, now: datetime) -> Iterator[str | Verdict | Gap]:
    """Each criterion's word: why it holds, the verdict *fresh*, or what is not known."""
    for age in AGES:
        limit = getattr(policy, age.setting)
        if limit is not None:
            yield age.weigh(evidence, limit, now)
    if policy.max_views is not None:
        yield _weigh_views(evidence.view_count, policy.max_views)


def _settle(policy: StalePolicy, gaps: list[Gap], said: list[str]) -> Verdict:
    """What is left when nothing is certain against it: unknown, a question, or stale."""
    unsure, absent, unasked = ([gap.field for gap in gaps if gap.why is why] for why in _WHYS)
    if "archived" not in unasked:  # the read that confirms a row answers all that REST tells of it
        unsure += [field for field in unasked if field not in ASKED_LAST]
    keeping = unsure + (absent if policy.unknown == "keep" else [])
    if keeping:
        return Verdict("unknown", f"unknown_{keeping[0]}", f"not known {QUESTIONS[keeping[0]]}")
    needs = next((field for field in ASKED_LAST if field in unasked), None)
    if needs is not None:
        return Verdict("needs", "needs", f"not asked yet {QUESTIONS[needs]}", frozenset({needs}))
    said += [f"not known {QUESTIONS[field]}" for field in dict.fromkeys(absent)]
    old = "" if policy.older_than is None or "created_at" in absent else say_duration(policy.older_than)
    return Verdict("stale", "stale", ", ".join(said) + (f"; older than {old}" if old else ""))
