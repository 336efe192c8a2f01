"""
Rendered templates back into values, strictly: a template gives text, and odd spellings are refused.

Pure; every error is a ``SettingError`` that names the parameter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow_provider_mode.governance.durations import parse_duration
from airflow_provider_mode.governance.errors import SettingError

FLAGS = {"true": True, "false": False}
_FOREVER = 3_155_760_000.0  # a hundred years


def flag(value: Any, name: str) -> bool:
    """True or false, also as a template renders them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in FLAGS:
        return FLAGS[value.strip().lower()]
    raise SettingError(name, f"must be true or false, not {value!r}")


def absent(value: Any) -> bool:
    """Whether a parameter is not given: None, or what a template renders None or nothing to."""
    return value is None or (isinstance(value, str) and value.strip() in {"", "None", "null"})


def text(value: Any, name: str) -> str | None:
    """A text without blanks around it, or None where nothing is given."""
    if absent(value):
        return None
    if not isinstance(value, str):
        raise SettingError(name, f"must be a text, not {value!r}")
    return value.strip()


def texts(value: Any, name: str) -> tuple[str, ...] | None:
    """A tuple of texts from a list, a JSON list or one text; None where nothing is given."""
    if absent(value):
        return None
    items = _from_json(value, name, "[") if isinstance(value, str) else value
    if isinstance(items, str):
        items = [items]
    if not isinstance(items, list | tuple | set | frozenset):
        raise SettingError(name, f"must be a text or a list of texts, not {value!r}")
    for item in items:
        if not isinstance(item, str) or absent(item):
            raise SettingError(name, f"must hold texts only, not {item!r}")
    return tuple(item.strip() for item in items)


def required_texts(value: Any, name: str) -> tuple[str, ...]:
    """At least one text."""
    found = texts(value, name)
    if not found:
        raise SettingError(name, "must not be empty")
    return found


def duration(value: Any, name: str) -> timedelta | None:
    """A length of time such as ``"7d"``, or None where nothing is given."""
    return None if absent(value) else parse_duration(value, name)


def seconds(value: Any, name: str) -> float:
    """A number of seconds above zero, also as a template renders it, or a ``timedelta``."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except ValueError:
        found = 0.0
    if not 0 < found < _FOREVER:
        raise SettingError(name, f"must be a number of seconds above 0, not {value!r}")
    return found


def whole(value: Any, name: str) -> int | None:
    """A whole number from 0 on, also as a template renders it; None where nothing is given."""
    if absent(value):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value.strip())
    raise SettingError(name, f"must be a whole number, not {value!r}")


def moment(value: Any, name: str) -> datetime | None:
    """A time with its zone, from a ``datetime`` or ISO text; None where nothing is given."""
    if absent(value):
        return None
    try:
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, datetime) or found.utcoffset() is None:
        raise SettingError(name, f"must be a time with its zone, such as 2026-01-31T08:00:00Z, not {value!r}")
    return found


def mapping(value: Any, name: str) -> dict[str, Any]:
    """A dict, also as the JSON text that ``tojson`` renders."""
    found = _from_json(value, name, "{") if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise SettingError(name, f"must be a dict, not {value!r}")
    return dict(found)


def source(value: Any) -> str | dict[str, Any]:
    """Where evidence comes from: a word, or a dict with ``conn_id`` and ``sql``."""
    if isinstance(value, Mapping) or (isinstance(value, str) and value.lstrip().startswith("{")):
        return mapping(value, "source")
    return text(value, "source") or "rest"


def _from_json(value: str, name: str, opening: str) -> Any:
    """What a JSON text says, if it starts like one; else the text."""
    if not value.lstrip().startswith(opening):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise SettingError(name, f"is no valid JSON: {value!r}") from None
