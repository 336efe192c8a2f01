"""
Where a download may be sent on to.

Mode answers some downloads with a redirect to signed storage. What is fetched there is written to a user's
files, so a target inside the worker's own network would turn the worker into a spy: only https is followed,
and never to link-local, metadata or unspecified addresses, nor to this machine unless Mode itself is on it.
"""

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from airflow_provider_mode.client.config import is_loopback

Resolve = Callable[[str], list[str]]
METADATA = frozenset({"fd00:ec2::254", "100.100.100.200", "169.254.169.254", "192.0.0.192"})
"""Where clouds hand credentials to whoever asks from inside."""
_METADATA_NAMES = frozenset({"metadata.google.internal", "metadata", "instance-data"})


class RefusedError(ValueError):
    """A redirect that is not followed; the text says why, and shows no query."""


def addresses(name: str) -> list[str]:
    """The addresses of a host name; none when it does not resolve here (a gateway may resolve it)."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(entry[4][0]) for entry in found]


def same_origin(url: str, host: str) -> bool:
    """Whether a URL leads to the configured host, which alone may see the key."""
    theirs, ours = urlsplit(url), urlsplit(host)
    default = {"http": 80, "https": 443}
    return (theirs.scheme, theirs.hostname, theirs.port or default.get(theirs.scheme)) == (
        ours.scheme,
        ours.hostname,
        ours.port or default[ours.scheme],
    )


def target(url: str, location: str | None, *, host: str, resolve: Resolve = addresses) -> str:
    """The absolute URL that a redirect leads to, if it may be followed."""
    if not location:
        raise RefusedError("it redirects to nowhere")
    try:
        there = urljoin(url, location.strip())
        parts = urlsplit(there)
        same = same_origin(there, host)
    except ValueError:
        raise RefusedError("it redirects to something that is no URL") from None
    if "@" in parts.netloc or not parts.hostname:
        raise RefusedError("it redirects to a URL with credentials or without a host")
    if not same:
        _check_foreign(parts.scheme, parts.hostname, host, resolve)
    return there


def _check_foreign(scheme: str, name: str, host: str, resolve: Resolve) -> None:
    """Refuse a host that is not Mode's unless it is https, or loopback for a Mode that is loopback too."""
    at_home = is_loopback(urlsplit(host).hostname)
    if not (scheme == "https" or (scheme == "http" and is_loopback(name) and at_home)):
        raise RefusedError(f"it redirects to {name} without https")
    if name.rstrip(".") in _METADATA_NAMES:
        raise RefusedError(f"it redirects to {name}, which is no place for results")
    literal = _address(name)
    for address in [literal] if literal else map(_address, resolve(name)):
        if address is not None and _is_inside(address, at_home=at_home):
            raise RefusedError(f"it redirects to {name}, which is no place for results")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, an embedded IPv4 one in its own form; None for a name."""
    try:
        address = ipaddress.ip_address(text.split("%", 1)[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address, *, at_home: bool) -> bool:
    """Whether nobody's storage can be at an address."""
    return (
        address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or str(address) in METADATA
        or (address.is_loopback and not at_home)
    )
