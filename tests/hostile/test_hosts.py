"""Where the key goes, and where it never goes: hosts in a connection, and hosts that a reply leads to."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_mode.hooks import ModeHook
from airflow_provider_mode.operators import ExportResultsOperator
from airflow_provider_mode.sandbox import Sandbox
from tests.operators.workspace import Mode, Said

REFUSED = {
    "http://app.mode.com": "https",
    "http://10.0.0.5": "https",
    "http://169.254.169.254": "https",
    "http://127.0.0.1.example.com": "https",
    "http://localhost.example.com": "https",
    "http://[::ffff:10.0.0.1]": "https",
    "https://user:hidden-word@app.mode.com": "credentials",
    "https://user@app.mode.com": "credentials",
    "https://app.mode.com@example.com": "credentials",
    "https://app.mode.com/api": "path",
    "https://app.mode.com?x=1": "query",
    "https://app.mode.com#x": "query",
    "ftp://app.mode.com": "https",
    "file:///etc/passwd": "https",
    "https://": "https",
    "https://app.mode.com:port": "URL",
    "https://[bad": "URL",
}


@pytest.mark.parametrize("host", REFUSED)
def test_a_host_that_must_not_see_the_key(mode: Mode, said: Said, host: str) -> None:
    """It is refused in a sentence before anything is sent, and what it holds is not repeated."""
    mode.connect(host=host)
    with pytest.raises(ValueError, match=REFUSED[host]) as caught:
        ModeHook().get_conn()
    good, sentence = ModeHook().test_connection()
    assert not good
    for text in (str(caught.value), sentence, said()):
        assert "hidden-word" not in text
        assert "sandbox-secret" not in text
    assert not mode.sandbox.requests


@pytest.mark.parametrize(
    "where",
    [
        "http://169.254.169.254/latest/meta-data/iam",
        "https://169.254.169.254/latest/meta-data/iam",
        "https://metadata.google.internal/computeMetadata/v1/",
        "https://[fd00:ec2::254]/",
        "https://[::ffff:169.254.169.254]/",
        "https://0.0.0.0/",
        "http://10.0.0.5/",
        "file:///etc/passwd",
        "ftp://example.com/x",
        "https://user:hidden-word@example.com/",
        "//169.254.169.254/x",
        "\\\\169.254.169.254\\x",
        "gopher://127.0.0.1:6379/_x",
    ],
)
@pytest.mark.mode_sandbox(reports=20)
def test_an_export_that_is_sent_inside(mode: Mode, said: Said, where: str) -> None:
    """A redirect of results to a place inside the network is not followed, and no file is made."""
    report = next(one for one in mode.sandbox.state.reports.values() if one.last_success)
    mode.sandbox.fault(
        "status", status=302, body="", headers={"Location": where}, path="*/results/content.csv", count=None
    )
    with pytest.raises(Exception, match=r"redirects|recognized") as caught:
        mode.run(ExportResultsOperator, report=report.token)
    assert "hidden-word" not in str(caught.value) + said()
    assert not [path for path in mode.output.rglob("*") if path.is_file()]


def _elsewhere(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "status": 302,
        "body": "",
        "headers": {"Location": f"http://localhost:{sandbox.url.rpartition(':')[2]}/x"},
    }


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST", "DELETE"])
def test_no_other_request_follows_a_redirect(mode: Mode, method: str) -> None:
    """Not even to another name of the same machine, as that would take the key along."""
    client = ModeHook().get_conn()
    mode.sandbox.fault("status", path="/api/*", **_elsewhere(mode.sandbox))
    with pytest.raises(Exception, match="redirects to http://localhost, which is not followed"):
        client.request(method, "reports/aaaaaaaaaaaa")
    assert len(mode.sandbox.requests) == 1
