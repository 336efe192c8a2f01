"""Where a download may be sent on to."""

from __future__ import annotations

import pytest

from airflow_provider_mode.client.redirects import RefusedError, addresses, same_origin, target

HOST = "https://app.mode.com"


@pytest.mark.parametrize(
    ("location", "names", "words"),
    [
        (None, [], "nowhere"),
        ("", [], "nowhere"),
        ("https://[bad", [], "no URL"),
        ("https://x.example.com:port/", [], "no URL"),
        ("https://u:p@x.example.com/", [], "credentials"),
        ("http://x.example.com/", [], "without https"),
        ("http://127.0.0.1/", [], "without https"),
        ("ftp://x.example.com/", [], "without https"),
        ("file:///etc/passwd", [], "without a host"),
        ("https://169.254.169.254/", [], "no place"),
        ("https://[::ffff:169.254.169.254]/", [], "no place"),
        ("https://[fe80::1]/", [], "no place"),
        ("https://[fd00:ec2::254]/", [], "no place"),
        ("https://0.0.0.0/", [], "no place"),
        ("https://224.0.0.1/", [], "no place"),
        ("https://127.0.0.1/", [], "no place"),
        ("https://metadata.google.internal./", [], "no place"),
        ("https://rebound.example.com/", ["93.184.216.34", "169.254.169.254"], "no place"),
        ("https://rebound.example.com/", ["127.0.0.1"], "no place"),
    ],
)
def test_where_a_download_is_not_sent_on_to(location: str | None, names: list[str], words: str) -> None:
    """No plain http, no credentials, no metadata service, no link-local address, nothing of this machine."""
    with pytest.raises(RefusedError, match=words):
        target(f"{HOST}/api/x", location, host=HOST, resolve=lambda _: names)


@pytest.mark.parametrize(
    ("location", "names", "there"),
    [
        ("/api/y?z=1", [], f"{HOST}/api/y?z=1"),
        ("https://bucket.s3.example.com/f?sig=1", ["93.184.216.34"], "https://bucket.s3.example.com/f?sig=1"),
        ("https://bucket.s3.example.com/f", ["10.1.2.3"], "https://bucket.s3.example.com/f"),
        ("https://bucket.s3.example.com/f", [], "https://bucket.s3.example.com/f"),
        ("https://bucket.s3.example.com/f", ["odd"], "https://bucket.s3.example.com/f"),
    ],
)
def test_where_a_download_is_sent_on_to(location: str, names: list[str], there: str) -> None:
    """Storage over https, in a private network too, and Mode itself."""
    assert target(f"{HOST}/api/x", location, host=HOST, resolve=lambda _: names) == there


def test_loopback_is_for_a_mode_on_loopback() -> None:
    """A local imitation may send on to itself over plain http."""
    host = "http://127.0.0.1:8080"
    assert target(f"{host}/api/x", "http://localhost:9/y", host=host) == "http://localhost:9/y"
    assert same_origin("http://127.0.0.1:8080/z", host)
    assert same_origin("https://app.mode.com:443/z", HOST)
    assert not same_origin("https://app.mode.com:444/z", HOST)
    assert "127.0.0.1" in addresses("localhost")
    assert addresses("mode.invalid") == []
