"""Plans as operators need them: made by a policy, found again by a retry, or read where one was approved."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from airflow_provider_mode.governance.errors import PlanRefused, SettingError
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.plan.make_plan import make_plan
from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.governance.render.render import render_html, render_markdown
from airflow_provider_mode.governance.storage import read_bytes, write_atomic
from airflow_provider_mode.hooks import templates
from airflow_provider_mode.hooks.showing import browsable, show
from airflow_provider_mode.operators._folder import uri_of
from airflow_provider_mode.operators._job import Job
from airflow_provider_mode.operators._sources import Origin
from airflow_provider_mode.operators._verdicts import log_verdicts

PLAN = "plan.json"
REQUEST = "request.json"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to plan, parsed from an operator's parameters."""

    policy: StalePolicy
    origin: Origin
    collections: Sequence[str] | None
    skip_unreadable: bool
    kinds: tuple[str, ...]
    expires_after: timedelta
    name_owners: bool = False
    dry_run: bool = False

    @classmethod
    def parse(
        cls,
        operator: Any,
        *,
        kinds: Any,
        expires_after: Any = "7d",
        name_owners: bool = False,
        dry_run: bool = False,
    ) -> Request:
        """The operator's rendered parameters; what does not parse is an error that names the parameter."""
        policy = operator.policy
        is_policy = isinstance(policy, StalePolicy)
        return cls(
            policy=StalePolicy.from_value(policy if is_policy else templates.mapping(policy, "policy")),
            origin=Origin.parse(operator),
            collections=templates.texts(operator.collections, "collections"),
            skip_unreadable=templates.flag(operator.skip_unreadable, "skip_unreadable"),
            kinds=templates.required_texts(kinds, "kinds"),
            expires_after=templates.duration(expires_after, "expires_after") or timedelta(days=7),
            name_owners=name_owners,
            dry_run=dry_run,
        )

    def dumps(self, plan: Plan) -> bytes:
        """The request that a plan answers, for a retry to compare with its own."""
        asked = {
            "policy": self.policy.to_json(),
            "source": self.origin.source,
            "history": self.origin.history,
            "collections": None if self.collections is None else list(self.collections),
            "skip_unreadable": self.skip_unreadable,
            "kinds": list(self.kinds),
            "expires_after": self.expires_after.total_seconds(),
            "dry_run": self.dry_run,
        }
        return json.dumps({"digest": plan.digest, "request": asked}, indent=1).encode()


def plan_for(job: Job, request: Request, restored: Collection[str]) -> tuple[Plan, str]:
    """The plan that this task instance made before for the same request, or a new one; and its URI."""
    path = job.folder / PLAN
    plan = _found(job, request)
    if plan is None:
        plan = _made(job, request, restored)
        _write(job, request, plan)
    else:
        job.operator.log.info("going on with the plan of an earlier try: %s", uri_of(path))
    _show(job, uri_of(path))
    return plan, uri_of(path)


def read_plans(job: Job, uris: Sequence[str], digests: Sequence[str] | None) -> list[Plan]:
    """Plans from their files or folders, each whole, unaltered, of this workspace, unexpired, approved."""
    if digests is not None and len(digests) != len(uris):
        raise SettingError("digest", f"must be one for each plan: {len(digests)} for {len(uris)}")
    plans = []
    expected: Sequence[str | None] = digests or [None] * len(uris)
    for uri, digest in zip(uris, expected, strict=True):
        try:
            path = job.path(uri, "plan")
            plan = _load(path if uri.endswith(".json") else path / PLAN)
            plan.check(job.client.config.workspace, job.now, digest)
        except PlanRefused as error:
            raise PlanRefused(f"{uri}: {error}") from None
        plans.append(plan)
    _show(job, uris[0])
    return plans


def _show(job: Job, uri: str) -> None:
    """Let the task's button lead to the page of a plan, which lies beside it."""
    page = f"{uri.removesuffix('.json')}.html" if uri.endswith(".json") else uri
    show(job.operator, job.context, plan=browsable(page))


def _load(path: Any) -> Plan:
    content = read_bytes(path)
    if content is None:
        raise PlanRefused("there is no such file")
    return Plan.loads(content)


def _found(job: Job, request: Request) -> Plan | None:
    """The plan of an earlier try, if it is still good and was made for the same request."""
    try:
        plan = _load(job.folder / PLAN)
        plan.check(job.client.config.workspace, job.now)
    except PlanRefused:
        return None
    return plan if read_bytes(job.folder / REQUEST) == request.dumps(plan) else None


def _made(job: Job, request: Request, restored: Collection[str]) -> Plan:
    with request.origin.opened(job) as source:
        plan = make_plan(
            job.client,
            request.policy,
            now=job.now,
            source=source,
            scope=Scope(collections=request.collections, skip_unreadable=request.skip_unreadable),
            kinds=request.kinds,
            expires_after=request.expires_after,
            restored=restored,
            name_owners=request.name_owners,
            watch=job.watch,
        )
    log_verdicts(job.operator.log, plan)
    return plan


def _write(job: Job, request: Request, plan: Plan) -> None:
    """The plan in its three forms, and last what it was made for: a crash before that means a new plan."""
    files: Mapping[str, Callable[[], bytes]] = {
        PLAN: plan.dumps,
        "plan.md": lambda: render_markdown(plan, limit_bytes=None).encode(errors="replace"),
        "plan.html": lambda: render_html(plan).encode(errors="replace"),
        REQUEST: lambda: request.dumps(plan),
    }
    for name, content in files.items():
        write_atomic(job.folder / name, content())
