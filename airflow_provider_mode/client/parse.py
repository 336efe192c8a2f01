"""
From Mode's JSON to frozen types, once, at the boundary.

Every field may be absent, null or malformed: the documented "required" is unreliable, and ids are numbers in
some replies and strings in others. A reader returns None for whatever it cannot read; only a row without
the token that names it is refused.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

Reader = Callable[[Any], Any]
_BOOLS = {"true": True, "false": False}
_LONGEST_NUMBER = 18


class MalformedError(ValueError):
    """A row that cannot be used at all, because nothing names it."""


def text(value: Any) -> str | None:
    """A string as it is."""
    return value if isinstance(value, str) else None


def ident(value: Any) -> str | None:
    """An id, a string or a number alike, as a string."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def flag(value: Any) -> bool | None:
    """A boolean, by itself or spelled out."""
    return value if isinstance(value, bool) else _BOOLS.get(value) if isinstance(value, str) else None


def count(value: Any) -> int | None:
    """A whole number from 0 on, by itself or in digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        short = value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER
        return int(value) if short else None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return value if isinstance(value, int) and value >= 0 else None


def number(value: Any) -> float | None:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def moment(value: Any) -> datetime | None:
    """An ISO 8601 time; one without an offset is UTC, as all of Mode's are."""
    if not isinstance(value, str):
        return None
    try:
        result = datetime.fromisoformat(value)
    except ValueError:
        return None
    return result if result.tzinfo else result.replace(tzinfo=UTC)


def mapping(value: Any) -> Mapping[str, Any] | None:
    """A JSON object as it is."""
    return value if isinstance(value, dict) else None


def read(reader: Reader, key: str | None = None, *, default: Any = None) -> Any:
    """A field read from the key of its own name, or from `key`."""
    return field(default=default, hash=reader is not mapping, metadata={"reader": reader, "key": key})


def derive(reader: Callable[[Mapping[str, Any]], Any]) -> Any:
    """A field made out of the whole row, such as the token at the end of a link."""
    return field(default=None, metadata={"reader": reader})


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What every item of a reply has: a token that names it, and the untouched JSON."""

    token: str = field(metadata={"reader": ident, "key": "token"})
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    naming: ClassVar[str] = "token"

    @classmethod
    def from_json(cls, row: Any) -> Self:
        """The item that one JSON object describes."""
        if not isinstance(row, dict):
            raise MalformedError(f"a {cls.__name__} that is no object")
        values = {}
        for name, key, reader in readers(cls):
            value = reader(row if key is None else row.get(key))
            if value is not None:
                values[name] = value
        if "token" not in values:
            raise MalformedError(f"a {cls.__name__} without a {cls.naming}")
        return cls(raw=row, **values)

    def known(self, name: str) -> bool:
        """Whether the reply told this field: present, and either null or well formed."""
        for field_name, key, reader in readers(type(self)):
            if field_name == name:
                if key is None:
                    return reader(self.raw) is not None
                return key in self.raw and (self.raw[key] is None or reader(self.raw[key]) is not None)
        raise AttributeError(f"{type(self).__name__} has no field {name!r} of Mode's.")


_READERS: dict[type[Model], tuple[tuple[str, str | None, Reader], ...]] = {}


def readers(cls: type[Model]) -> tuple[tuple[str, str | None, Reader], ...]:
    """For each field of a type its name, its key in Mode's JSON (None: the whole row) and its reader."""
    found = _READERS.get(cls)
    if found is None:
        found = tuple(
            (f.name, (f.metadata["key"] or f.name) if "key" in f.metadata else None, f.metadata["reader"])
            for f in fields(cls)
            if "reader" in f.metadata
        )
        _READERS[cls] = found
    return found
