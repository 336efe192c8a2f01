import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox

limited = pytest.mark.mode_sandbox(limit="sliding", requests=3, period=600)


@limited
def test_the_fourth_request_is_refused(api: Any, mode_sandbox: Sandbox) -> None:
    """With Mode's headers and error; other keys, the sandbox's own routes and wrong keys count apart."""
    answers = [api.get("definitions") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[3].headers["x-ratelimit-limit"] == "3"
    assert answers[3].json["id"] == "rate_limited"
    assert "retry-after" not in answers[3].headers
    assert api.get("definitions", auth=api.member).status == 200
    assert api.get("definitions", auth=None).status == 401
    assert (mode_sandbox.usage.requests, mode_sandbox.usage.throttled) == (4, 1)
    usage = api.control("GET", "/usage")
    assert usage["sandbox-key"] == {"requests": 4, "throttled": 1, "worst_window": 4}
    assert usage["anonymous"]["requests"] == 1
    mode_sandbox.clear_requests()
    assert api.get("definitions").status == 200


@limited
@pytest.mark.parametrize(("how", "shape"), [("seconds", "digits"), ("date", "GMT"), ("nonsense", "soon")])
def test_retry_after(api: Any, mode_sandbox: Sandbox, how: str, shape: str) -> None:
    """In seconds, as a date, or as nonsense."""
    mode_sandbox.switch(retry_after=how, rate_headers=False)
    answer = [api.get("definitions") for _ in range(4)][3]
    value = answer.headers["retry-after"]
    assert value.isdigit() if shape == "digits" else value.endswith(shape)
    assert "x-ratelimit-limit" not in answer.headers


@pytest.mark.mode_sandbox(limit="fixed", requests=100, period=600, latency=0.05)
@pytest.mark.parametrize("at", ["arrival", "reply"])
def test_when_a_request_counts(api: Any, mode_sandbox: Sandbox, at: str) -> None:
    """On arrival, or when the reply goes out."""
    mode_sandbox.switch(count_at=at)
    api.get("definitions")
    counted = mode_sandbox.usage.recent[-1]
    assert (time.monotonic() - counted > 0.05) is (at == "arrival")


@pytest.mark.mode_sandbox(limit="sliding", requests=40, period=600)
def test_many_connections_share_one_budget(api: Any, mode_sandbox: Sandbox) -> None:
    """Eight connections at once: exactly 40 of 120 requests pass."""

    def ask(_number: int) -> list[int]:
        own = type(api)(mode_sandbox)
        seen = [own.get("definitions").status for _ in range(15)]
        own.close()
        return seen

    with ThreadPoolExecutor(8) as pool:
        seen = [status for part in pool.map(ask, range(8)) for status in part]
    assert (seen.count(200), seen.count(429)) == (40, 80)
