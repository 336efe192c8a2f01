"""Plan a clean-up for people to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import Context

from airflow_provider_mode.operators._base import PlanningOperator

if TYPE_CHECKING:
    from airflow_provider_mode.governance import StalePolicy


class PlanCleanupOperator(PlanningOperator):
    """
    Writes the plan of what a policy would change, as JSON, Markdown and a page, and changes nothing.

    Returns ``{plan, digest, counts, actions, markdown}``: the plan's URI and digest for the operator that
    applies it, counts of reports, counts of actions by kind, and a summary of at most 8 KB for an approval.
    Each is an XCom of its own as well, so that ``plan.output["plan"]`` is what the next operator takes.
    Owners of what is stale are looked up, at a request a person.

    :param kinds: what to plan: ``delete_schedule``, ``archive_report`` or both
    :param expires_after: for how long the plan may be applied, such as ``"7d"``
    """

    template_fields: Sequence[str] = (*PlanningOperator.template_fields, "kinds", "expires_after")

    def __init__(
        self,
        *,
        policy: StalePolicy | Mapping[str, Any] | str,
        kinds: Sequence[str] | str = ("delete_schedule", "archive_report"),
        expires_after: timedelta | str = "7d",
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("multiple_outputs", True)
        super().__init__(policy=policy, **kwargs)
        self.kinds = kinds
        self.expires_after = expires_after

    def execute(self, context: Context) -> dict[str, Any]:
        """Make the plan, or find the one that an earlier try made, and say what is in it."""
        from airflow_provider_mode.operators._plan_cleanup import plan_cleanup  # noqa: PLC0415 - see _base

        return plan_cleanup(self, context)
