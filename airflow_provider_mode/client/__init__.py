"""A client of Mode's API, without Airflow: one key, one pace, items instead of pages."""

from airflow_provider_mode.client.bulk import bounded_map
from airflow_provider_mode.client.client import ModeClient
from airflow_provider_mode.client.config import ModeConfig, RateLimit, Signature
from airflow_provider_mode.client.errors import (
    AuthenticationError,
    BadRequest,
    ConfigurationError,
    ConnectionFailed,
    ModeError,
    ModeTimeout,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    UnexpectedReply,
)
from airflow_provider_mode.client.models import Collection, QueryRun, Report, Run, Schedule
from airflow_provider_mode.client.people import (
    AuditLog,
    Credential,
    Group,
    Member,
    Permission,
    Subscription,
    SubscriptionMember,
    User,
)
from airflow_provider_mode.client.streams import Download
from airflow_provider_mode.client.usage import Usage

__all__ = [
    "AuditLog",
    "AuthenticationError",
    "BadRequest",
    "Collection",
    "ConfigurationError",
    "ConnectionFailed",
    "Credential",
    "Download",
    "Group",
    "Member",
    "ModeClient",
    "ModeConfig",
    "ModeError",
    "ModeTimeout",
    "NotFound",
    "Permission",
    "PermissionDenied",
    "QueryRun",
    "RateLimit",
    "RateLimited",
    "Report",
    "Run",
    "Schedule",
    "ServerError",
    "Signature",
    "Subscription",
    "SubscriptionMember",
    "UnexpectedReply",
    "Usage",
    "User",
    "bounded_map",
]
