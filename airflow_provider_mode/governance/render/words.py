"""Words, numbers and dates as both renderings of a plan say them; no markup here.

Every text that comes from Mode is hostile: it passes through `clean` before it is escaped.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from airflow_provider_mode.governance.durations import counted, parse_duration, say_duration
from airflow_provider_mode.governance.policy.rules import EXEMPTIONS, QUESTIONS

NAME_LENGTH = 300
"""Longer names are cut: Mode allows 64 characters, but a plan can be written by anyone."""

UNKNOWN = "unknown_"
"""How the reasons begin that keep a report because something is not known."""

_JOINERS = frozenset("\u200c\u200d\u00ad")  # emoji and several scripts need them
_BREAKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")

RUNS_A_YEAR = {
    "every_15_minutes": 35040,
    "every_30_minutes": 17520,
    "hourly": 8760,
    "daily": 365,
    "weekly": 52,
    "monthly": 12,
}
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

_KEPT = {
    **{exemption.reason: exemption.sentence for exemption in EXEMPTIONS},
    **{f"{UNKNOWN}{field}": f"not known {question}" for field, question in QUESTIONS.items()},
    "restored": "archived before, and somebody brought it back",
}


def clean(text: object, limit: int = NAME_LENGTH) -> str:
    """One line of text that can be encoded; what is invisible or turns the direction shows as U+FFFD."""
    line = str(text)[: limit + 1]
    if not line.isprintable():
        line = "".join(map(_shown, line))
    line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 1] + "\u2026"


def _shown(character: str) -> str:
    if character in _BREAKS:
        return " "
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs"} and character not in _JOINERS
    return "\ufffd" if hidden else character


def number(value: float) -> str:
    """A whole number with thousands separators."""
    return f"{round(value):,}"


def plural(value: int, noun: str) -> str:
    """A number and its noun: "1 report", "2,046 reports"."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def percent(part: int, whole: int) -> str:
    """A share in whole percent, never 0 % for something nor 100 % for less than all."""
    if part <= 0 or whole <= 0:
        return "0 %"
    if part >= whole:
        return "100 %"
    return f"{min(max(round(100 * part / whole), 1), 99)} %"


def series(items: Iterable[str], last: str = "and") -> str:
    """A list for a sentence: "a, b and c"."""
    *head, tail = list(items) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def moment(value: object) -> datetime | None:
    """The moment that a plan's JSON or a dataclass holds, in UTC; None where it is none."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return value.astimezone(UTC)


def minute(value: datetime) -> str:
    """A moment to the minute, in UTC."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def age(then: datetime, now: datetime) -> str:
    """How long ago, in the unit that a person would use."""
    days = (now - then) // timedelta(days=1)
    if days < 0:
        return "later than the plan"
    if days < 1:
        return "today"
    if days < 60:  # noqa: PLR2004 - days are still easy to picture
        return f"{counted(days, 'day')} ago"
    if days < 730:  # noqa: PLR2004 - then months, up to two years
        return f"{counted(int(days / 30.44), 'month')} ago"
    return f"{days / 365.25:.1f} years ago"


def length(value: object) -> str:
    """A policy's duration in words: "180 days"."""
    span = span_of(value)
    return say_duration(span) if span is not None else clean(value)


def span_of(value: object) -> timedelta | None:
    """A policy's duration, None where it is not given or does not parse."""
    try:
        return parse_duration(value, "policy")
    except ValueError:
        return None


def safe_url(url: object) -> str | None:
    """The URL percent-encoded if it is an absolute http(s) one without credentials, else None."""
    given = str(url)
    try:
        parts = urlsplit(given)
        plain = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    except ValueError:
        return None
    if not plain or not given.isprintable():  # browsers drop line breaks, and so would read another URL
        return None
    return quote(given, safe=":/?#=&%+,;~-._")


def runs_a_year(definition: Mapping[str, Any]) -> int | None:
    """How often a schedule runs in a year; None where its definition does not tell."""
    cron, freq = _cron(definition)
    runs = RUNS_A_YEAR.get(freq)
    days = cron.get("day_of_week")
    if runs is not None and freq == "weekly" and isinstance(days, list):
        return runs * max(len(days), 1)
    return runs


def frequency(definition: Mapping[str, Any]) -> str:
    """A schedule's rhythm in words: "weekly on Monday at 08:00, Pacific Time (US & Canada)"."""
    cron, freq = _cron(definition)
    if not freq:
        return "unknown rhythm"
    return clean(freq.replace("_", " "), 40) + _day(definition, cron, freq) + _clock(cron, freq)


def _cron(definition: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """What a write would take and its frequency; where that is not known, the frequency as Mode tells it."""
    cron = definition.get("cron")
    if isinstance(cron, Mapping) and isinstance(cron.get("freq"), str):
        return cron, cron["freq"]
    freq = _as_read(definition).get("frequency")
    return {}, "_".join(freq.lower().split()) if isinstance(freq, str) else ""


def _as_read(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    as_read = definition.get("as_read")
    return as_read if isinstance(as_read, Mapping) else {}


def _day(definition: Mapping[str, Any], cron: Mapping[str, Any], freq: str) -> str:
    """The day, in Mode's own words where it gives them: its numbers for weekdays begin at 0 or at 1."""
    if freq == "weekly" and (days := _as_read(definition).get("day_of_week") or _weekdays(cron)):
        return f" on {clean(days, 80)}"
    if freq == "monthly" and (day := cron.get("day_of_month") or _as_read(definition).get("day_of_month")):
        return f" on day {clean(day, 20)}"
    return ""


def _weekdays(cron: Mapping[str, Any]) -> str:
    days = cron.get("day_of_week")
    listed = days if isinstance(days, list) else [days]
    return series([_DAYS[day % 7] for day in listed if isinstance(day, int)])


def _clock(cron: Mapping[str, Any], freq: str) -> str:
    """The time of day, where the frequency has one; Mode names zones its own way."""
    hour, minutes, zone = cron.get("hour"), cron.get("minute"), cron.get("time_zone")
    if not isinstance(minutes, int):
        return ""
    if freq == "hourly":
        return f" at :{minutes:02d}"
    return (
        f" at {hour:02d}:{minutes:02d}{f', {clean(zone, 40)}' if zone else ''}"
        if isinstance(hour, int)
        else ""
    )


def kept_words(reason: str) -> str:
    """A reason for keeping a report, in words."""
    return _KEPT.get(reason) or clean(reason.replace("_", " "), 80)


def query(value: str) -> str:
    """A value of the page's fragment."""
    return quote(value, safe="")
