"""Which collections an inventory walks; a mistyped name is an error, never *everything*."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from airflow_provider_mode.governance.errors import SettingError

if TYPE_CHECKING:
    from airflow_provider_mode.client.models import Collection

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What to walk: all collections (None) or those that an entry matches by 12 characters, name or glob."""

    collections: Sequence[str] | None = None
    skip_unreadable: bool = False
    personal: bool = True  # walk people's personal collections
    datasets: bool = True  # walk datasets beside reports
    mentioned: Sequence[str] = ()  # entries of a policy, each of which has to match a collection
    usernames: bool = False  # a policy names owners by username, not by e-mail address alone

    def choose(self, visible: Iterable[Collection]) -> tuple[list[Collection], list[Collection]]:
        """The collections to walk, and the personal ones that are left out; deleted ones are neither."""
        listed = list({collection.token: collection for collection in visible}.values())
        live = [collection for collection in listed if collection.state != "soft_deleted"]
        _each_matches("exempt_collections", self.mentioned, listed)
        if self.collections is not None:
            _each_matches("collections", self.collections, live)
            live = [c for c in live if any(matches(entry, c) for entry in self.collections)]
        left_out = [c for c in live if c.personal and not self.personal]
        return [c for c in live if self.personal or not c.personal], left_out


def matches(entry: str, collection: Collection) -> bool:
    """Whether an entry means this collection; several may bear one name, and then it means them all."""
    name = collection.name or ""
    return entry in {collection.token, name} or fnmatchcase(name, entry)


def _each_matches(field: str, entries: Sequence[str], collections: Sequence[Collection]) -> None:
    for entry in entries:
        if not any(matches(entry, collection) for collection in collections):
            raise SettingError(field, f"no collection matches {entry!r}; the key sees {_names(collections)}")


def _names(collections: Sequence[Collection]) -> str:
    names = sorted(
        {collection.name or collection.token for collection in collections if not collection.personal}
    )
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(name) for name in names[:_SHOWN]) + more if names else "no shared one"
