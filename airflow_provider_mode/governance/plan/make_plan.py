"""From a source's rows to a plan: judge each, ask what is missing, judge again, write down what remains."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from airflow_provider_mode.client.people import Credential
from airflow_provider_mode.governance.durations import parse_duration
from airflow_provider_mode.governance.errors import PolicyError, SettingError
from airflow_provider_mode.governance.evidence.asking import Held, Questions
from airflow_provider_mode.governance.evidence.evidence import ASKED_LAST, UNASKED, Evidence
from airflow_provider_mode.governance.evidence.inventory import RestSource
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.plan.plan import ARCHIVE_REPORT, DELETE_SCHEDULE, KINDS, Action, Plan
from airflow_provider_mode.governance.plan.savings import savings_of
from airflow_provider_mode.governance.plan.sorting import Sorting
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.governance.ports import Reads, Source, Watch

_log = logging.getLogger(__name__)
_EVERYWHERE = Scope()


def make_plan(
    client: Reads,
    policy: StalePolicy,
    *,
    now: datetime,
    source: Source | None = None,
    scope: Scope = _EVERYWHERE,
    kinds: Sequence[str] = KINDS,
    expires_after: timedelta | str = "7d",
    restored: Collection[str] = (),
    name_owners: bool = False,
    watch: Watch = lambda _: None,
) -> Plan:
    """What the policy would change at `now`; the same evidence and clock give the same plan.

    `restored` names reports that someone brought back after we archived them: they are kept. `name_owners`
    looks up who owns what is stale (a request a person) even where the policy does not ask.
    """
    kinds = _checked(kinds)
    lifetime = parse_duration(expires_after, "expires_after")
    source = source or RestSource(client, watch=watch)
    refuse_unanswerable(policy, source)
    policy = _with_reports_named(policy, client)
    credential = _checked_key(client)
    sorting = Sorting(policy, now=now, restored=restored)
    questions = Questions(client, policy, now=now, watch=watch)
    stale = _stale(source, _within(scope, policy), sorting, questions)
    if DELETE_SCHEDULE in kinds:
        stale = _with_schedules(stale, sorting, questions)
    if name_owners:
        stale = _with_owners(stale, questions)
    sorting.settle(stale)
    sorting.warn_unmatched(_log)
    actions = tuple(
        sorted(_actions(stale, kinds, sorting, questions.schedules), key=lambda action: action.order)
    )
    return Plan(
        workspace=client.config.workspace,
        source=source.name,
        key_scope=credential.scope,
        created_at=now,
        expires_at=now + lifetime,
        policy=policy.to_json(),
        counts=sorting.counts(actions) | ({"member_key": 1} if credential.is_members else {}),
        actions=actions,
        kept=sorting.kept(),
        savings=savings_of(actions),
        summary=sorting.summary(),
    )


def _checked_key(client: Reads) -> Credential:
    """Whose key it is; one of another workspace is refused, and a member's own is pointed out."""
    credential, workspace = client.verify(), client.config.workspace
    if credential.workspace != workspace:
        raise SettingError(
            "workspace", f"the key belongs to {credential.workspace!r}, but the connection says {workspace!r}"
        )
    if credential.is_members:
        _log.warning(
            "the key's scope is %r: the plan holds only what its member sees, and Mode may refuse to "
            "change what others own",
            credential.scope,
        )
    return credential


def _with_reports_named(policy: StalePolicy, client: Reads) -> StalePolicy:
    """The policy with each exempt report by its 12 characters, however its URL was copied."""
    named = [client.report_token(text) if "/" in text else text.strip() for text in policy.exempt_reports]
    return StalePolicy.from_value({**policy.to_json(), "exempt_reports": named})


def refuse_unanswerable(policy: StalePolicy, source: Source) -> None:
    """Refuse a criterion that the source can never answer, naming what to add."""
    for field, remedy in source.never.items():
        if field in policy.needs:
            raise PolicyError(policy.setting_of(field), remedy)


def _checked(kinds: Sequence[str]) -> tuple[str, ...]:
    known = isinstance(kinds, list | tuple) and all(kind in KINDS for kind in kinds)
    if not known or not kinds:
        raise SettingError("kinds", f"must be a list of one or both of {', '.join(KINDS)}, not {kinds!r}")
    return tuple(kind for kind in KINDS if kind in kinds)


def _within(scope: Scope, policy: StalePolicy) -> Scope:
    """The scope as the policy bounds it."""
    return replace(
        scope,
        personal=not policy.exempt_personal,
        datasets=policy.include_datasets,
        mentioned=policy.exempt_collections,
        usernames=any("@" not in text for text in policy.exempt_owners),
    )


def _stale(source: Source, scope: Scope, sorting: Sorting, questions: Questions) -> list[Evidence]:
    """The reports that are stale by all that can be known; the dear questions come last, and for few."""
    listed = source.rows(scope, as_of=sorting.now, tally=sorting.tally)
    rows = [row for row in listed if sorting.may_be_stale(row)]
    open_rows = list(sorting.still_stale(source.confirm(rows)))
    for field in ASKED_LAST[1:]:
        asking = [row for row, verdict in open_rows if field in verdict.needs]
        if asking:
            others = [(row, verdict) for row, verdict in open_rows if field not in verdict.needs]
            open_rows = [*others, *sorting.still_stale(questions.ask(field, asking))]
    return [row for row, verdict in open_rows if sorting.is_answered(row, verdict)]


def _with_schedules(rows: Sequence[Evidence], sorting: Sorting, questions: Questions) -> list[Evidence]:
    """The rows whose schedules are all known: what could not be read must not be left running unseen."""
    asking = [row for row in rows if row.schedules_count != 0 and row.report not in questions.schedules]
    answered = {row.report: row for row in questions.ask("subscribers", asking)}
    known = [answered.get(row.report, row) for row in rows]
    return [
        row
        for row in known
        if row.schedules_count == 0
        or row.report in questions.schedules
        or sorting.keep(row, "unknown", "unknown_schedules_count")
    ]


def _with_owners(rows: Sequence[Evidence], questions: Questions) -> list[Evidence]:
    asking = [row for row in rows if row.owner is UNASKED]
    answered = {row.report: row for row in questions.ask("owner", asking)}
    return [answered.get(row.report, row) for row in rows]


def _actions(
    rows: list[Evidence], kinds: Sequence[str], sorting: Sorting, schedules: Mapping[str, Held]
) -> Iterator[Action]:
    while rows:
        row = rows.pop()  # a row and its action need not both be in memory, fifty thousand times
        archive = Action(
            kind=ARCHIVE_REPORT,
            report=row.report,
            url=row.url,
            reason=sorting.judge(row).sentence,
            evidence=row.to_json(),
            name=row.title,
            collection=row.place,
            owner=row.owner_label,
        )
        if ARCHIVE_REPORT in kinds:
            yield archive
        if DELETE_SCHEDULE in kinds:
            for schedule, definition in schedules.get(row.report, {}).items():
                yield replace(archive, kind=DELETE_SCHEDULE, schedule=schedule, definition=definition)
