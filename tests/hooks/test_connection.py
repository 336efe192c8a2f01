from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from airflow.providers.common.compat.sdk import BaseHook

from airflow_provider_mode.client.config import ModeConfig, RateLimit, Signature
from airflow_provider_mode.client.errors import ConfigurationError
from airflow_provider_mode.hooks.connection import config_from, secrets_of

KEY = "0123456789ab"
SECRET = "s3cret/with:odd@chars%"
BASE = ModeConfig(workspace="acme", login=KEY, password=SECRET)
LOGIN = f"{KEY}:{quote(SECRET, safe='')}"


Stored = Callable[[str], Any]


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Stored:
    """A connection read by Airflow from the environment, as from any secrets backend."""

    def read(text: str) -> Any:
        monkeypatch.setenv("AIRFLOW_CONN_MODE_TEST", text)
        return BaseHook.get_connection("mode_test")

    return read


def fields(**changes: Any) -> SimpleNamespace:
    """A connection as a form or a secrets backend gives it, with some fields changed."""
    given = {"login": KEY, "password": SECRET, "schema": "acme", "host": None, "port": None, "extra": None}
    return SimpleNamespace(conn_id="mode_test", **(given | changes))


def extra(**keys: Any) -> SimpleNamespace:
    """A connection whose extra is the JSON of these keys."""
    return fields(extra=json.dumps(keys))


@pytest.mark.parametrize(
    "uri",
    [
        f"mode://{LOGIN}@https%3A%2F%2Fapp.mode.com/acme",
        f"mode://{LOGIN}@https%3A%2F%2Fapp.mode.com%2F/acme",
        f"mode://https://{LOGIN}@app.mode.com/acme",
        f"mode://{LOGIN}@app.mode.com/acme",
        f"mode://{LOGIN}@app.mode.com:443/acme",
        f"mode://{LOGIN}@App.Mode.com/acme/",
        f"mode://{LOGIN}@/acme",
    ],
)
def test_every_uri_of_the_same_workspace_gives_the_same_configuration(uri: str, stored: Stored) -> None:
    """However the base URL is put into a URI, and through Airflow's own ``get_uri`` too."""
    connection = stored(uri)
    assert config_from(connection) == BASE
    assert config_from(stored(connection.get_uri())) == BASE


def test_the_json_and_the_form_give_the_same_configuration() -> None:
    """Blank fields of a form, blanks around a pasted secret and nulls mean nothing."""
    assert config_from(fields()) == BASE
    assert config_from(fields(host="", extra="", password=f" {SECRET}\n")) == BASE
    assert config_from(fields(host="https://app.mode.com/", extra="{}")) == BASE
    assert config_from(extra(timeout=None, retry_for=None, verify=None, discovery=None, proxies="")) == BASE


def test_a_loopback_host_keeps_its_port(stored: Stored) -> None:
    """A sandbox is reached by plain http at a port, in a URI of any kind."""
    for uri in (
        f"mode://{LOGIN}@http%3A%2F%2F127.0.0.1%3A8080/acme",
        f"mode://http://{LOGIN}@127.0.0.1:8080/acme",
    ):
        connection = stored(uri)
        assert config_from(connection).host == "http://127.0.0.1:8080"
        assert config_from(stored(connection.get_uri())).host == "http://127.0.0.1:8080"


EXTRAS: dict[str, Any] = {
    "rate_limit": {"requests": 20, "period": 5, "redis": "redis://:pass@cache:6379/0"},
    "timeout": [5, 30],
    "retry_for": 60,
    "concurrency": 4,
    "discovery": {"token": "t0ken", "access_key": "k3y", "access_secret": "s3cr3t"},
    "proxies": {"https": "http://user:hidden@gateway:3128"},
    "verify": "/etc/ssl/bundle.pem",
}


def test_extras_are_the_same_from_json_and_from_a_uri(stored: Stored) -> None:
    """A URI's extras are strings that hold JSON; Airflow may also wrap all of them into one."""
    full = ModeConfig(
        workspace="acme",
        login=KEY,
        password=SECRET,
        rate_limit=RateLimit(requests=20, period=5, redis="redis://:pass@cache:6379/0"),
        timeout=(5, 30),
        retry_for=60,
        concurrency=4,
        discovery=Signature(token="t0ken", access_key="k3y", access_secret="s3cr3t"),
        proxies={"https": "http://user:hidden@gateway:3128"},
        verify="/etc/ssl/bundle.pem",
    )
    strings = {key: item if isinstance(item, str) else json.dumps(item) for key, item in EXTRAS.items()}
    query = "&".join(f"{key}={quote(item, safe='')}" for key, item in strings.items())
    from_uri = stored(f"mode://{LOGIN}@app.mode.com/acme?{query}")
    assert config_from(from_uri) == full
    assert config_from(extra(**EXTRAS)) == full
    assert config_from(stored(from_uri.get_uri())) == full
    whole = {"conn_type": "mode", "login": KEY, "password": SECRET, "schema": "acme", "extra": EXTRAS}
    from_json = stored(json.dumps(whole))
    assert config_from(from_json) == full
    assert config_from(stored(from_json.get_uri())) == full


@pytest.mark.parametrize("off", [None, "null"])
def test_null_switches_pacing_off(off: Any) -> None:
    """Of all extras only ``rate_limit`` means something by null."""
    assert config_from(extra(rate_limit=off)).rate_limit is None


def test_one_number_is_both_timeouts_and_words_are_flags() -> None:
    """Short spellings of what is mostly meant."""
    assert config_from(extra(timeout="15")).timeout == (15, 15)
    assert config_from(extra(verify="False")).verify is False
    assert config_from(extra(verify=True)).verify is True
    assert config_from(extra(rate_limit={"requests": 9, "redis": None})).rate_limit == RateLimit(requests=9)


@pytest.mark.parametrize(
    ("connection", "sentence"),
    [
        (fields(login=None), r"login \(API token\) is missing"),
        (fields(password=" "), r"password \(API secret\) is missing"),
        (fields(schema=""), r"schema \(Workspace\) is missing"),
        (fields(schema="Acme"), "workspace: must be in lower case"),
        (fields(host="http://app.mode.com"), "host: must be https"),
        (fields(host="https://app.mode.com/acme"), "host: must be a base URL alone"),
        (fields(extra="not json"), "extra is not a JSON object"),
        (fields(extra="[1]"), "extra is not a JSON object"),
        (extra(workspace="acme"), "extra 'workspace' is unknown; known are rate_limit, timeout"),
        (extra(rate_limit=40), "extra 'rate_limit' must be a JSON object with requests"),
        (extra(rate_limit={"burst": 1}), "extra 'rate_limit': key 'burst' is unknown"),
        (extra(rate_limit={"requests": "many"}), "rate_limit.requests: must be a whole number"),
        (extra(rate_limit={"period": 0}), "rate_limit.period: must be a number"),
        (extra(timeout="soon"), "timeout: must be two numbers"),
        (extra(timeout=[1, 2, 3]), "timeout: must be two numbers"),
        (extra(retry_for="NaN"), "retry_for: must be a number"),
        (extra(concurrency=True), "concurrency: must be a whole number"),
        (extra(discovery={"token": "x"}), "discovery.access_key: must be a text"),
        (extra(discovery="x"), "extra 'discovery' must be a JSON object"),
        (extra(proxies="http://gateway"), "proxies: must map a scheme"),
        (extra(verify="no"), "extra 'verify' must be true, false or the path"),
        (extra(verify=0), "verify: must be true, false, or the path"),
    ],
)
def test_what_cannot_be_right_is_named(connection: SimpleNamespace, sentence: str) -> None:
    """One sentence says which connection and which field of it, and never shows the key."""
    with pytest.raises(ConfigurationError, match=f"^connection 'mode_test': {sentence}") as caught:
        config_from(connection)
    assert SECRET not in str(caught.value)
    assert KEY not in str(caught.value)


def test_everything_secret_is_listed_in_every_spelling() -> None:
    """What is masked covers the Basic and Bearer headers and passwords inside URLs."""
    hidden = set(secrets_of(config_from(extra(**EXTRAS))))
    assert {KEY, SECRET, quote(SECRET, safe=""), "t0ken", "k3y", "s3cr3t", "pass", "hidden"} <= hidden
    assert "MDEyMzQ1Njc4OWFiOnMzY3JldC93aXRoOm9kZEBjaGFycyU=" in hidden
    assert "dDBrZW46azN5OnMzY3IzdA==" in hidden
