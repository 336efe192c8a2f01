"""
Links and forms as Mode writes them: relative, absolute or templated, with or without `/api`.

Clients have met `/api/acme/...`, `https://app.mode.com/api/acme/...`, `/api/acme{?embed}` and form actions
that lack the `/api` prefix, side by side in one reply.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

_TEMPLATE = re.compile(r"\{[^{}]*\}")


def link(row: Mapping[str, Any], rel: str) -> str | None:
    """The href of a link, or None where the reply has no (usable) one."""
    links = row.get("_links")
    target = links.get(rel) if isinstance(links, Mapping) else None
    if isinstance(target, list) and target:
        target = target[0]
    if isinstance(target, Mapping):
        target = target.get("href")
    return target if isinstance(target, str) and target.strip() else None


def tail(href: str | None) -> str | None:
    """The last segment of a link: the token or username that it points at."""
    path = _plain_path(href)
    return unquote(path.rsplit("/", 1)[-1]) or None if path else None


def path_on(host: str, href: str | None) -> str | None:
    """The path of a link if it leads to the configured host; None for any other host."""
    path = _plain_path(href)
    if not path or href is None:
        return None
    parts = urlsplit(href.strip())
    ours = urlsplit(host)
    if parts.netloc and (parts.scheme or ours.scheme, parts.netloc.lower()) != (ours.scheme, ours.netloc):
        return None
    if not path.startswith("/"):
        return None
    return path if path.startswith(("/api/", "/batch/")) else f"/api{path}"


def form(row: Mapping[str, Any], name: str) -> tuple[str, str] | None:
    """The method and action of a form, or None where the reply has no (usable) one."""
    forms = row.get("_forms")
    offered = forms.get(name) if isinstance(forms, Mapping) else None
    if not isinstance(offered, Mapping):
        return None
    method, action = offered.get("method"), offered.get("action")
    if not isinstance(method, str) or not isinstance(action, str):
        return None
    return (method.upper(), action) if method.upper() in {"POST", "PUT", "PATCH", "DELETE"} else None


def _plain_path(href: str | None) -> str | None:
    """A link's path without template, query and fragment."""
    if href is None:
        return None
    try:
        return urlsplit(_TEMPLATE.sub("", href.strip())).path.rstrip("/")
    except ValueError:
        return None
