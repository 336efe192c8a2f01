"""
A client of Mode's API, without Airflow: one key, one pace, items instead of pages.

What methods take is named alike everywhere:

:param report: a report by its 12 characters, its URL, or the ``Report`` itself
:param dataset: a dataset, likewise
:param collection: a collection by its 12 characters or the ``Collection`` itself; None is the whole workspace
:param collections: collections as ``collections()`` gives them
:param datasets: whether datasets are wanted instead of, or in a walk beside, reports
:param schedule: a schedule by its 12 characters or the ``Schedule`` itself; None means all of the report
:param count: how many schedules there are, where that is known already
:param definition: a schedule as ``Schedule.definition`` gives it; its timeout is in seconds
:param subscription: a subscription by its 12 characters or the ``Subscription`` itself
:param run: a run by its 12 characters or the ``Run`` itself
:param query_run: one query's part of it, likewise; None means the whole run
:param parameters: values of the report's own parameters, by name
:param format: ``"csv"`` or ``"json"``
:param wait_for: how long Mode may take to render, in seconds
:param watch: called after each page with the number of collections that are done
:param username: a person by their name in Mode's URLs
:param start: the first moment, a ``datetime`` with its zone
:param end: the last moment, likewise
:param filters: what else must be so, as the audit log's own parameters: ``action="..."``, ``username="..."``
:param before: a date; what was stored earlier goes
:param until: a date; with it only what was stored between the two dates goes
:param method: an HTTP verb
:param path: what is below the workspace (``reports/<report>``), a whole path (``/api/...``), or an href
:param params: the query, by name
:param json: the body, as plain values
:param personal: whether what is in personal collections is wanted too
:param name: a name for a new signature, 4 to 64 characters
:param expires_at: when it ends, a ``datetime`` with its zone
:param signature: a signature, as ``mint`` returned it
"""

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
