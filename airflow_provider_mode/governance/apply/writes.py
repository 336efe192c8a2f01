"""What governance wants of a client of Mode in order to change something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from airflow_provider_mode.client.models import Report, Schedule
from airflow_provider_mode.client.people import Subscription, SubscriptionMember
from airflow_provider_mode.governance.ports import Reads


class Writes(Reads, Protocol):
    """The client's reads of one report, and its changes; all but `create_schedule` may be repeated safely."""

    def report(self, report: str) -> Report:
        """One report as it stands; NotFound if it is gone."""

    def archive(self, report: str) -> Report:
        """Archive a report."""

    def unarchive(self, report: str) -> Report:
        """Bring a report back."""

    def delete_schedule(self, report: str, schedule: str) -> None:
        """Delete a schedule for good, and its subscriptions with it."""

    def create_schedule(self, report: str, definition: Mapping[str, Any]) -> Schedule:
        """Create a schedule; a reply that was lost raises with `maybe_done`."""

    def subscriptions(self, report: str, schedule: str | None = None) -> Iterator[Subscription]:
        """The subscriptions of a report, or of one schedule."""

    def subscription_members(
        self, report: str, subscription: str | Subscription
    ) -> Iterator[SubscriptionMember]:
        """Who is sent a subscription, by e-mail and in Slack."""
