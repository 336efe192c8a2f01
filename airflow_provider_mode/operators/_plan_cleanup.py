"""The work of ``PlanCleanupOperator``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from airflow_provider_mode.governance.plan.plan import KINDS
from airflow_provider_mode.governance.render.render import render_markdown
from airflow_provider_mode.hooks.failures import failing_fast
from airflow_provider_mode.operators._grounds import memory_of
from airflow_provider_mode.operators._job import Job
from airflow_provider_mode.operators._planning import Request, plan_for


def plan_cleanup(operator: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """Plan, and say what is in the plan."""
    with failing_fast():
        request = Request.parse(
            operator, kinds=operator.kinds, expires_after=operator.expires_after, name_owners=True
        )
        job = Job.start(operator, context)
        longest = request.policy.longest
        plan, uri = plan_for(job, request, memory_of(job, longest).kept(longest, job.now))
    actions = Counter(action.kind for action in plan.actions)
    operator.log.info("planned %s; see %s", dict(actions) or "nothing", uri)
    return {
        "plan": uri,
        "digest": plan.digest,
        "counts": dict(plan.counts),
        "actions": {kind: actions[kind] for kind in KINDS},
        "markdown": render_markdown(plan),
    }
