"""What a sandbox is started with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Size and shape of the workspace, the rate limit (requests in any `period` seconds) and the switches.

    `latency` and `jitter` are seconds added to each reply; `start` puts the workspace's clock (now).

    :param reports: how many reports
    :param collections: how many shared collections
    :param seed: the same one gives the same workspace
    :param workspace: its name, in lower case
    :param limit: how the rate limit counts: ``sliding``, ``fixed``, ``leaky`` or ``off``
    :param requests: so many requests
    :param period: in so many seconds
    :param latency: seconds added to each reply
    :param jitter: up to so many seconds more, by chance
    :param start: where the workspace's clock begins, a ``datetime`` with its zone; now by default
    :param frozen: whether that clock stands still
    :param switches: which guesses about Mode are played, by name
    """

    reports: int = 2000
    collections: int = 40
    seed: int = 1
    workspace: str = "acme"
    limit: str = "sliding"
    requests: int = 40
    period: float = 10.0
    latency: float = 0.0
    jitter: float = 0.0
    start: datetime | None = None
    frozen: bool = False
    switches: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.reports < 0 or self.collections < 1:
            raise ValueError("reports must be 0 or more, collections 1 or more")
        if not self.workspace or self.workspace != self.workspace.lower():
            raise ValueError("workspace must be a name in lower case")
        if self.latency < 0 or self.jitter < 0:
            raise ValueError("latency and jitter must be 0 or more")
