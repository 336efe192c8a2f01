"""The usernames of people whom a source knows by e-mail address alone."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from airflow_provider_mode.client.errors import AuthenticationError, ConnectionFailed, ModeError, RateLimited
from airflow_provider_mode.governance.evidence.evidence import Evidence, Owner

_log = logging.getLogger(__name__)
_FATAL = (AuthenticationError, ConnectionFailed, RateLimited)


class Person(Protocol):
    """A member, as REST or Discovery lists them."""

    @property
    def username(self) -> str | None:
        """The name in Mode's URLs."""

    @property
    def email(self) -> str | None:
        """The address, where Mode tells it."""


class People:
    """Adds usernames to owners out of a list of members, which is read once, and only if it is needed."""

    def __init__(self, members: Callable[[], Iterable[Person]]) -> None:
        self._members = members
        self._usernames: dict[str, str] | None = None

    def named(self, row: Evidence) -> Evidence:
        """The row with its owner's username, where the members tell."""
        owner = row.owner
        if not isinstance(owner, Owner) or not owner.email or owner.username:
            return row
        if self._usernames is None:
            self._usernames = self._read()
        username = self._usernames.get(owner.email.casefold())
        return row.but(owner=dataclasses.replace(owner, username=username))

    def _read(self) -> dict[str, str]:
        try:
            return {
                person.email.casefold(): person.username
                for person in self._members()
                if person.email and person.username
            }
        except _FATAL:
            raise
        except ModeError as error:
            _log.warning("Could not read the list of members, so usernames stay unknown: %r", str(error))
            return {}
