from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import redact

from airflow_provider_mode.client import AuthenticationError
from airflow_provider_mode.hooks.mode import ModeHook
from airflow_provider_mode.sandbox import Sandbox

Connect = Callable[..., ModeHook]


@pytest.fixture
def connect(mode_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """A hook for the sandbox, with some fields of the connection changed."""

    def make(*, member: bool = False, **changes: Any) -> ModeHook:
        connection = mode_sandbox.connection(member=member, rate_limit=None) | changes
        monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", json.dumps(connection))
        return ModeHook()

    return make


def test_making_a_hook_reads_no_connection() -> None:
    """A hook can be made where there is no such connection, as at every parse of a DAG file."""
    assert ModeHook("nowhere").mode_conn_id == "nowhere"


def test_the_client_is_made_once(connect: Connect) -> None:
    """All callers of one hook share its client, and so its session and its counters."""
    hook = connect()
    assert hook.get_conn() is hook.get_conn()


def test_a_uri_connects_as_json_does(mode_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox's own URI and JSON give equal configurations."""
    configs = []
    for text in (mode_sandbox.connection_uri, mode_sandbox.connection_json):
        monkeypatch.setenv("AIRFLOW_CONN_MODE_DEFAULT", text)
        configs.append(ModeHook().get_conn().config)
    assert configs[0] == configs[1]


def test_a_good_connection_names_workspace_and_scope(connect: Connect) -> None:
    """What a person wants to know after pressing the button."""
    done, sentence = connect().test_connection()
    assert done
    assert "Mode workspace 'acme'" in sentence
    assert "scope 'workspace'" in sentence
    assert "only what its member sees" not in sentence


def test_a_member_key_is_told_what_it_does_not_see(connect: Connect) -> None:
    """It works, and a person learns that it does not see everything."""
    done, sentence = connect(member=True).test_connection()
    assert done
    assert "It sees only what its member sees" in sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong-secret-0"}, "answered 401"),
        ({"schema": "other"}, "belongs to workspace 'acme', but the connection says 'other'"),
        ({"schema": "Acme"}, "workspace: must be in lower case"),
        ({"login": ""}, "login (API token) is missing"),
        ({"extra": {"ratelimit": 1}}, "extra 'ratelimit' is unknown"),
        (
            {"extra": {"retry_for": 0.1, "timeout": 1, "rate_limit": None}, "host": "http://127.0.0.1:9"},
            "/api/verify",
        ),
    ],
)
def test_a_bad_connection_is_a_sentence_and_not_a_crash(
    connect: Connect, changes: dict[str, Any], words: str
) -> None:
    """Whatever is wrong, the form shows a sentence that says what to mend, and nothing secret."""
    done, sentence = connect(**changes).test_connection()
    assert not done
    assert words in sentence
    assert "wrong-secret-0" not in sentence


def test_an_unknown_connection_is_a_sentence_too() -> None:
    """Airflow's own error for a connection that is not there becomes the sentence."""
    done, sentence = ModeHook("mode_missing").test_connection()
    assert not done
    assert "mode_missing" in sentence


def test_no_secret_is_seen_in_logs_reprs_or_tracebacks(
    connect: Connect, mode_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Airflow masks key, secret, Basic pair and Discovery signature; errors and reprs never hold them."""
    hook = connect(password="wrong-secret-1")
    client = hook.get_conn()
    with caplog.at_level(logging.DEBUG), pytest.raises(AuthenticationError) as caught:
        client.verify()
    pair = base64.b64encode(f"{mode_sandbox.login}:wrong-secret-1".encode()).decode()
    hidden = [mode_sandbox.login, "wrong-secret-1", pair, *mode_sandbox.discovery.values()]
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    shown += repr(client.config) + repr(client) + repr(hook) + str(caught.value)
    for secret in hidden:
        assert secret not in shown
        assert secret not in str(redact(f"in a log: {secret}"))
