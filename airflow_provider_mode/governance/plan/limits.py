"""How much may change at once: `max_changes`, a number or a percentage, checked before the first change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from airflow_provider_mode.governance.errors import LimitExceeded, SettingError

_NUMBER = re.compile(r"[0-9]{1,9}")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)%")
_WHOLE = 100


@dataclass(frozen=True, slots=True)
class MaxChanges:
    """A limit as it was given: so many changes, or so many hundredths of what is in scope."""

    number: int | None = None
    percent: Fraction | None = None

    def allowed(self, total: int | None) -> int:
        """How many changes that is; a percentage needs the total, and is rounded down."""
        if self.percent is None:
            return self.number or 0
        if total is None:
            raise SettingError(
                "max_changes", "must be a number here: how many there are in scope is not known"
            )
        return int(total * self.percent / _WHOLE)


def parse_max_changes(value: object) -> MaxChanges:
    """A limit from a whole number or text such as "50" or "5%"; anything else is an error."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return MaxChanges(number=value)
    text = value.strip() if isinstance(value, str) else ""
    if _NUMBER.fullmatch(text):
        return MaxChanges(number=int(text))
    percent = _PERCENT.fullmatch(text)
    if percent is None or Fraction(percent[1]) > _WHOLE:
        raise SettingError(
            "max_changes", f'must be a whole number or a percentage up to 100 such as "5%", not {value!r}'
        )
    return MaxChanges(percent=Fraction(percent[1]))


def check_limit(planned: int, allowed: int, total: int | None, things: str = "reports") -> None:
    """Raise LimitExceeded where more is planned than allowed, saying planned, allowed and total."""
    if planned > allowed:
        raise LimitExceeded(planned, allowed, total, things)
