"""
What all operators are, as far as a DAG file sees it: parameters, templates, and a way to be stopped.

Their work is imported when a task runs: a DAG file is parsed far more often, and should not pay for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_mode.hooks.form import DEFAULT_CONN_ID
from airflow_provider_mode.links import ModeLink, ModePlanLink

if TYPE_CHECKING:
    from airflow_provider_mode.governance import StalePolicy


class ModeOperator(BaseOperator):
    """
    An operator on a Mode workspace that leaves files in a folder.

    :param mode_conn_id: the connection to Mode
    :param output_uri: where files go, in ``<dag_id>/<run_id>/<task_id>[/<map_index>]/`` below it; any URI of
        Airflow's ``ObjectStoragePath``, by default ``file://$AIRFLOW_HOME/mode/<workspace>``
    """

    template_fields: Sequence[str] = ("output_uri",)
    ui_color = "#e3f4ee"

    def __init__(
        self, *, mode_conn_id: str = DEFAULT_CONN_ID, output_uri: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.mode_conn_id = mode_conn_id
        self.output_uri = output_uri
        self.is_stopping = False

    def on_kill(self) -> None:
        """Ask the work to stop between two changes; what is journaled so far is kept."""
        self.log.warning("stopping after the change in hand")
        self.is_stopping = True


class PlanningOperator(ModeOperator):
    """
    An operator that can plan: find the reports that a policy calls stale.

    :param policy: a ``StalePolicy`` or a dict with the same keys, whose values may be templates
    :param source: where evidence comes from: ``"rest"``, ``"discovery"``, or ``{"conn_id": ..., "sql": ...}``
        for a query whose columns are ``report`` and any of ``last_viewed_at, last_run_at, view_count,
        schedules_count, owner_email``
    :param history: a folder that remembers view counts from one inventory to the next; with it REST can tell
        when a report was last viewed
    :param collections: names, globs or 12 characters of the collections to look at; all by default
    :param skip_unreadable: go on without collections that cannot be read, instead of failing
    """

    template_fields: Sequence[str] = (
        *ModeOperator.template_fields,
        "policy",
        "source",
        "history",
        "collections",
        "skip_unreadable",
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {"policy": "json"}
    operator_extra_links: Sequence[ModeLink] = (ModePlanLink(),)

    def __init__(
        self,
        *,
        policy: StalePolicy | Mapping[str, Any] | str | None = None,
        source: str | Mapping[str, str] = "rest",
        history: str | None = None,
        collections: Sequence[str] | str | None = None,
        skip_unreadable: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.policy = plain(policy)
        self.source = source
        self.history = history
        self.collections = collections
        self.skip_unreadable = skip_unreadable


class ChangingOperator(PlanningOperator):
    """
    An operator that changes what a policy or a plan says, and no more than ``max_changes``.

    :param plan: the URI of a plan, or a list of them, instead of a policy
    :param digest: the digest of the plan that was approved (of each plan, in order); another plan is refused
    :param max_changes: the most that may change: a number, or a percentage of what is in scope such as
        ``"5%"``; more than that fails before the first change
    :param min_age: touch only reports that stood in a plan in the folder at least that long ago, such as
        ``"14d"``
    :param approval: what an ``ApprovalOperator`` returned; who approved is recorded in the journal
    :param dry_run: plan only, and change nothing
    """

    template_fields: Sequence[str] = (
        *PlanningOperator.template_fields,
        "plan",
        "digest",
        "max_changes",
        "min_age",
        "approval",
        "is_dry_run",
    )

    def __init__(
        self,
        *,
        max_changes: int | str,
        plan: str | Sequence[str] | None = None,
        digest: str | Sequence[str] | None = None,
        min_age: timedelta | str | None = None,
        approval: Mapping[str, Any] | str | None = None,
        dry_run: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.plan = plan
        self.digest = digest
        self.max_changes = max_changes
        self.min_age = min_age
        self.approval = approval
        self.is_dry_run = dry_run  # BaseOperator has a method dry_run()


def plain(value: Any) -> Any:
    """
    A policy as plain values of its own: what Airflow can render, store and show.

    Two tasks may be given one policy; a copy keeps each task's rendering to itself. What Airflow resolves
    later (an XCom, a template text) is left as it is.
    """
    if hasattr(value, "to_json"):
        return plain(value.to_json())
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(item) for item in value]
        return sorted(items) if isinstance(value, set | frozenset) else items
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.0f}s"
    return value
