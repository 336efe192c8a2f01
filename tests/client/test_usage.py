"""What a client has cost: counted, and told to whoever listens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from airflow_provider_mode.client.errors import NotFound
from airflow_provider_mode.client.usage import Usage
from tests.client.wire import Clock, Script, Wire, client_of, html, in_turn, reply

Serve = Callable[[Script], Wire]
GOOD = reply(200, {"token": "abcdefabcdef", "archived": True})


def test_a_listener_hears_what_is_counted(serve: Serve) -> None:
    """Each request, retry, 429 and change, and each wait with its seconds; the counters say the same."""
    server = serve(in_turn(html(503), reply(429), GOOD, GOOD))
    client = client_of(server.url, Clock(), rate_limit=None)
    heard: Counter[str] = Counter()
    waits: list[float] = []

    def told(name: str, amount: float) -> None:
        if name == "wait":
            waits.append(amount)
        else:
            heard[name] += int(amount)

    client.usage.tell(told)
    client.archive("abcdefabcdef")
    client.report("abcdefabcdef")
    usage = client.usage
    assert heard == {"requests": 4, "throttled": 1, "retries": 2, "changes": 1}
    assert (usage.requests, usage.throttled, usage.retries, usage.changes) == (4, 1, 2, 1)
    assert usage.waited_seconds == pytest.approx(sum(waits))
    assert usage.waits == len(waits) == 2


def test_what_is_refused_has_changed_nothing(serve: Serve) -> None:
    """Only what Mode accepts counts as a change."""
    client = client_of(serve(in_turn(reply(404, {"id": "not_found", "message": "gone"}))).url)
    with pytest.raises(NotFound):
        client.archive("abcdefabcdef")
    assert client.usage.changes == 0


def test_nobody_has_to_listen() -> None:
    """And one who did need not go on."""
    usage = Usage()
    heard: list[str] = []
    usage.tell(lambda name, _: heard.append(name))
    usage.count(requests=1)
    usage.tell(None)
    usage.count(requests=1)
    usage.waited(1.0)
    assert heard == ["requests"]
    assert usage.requests == 2
