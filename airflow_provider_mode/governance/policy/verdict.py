"""What a policy says of one report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["stale", "fresh", "exempt", "unknown", "needs"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement: `reason` is a short key to count by, `sentence` says it to people.

    `needs` names the evidence to ask for next (all of one cost) before the policy can tell.
    """

    kind: Kind
    reason: str
    sentence: str
    needs: frozenset[str] = frozenset()
