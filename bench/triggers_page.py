"""The page with the figures that `bench/triggers.py` has measured."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

PAGE = """\
# Triggers, measured

`make bench-triggers` writes this page; these figures are of {day}, on a machine of {cores} cores. It runs
`python -m bench.triggers {arguments}`: {triggers} triggers over {reports} reports in one real triggerer of
Airflow {airflow}, poll interval {interval:.0f} s, against the sandbox with Mode's limit of 40 requests in 10
seconds. The runs end one after the other over {minutes:.0f} minutes. In the middle every connection to Mode
breaks for a minute.

| what | figure |
|---|---|
| runs whose end was noticed | {noticed} of {triggers} |
| from the end of a run to the end of its task: median | {median_s} s |
| the same, at worst, the broken minute included | {worst_s} s: {worst_intervals} poll intervals |
| requests to Mode | {requests}; without shared polls they would be about {unshared} |
| throttled requests | {throttled} |
| warnings "async thread was blocked", in the minute in which they are started | {blocked_at_start} |
| the same, where as many that only sleep are started | {control_at_start} |
| the same, in each minute of waiting | {blocked_a_minute} |
| the same, where as many only sleep | {control_a_minute} |
| processes that wanted to run meanwhile, on average (the machine's load) | {load} |

Memory of the triggerer, supervisor and runner together, all the while, in MB, from {least} to {most}:

```text
{memory}
```

A machine that has more to do than its cores can makes any loop wait now and then; hence the load, and the
control with triggers that only sleep; those that poll have threads beside the loop, which then wait for each
other more. While hundreds are started at once, Airflow 3.3's own log line for each
of them waits for the triggerer's supervisor, which is looking up the others meanwhile: those warnings come
without any code of this provider too.
"""


def page(figures: Mapping[str, Any], arguments: str) -> str:
    """The figures in words."""
    import airflow  # noqa: PLC0415 - slow, and needed here alone

    memory = figures["memory_mb"]
    rows = [" ".join(map(str, memory[at : at + 20])) for at in range(0, len(memory), 20)]
    return PAGE.format(
        **figures,
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        arguments=arguments or "500 100 60 12",
        airflow=airflow.__version__,
        noticed=figures["triggers"] - figures["unanswered"],
        unshared=round(figures["triggers"] * figures["minutes"] / 2 * 60 / figures["interval"]),
        least=min(memory, default=0),
        most=max(memory, default=0),
        memory="\n".join(rows),
    )
