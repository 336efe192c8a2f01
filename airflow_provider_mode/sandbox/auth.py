"""Who asks: Basic keys for REST, signed bearers for Discovery. None of these is a secret."""

import base64
import binascii
from datetime import timedelta
from http import HTTPStatus

from airflow_provider_mode.sandbox.exchange import Refusal, Request, forbidden
from airflow_provider_mode.sandbox.model import Member, Signature
from airflow_provider_mode.sandbox.workspace import Caller, Workspace

LOGIN, PASSWORD = "sandbox-key", "sandbox-secret-workspace"
MEMBER_LOGIN, MEMBER_PASSWORD = "sandbox-member-key", "sandbox-secret-member"
SIGNATURE = ("sandbox-signature", "sandbox-access-key", "sandbox-access-secret")
LIFETIME = timedelta(days=3650)
NOBODY = Caller("anonymous")


def unauthorized(message: str = "unauthorized") -> Refusal:
    """Mode's answer to a credential that is missing or wrong."""
    return Refusal(HTTPStatus.UNAUTHORIZED, "unauthorized", message)


def key_member(ws: Workspace) -> Member:
    """The member whose rights the member's key has: the first who is not an admin."""
    return next(member for member in ws.members.values() if not member.admin)


def install(ws: Workspace) -> None:
    """Give a new workspace the Discovery signature that is printed at the start."""
    token, key, secret = SIGNATURE
    ws.signatures[token] = Signature(token, "sandbox", key, secret, ws.now, ws.now + LIFETIME)


def _credentials(request: Request, scheme: str) -> str | None:
    given, _, rest = request.headers.get("authorization", "").partition(" ")
    if given.lower() != scheme:
        return None
    try:
        return base64.b64decode(rest, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def account_of(request: Request) -> str:
    """The name under which a request counts against the limit: the key's own, right or wrong."""
    basic, bearer = _credentials(request, "basic"), _credentials(request, "bearer")
    if basic is not None:
        return basic.partition(":")[0]
    return "anonymous" if bearer is None else "discovery:" + bearer.partition(":")[0]


def identify(ws: Workspace, request: Request) -> Caller:
    """The caller by Basic key; nobody where none is given (Refusal 401 where it is wrong)."""
    given = _credentials(request, "basic")
    if given is None:
        return NOBODY
    if given == f"{LOGIN}:{PASSWORD}":
        return Caller("workspace", LOGIN, ws.admin.username)
    if given == f"{MEMBER_LOGIN}:{MEMBER_PASSWORD}":
        return Caller("member", MEMBER_LOGIN, key_member(ws).username)
    raise unauthorized()


def with_key(ws: Workspace, request: Request) -> Caller:
    """The caller by Basic key (Refusal 401)."""
    caller = identify(ws, request)
    if caller is NOBODY:
        raise unauthorized()
    return caller


def as_admin(ws: Workspace, request: Request) -> Caller:
    """The workspace's key; a member's gets 401 as well, as clients saw."""
    caller = with_key(ws, request)
    if not caller.everything:
        raise unauthorized()
    return caller


def for_logs(ws: Workspace, request: Request) -> Caller:
    """The workspace's key, asking for plain JSON: 406 comes even before 401."""
    if "application/json" not in request.headers.get("accept", ""):
        raise Refusal(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", "audit logs are application/json")
    return as_admin(ws, request)


def as_discovery_admin(ws: Workspace, request: Request) -> Caller:
    """The workspace's key on a plan that has Discovery (Refusal 403)."""
    caller = as_admin(ws, request)
    if ws.switches["discovery_plan"] == "none":
        raise forbidden("Discovery is not part of this workspace's plan")
    return caller


def with_signature(ws: Workspace, request: Request) -> Caller:
    """A valid, unexpired signature (Refusal 401), on a plan that has Discovery (Refusal 403)."""
    token, _, rest = (_credentials(request, "bearer") or "").partition(":")
    found = ws.signatures.get(token)
    if found is None or rest != f"{found.access_key}:{found.access_secret}":
        raise unauthorized("check account and token")
    if found.expires_at <= ws.now:
        raise unauthorized("signature token has expired")
    if ws.switches["discovery_plan"] == "none":
        raise forbidden("Discovery is not part of this workspace's plan")
    return Caller("discovery", token)
