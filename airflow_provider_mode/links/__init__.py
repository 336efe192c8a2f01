"""The buttons that tasks have in Airflow's UI."""

from __future__ import annotations

from airflow_provider_mode.links._base import ModeLink
from airflow_provider_mode.links.plan import ModePlanLink
from airflow_provider_mode.links.report import ModeReportLink
from airflow_provider_mode.links.run import ModeRunLink

__all__ = ["ModeLink", "ModePlanLink", "ModeReportLink", "ModeRunLink"]
