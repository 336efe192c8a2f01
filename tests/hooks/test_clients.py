from __future__ import annotations

import pytest
from airflow.providers.common.compat.sdk import Connection

from airflow_provider_mode.client import ModeConfig
from airflow_provider_mode.hooks.clients import masked_config

PROXY, BUNDLE = "http://proxy.example.com:3128", "/etc/ssl/company.pem"


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker behind a proxy, with certificates of its own."""
    for name in ("https_proxy", "http_proxy", "no_proxy", "HTTP_PROXY", "NO_PROXY", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", BUNDLE)


def config(host: str | None = None, extra: str | None = None) -> ModeConfig:
    """The configuration of a connection that names this host and these extras."""
    return masked_config(
        Connection(
            conn_id="m",
            conn_type="mode",
            host=host,
            login="some-key",
            password="some-secret",
            schema="acme",
            extra=extra,
        )
    )


@pytest.mark.usefixtures("company")
def test_the_workers_proxy_and_certificates_are_used() -> None:
    """As requests does by itself, where the connection names none."""
    assert config().proxies == {"https": PROXY}
    assert config().verify == BUNDLE


@pytest.mark.usefixtures("company")
def test_the_connection_has_the_first_word() -> None:
    """What it names is used as it is, an empty set of proxies too."""
    said = config(extra='{"proxies": {}, "verify": false}')
    assert (said.proxies, said.verify) == ({}, False)


@pytest.mark.usefixtures("company")
def test_a_key_never_goes_to_a_proxy_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain http to loopback is never asked for through a proxy, nor is a host that needs none."""
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    assert config("http://127.0.0.1:8080").proxies is None
    monkeypatch.setenv("NO_PROXY", "mode.com")
    assert config().proxies is None
