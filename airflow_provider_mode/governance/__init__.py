"""Evidence, policy, plan, apply, journal: which reports are stale, and what was done about them."""

from airflow_provider_mode.governance.policy.policy import StalePolicy

__all__ = ["StalePolicy"]
