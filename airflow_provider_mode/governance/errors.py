"""What governance refuses, as a tree of what the caller can do next.

GovernanceError                 permanent unless it says otherwise
├── SettingError (ValueError)   a parameter does not parse: mend the DAG
│   └── PolicyError             a field of the policy does not: mend the policy
├── EmptyWorkspace              the key sees no collection: use another key
├── IncompleteInventory         something could not be read: mend the access, or try again
├── LimitExceeded               more would change than max_changes allows: look at the plan
├── PlanRefused                 not this workspace's plan, or expired, or altered: make a new one
├── ApiReadsCountAsViews        reading a report raised its view count: views cannot be judged here
└── StorageError                a file could not be read or written: try again
"""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 10


class GovernanceError(Exception):
    """Something that governance will not do; `permanent` says whether another try could mend it."""

    permanent: bool = True


class SettingError(GovernanceError, ValueError):
    """A parameter that does not parse; `field` names it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field = field
        self.sentence = sentence


class PolicyError(SettingError):
    """A field of the policy that does not parse; `field` names it."""


class EmptyWorkspace(GovernanceError):  # noqa: N818 - named for what it is, like every error of this tree
    """The key sees no collection at all, so nothing can be said about any report."""


_ADVICE = {
    True: "Give the key access, or leave them out: name others in `collections`, and a plan can do without "
    "them by skip_unreadable=True.",
    False: "Another try may read them; a plan can do without them by skip_unreadable=True.",
}


class IncompleteInventory(GovernanceError):  # noqa: N818 - as above
    """Part of the inventory could not be read; `unreadable` holds a sentence for each part."""

    def __init__(self, unreadable: Sequence[str], *, permanent: bool = True) -> None:
        named = "; ".join(unreadable[:_NAMED])
        more = f"; and {len(unreadable) - _NAMED} more" if len(unreadable) > _NAMED else ""
        super().__init__(
            f"the inventory is incomplete, so nothing was made of it: {named.rstrip('.')}{more}. "
            + _ADVICE[permanent]
        )
        self.unreadable = tuple(unreadable)
        self.permanent = permanent


class LimitExceeded(GovernanceError):  # noqa: N818 - as above
    """More changes are planned than `max_changes` allows; nothing has been changed."""

    def __init__(self, planned: int, allowed: int, total: int | None, things: str = "reports") -> None:
        of = f" of {total} in scope" if total is not None else ""
        super().__init__(
            f"{planned} {things if planned != 1 else things.removesuffix('s')} would change{of}, and "
            f"max_changes allows {allowed}: nothing was changed"
        )
        self.planned = planned
        self.allowed = allowed
        self.total = total


class PlanRefused(GovernanceError):  # noqa: N818 - as above
    """A plan that must not be applied: another workspace's, expired, altered, or no plan at all."""


class ApiReadsCountAsViews(GovernanceError):  # noqa: N818 - as above
    """Reading a report raised its view count, so growth of the count is no sign of a reader."""


class StorageError(GovernanceError):
    """A file could not be read or written; another try may mend it."""

    permanent = False
