"""Fields of a policy that parse what they are given, and name themselves in the error.

Each is a descriptor: a dataclass field so annotated accepts what `parse` does, and reads as the parsed value.
Strings are accepted as Airflow renders them: `true`/`false`, numbers and JSON lists.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Any, Generic, TypeVar

from airflow_provider_mode.governance.durations import parse_duration
from airflow_provider_mode.governance.errors import PolicyError, SettingError

Given = TypeVar("Given")
Held = TypeVar("Held")


class Setting(ABC, Generic[Given, Held]):
    """One field: what is given is parsed on assignment, once, and an error names the field."""

    def __init__(self, default: Given) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object | None, owner: type | None = None) -> Held:
        if instance is None:
            return self._default  # type: ignore[return-value]  # dataclasses read the default off the class
        held: Held = instance.__dict__[self.name]
        return held

    def __set__(self, instance: object, value: Given) -> None:
        try:
            instance.__dict__[self.name] = self.parse(value)
        except SettingError as error:
            raise PolicyError(self.name, error.sentence) from None

    def refuse(self, wanted: str, value: object) -> PolicyError:
        """The error for a value of the wrong kind."""
        return PolicyError(self.name, f"must be {wanted}, not {value!r}")

    @abstractmethod
    def parse(self, value: Given) -> Held:
        """The value as the policy uses it."""


class Duration(Setting[timedelta | str | None, timedelta | None]):
    """A length of time, or None where the criterion is not given."""

    def parse(self, value: timedelta | str | None) -> timedelta | None:
        """A timedelta, from one or from text such as "90d"."""
        return None if value is None else parse_duration(value, self.name)


class Number(Setting[int | str | None, int | None]):
    """A count from 0 up, or None where the criterion is not given."""

    def parse(self, value: int | str | None) -> int | None:
        """An int, from one or from its digits."""
        if value is None:
            return None
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise self.refuse("a whole number from 0 up", value)


class Globs(Setting[Any, tuple[str, ...]]):
    """Names or patterns, none of them empty."""

    def parse(self, value: Any) -> tuple[str, ...]:
        """A tuple, from a list, a tuple or a JSON list."""
        items = _json_list(value) if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            raise self.refuse('a list of strings such as ["Sales*"]', value)
        for item in items:
            if not isinstance(item, str) or not item.strip():
                raise self.refuse("a list of strings, none of them empty", value)
        return tuple(items)


class Flag(Setting[bool | str, bool]):
    """True or false."""

    def parse(self, value: bool | str) -> bool:
        """A bool, from one or from the text that Airflow renders one to."""
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in _BOOLS:
            return _BOOLS[value]
        raise self.refuse("true or false", value)


class Choice(Setting[str, str]):
    """One of a few words."""

    def __init__(self, default: str, *others: str) -> None:
        super().__init__(default)
        self._words = (default, *others)

    def parse(self, value: str) -> str:
        """The word itself."""
        if isinstance(value, str) and value in self._words:
            return value
        raise self.refuse(" or ".join(f'"{word}"' for word in self._words), value)


_DIGITS = re.compile(r"[0-9]{1,15}")
_BOOLS = {"true": True, "True": True, "false": False, "False": False}


def _json_list(text: str) -> object:
    try:
        return json.loads(text) if text.lstrip().startswith("[") else text
    except (ValueError, RecursionError):
        return text
