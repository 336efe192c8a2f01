import contextlib
import io
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from airflow_provider_mode.sandbox import cli, pytest_plugin
from airflow_provider_mode.sandbox.sandbox import Sandbox
from airflow_provider_mode.sandbox.switches import TABLE

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--reports", "20", "--collections", "4", "--limit", "off"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_a_signal(number: signal.Signals) -> None:
    """One line of JSON when ready; it answers; the signal ends it with 0."""
    command = [sys.executable, "-m", "airflow_provider_mode.sandbox", "--json", *SMALL]
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process,
        contextlib.ExitStack() as end,
    ):
        end.callback(process.kill)
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) >= {"url", "workspace", "login", "password", "discovery"}
        with urllib.request.urlopen(f"{ready['url']}/_sandbox/counts", timeout=10) as reply:  # noqa: S310 - loopback
            assert json.load(reply)["reports"] == 20
        process.send_signal(number)
        rest, _ = process.communicate(timeout=60)
        assert (process.returncode, rest) == (0, "")


def _main(*argv: str) -> str:
    """What `main` prints when it is stopped a moment after it is ready."""
    printed = io.StringIO()

    def stop() -> None:
        while not printed.getvalue():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    killer = threading.Thread(target=stop)
    killer.start()
    with contextlib.redirect_stdout(printed):
        assert cli.main(argv) == 0
    killer.join()
    return printed.getvalue()


def test_it_prints_the_connection_to_use() -> None:
    """For people: where it is, with which keys, and the variable for Airflow."""
    text = _main(*SMALL, "--seed", "3")
    found = re.search(r"AIRFLOW_CONN_MODE_DEFAULT='(.*)'", text)
    assert found is not None
    connection = json.loads(found[1])
    assert (connection["conn_type"], connection["schema"]) == ("mode", "acme")
    assert connection["host"] in text
    assert "sandbox-member-key" in text


def test_with_json_it_prints_one_line() -> None:
    """And nothing else."""
    text = _main(*SMALL, "--json")
    assert text.count("\n") == 1
    assert json.loads(text)["member_login"] == "sandbox-member-key"


def test_options_become_switches() -> None:
    """Short options for the usual ones, --switch for all."""
    args = cli.parser().parse_args([*SMALL, "--retry-after", "--no-headers", "--switch", "ids=string"])
    assert cli.options_from(args).switches == {
        "retry_after": "seconds",
        "rate_headers": False,
        "ids": "string",
    }
    args = cli.parser().parse_args(["--no-retry-after", "--latency", "0.1"])
    assert cli.options_from(args).switches == {"retry_after": "absent"}
    assert cli.options_from(args).latency == 0.1


def test_the_module_is_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m` runs it; by its path, for pytest's own loader of installed plugins has no code to give."""
    monkeypatch.setattr(sys, "argv", ["sandbox", "--list-switches"])
    path = Path(cli.__file__).with_name("__main__.py")
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(path), run_name="__main__")
    assert stopped.value.code == 0
    assert "| switch |" in capsys.readouterr().out


def test_the_switches_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """And the command ends."""
    assert cli.main(["--list-switches"]) == 0
    assert all(f"`{switch.name}`" in capsys.readouterr().out for switch in TABLE[:1])


@pytest.mark.parametrize(
    "argv",
    [
        ["--host", "192.0.2.1"],
        ["--switch", "ids"],
        ["--switch", "ids=odd"],
        ["--requests", "0"],
        ["--limit", "x"],
    ],
)
def test_senseless_options(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2 and a sentence."""
    with pytest.raises(SystemExit) as stopped:
        cli.main([*SMALL, *argv])
    assert stopped.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_connections(mode_sandbox: Sandbox) -> None:
    """As plain values, as JSON, as a URI; with a member's key, without Discovery, with more extras."""
    plain = mode_sandbox.connection(member=True, discovery=False, timeout=5)
    assert plain["login"] == "sandbox-member-key"
    assert plain["extra"] == {"timeout": 5}
    assert json.loads(mode_sandbox.connection_json) == mode_sandbox.connection()
    port = mode_sandbox.url.rpartition(":")[2]
    assert mode_sandbox.connection_uri.startswith(
        f"mode://sandbox-key:sandbox-secret-workspace@http%3A%2F%2F127.0.0.1%3A{port}/acme?discovery=%7B"
    )


PLUGIN_TEST = """
import pytest

def test_default(mode_sandbox):
    assert len([one for one in mode_sandbox.state.reports.values() if not one.is_dataset]) == 60
    assert mode_sandbox.app.limiter.kind == "off"

@pytest.mark.mode_sandbox(reports=5, collections=2, switches={"ids": "string"})
class TestMarked:
    @pytest.mark.mode_sandbox(reports=6)
    def test_marked(self, mode_sandbox):
        assert len([one for one in mode_sandbox.state.reports.values() if not one.is_dataset]) == 6
        assert mode_sandbox.app.switches["ids"] == "string"
"""


def test_the_fixture_in_anybodys_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It starts small; markers say otherwise, the nearest first; the marker is known."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    path = tmp_path / "test_it.py"
    path.write_text(PLUGIN_TEST)
    options = ["--rootdir", str(tmp_path), "-c", os.devnull, "--strict-markers", "-p", "no:cacheprovider"]
    assert pytest.main([str(path), "--import-mode=importlib", *options], plugins=[pytest_plugin]) == 0
    assert "2 passed" in capsys.readouterr().out
