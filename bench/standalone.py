"""
`make airflow`: an Airflow to click through, with a sandbox workspace behind it; it ends with Ctrl-C.

Everything is on this machine's loopback and in `build/airflow`, and both are gone afterwards.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.options import Options

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "airflow"
LOG = WORK / "airflow.log"
USER = "admin"
PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
PATIENCE = 600  # seconds until Airflow is up, on a slow machine


def say(text: str = "") -> None:
    """One line for the person watching."""
    print(text, flush=True)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(port: int) -> dict[str, str]:
    """An Airflow of its own on SQLite, with the examples and no example of Airflow's."""
    url = f"http://127.0.0.1:{port}"
    settings = {
        "CORE__DAGS_FOLDER": ROOT / "dags_examples",
        "CORE__LOAD_EXAMPLES": False,
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "CORE__PARALLELISM": 4,
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": WORK / "passwords.json",
        "CORE__TEST_CONNECTION": "Enabled",
        "API__HOST": "127.0.0.1",
        "API__PORT": port,
        "API__BASE_URL": url,
        "API__WORKERS": 1,
        "WORKERS__EXECUTION_API_TIMEOUT": 60,
        "LOGGING__WORKER_LOG_SERVER_PORT": free_port(),
        "LOGGING__TRIGGER_LOG_SERVER_PORT": free_port(),
        "DAG_PROCESSOR__PARSING_PROCESSES": 1,
        "USAGE_DATA_COLLECTION__ENABLED": False,
    }
    ours = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    return (
        ours
        | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AIRFLOW_HOME": str(WORK),
            "TMPDIR": str(WORK / "tmp"),
            "NO_PROXY": "127.0.0.1,localhost",
        }
        | {f"AIRFLOW__{name}": str(value) for name, value in settings.items()}
    )


def airflow(env: Mapping[str, str], *arguments: str) -> None:
    """Run one command of Airflow to its end, into the log."""
    with LOG.open("ab") as log:
        subprocess.run(["airflow", *arguments], env=env, cwd=WORK, stdout=log, stderr=log, check=True)


def left(session: int) -> list[int]:
    """The processes of a session that have not ended."""
    shown = subprocess.run(["ps", "-eo", "pid=,sess=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in shown.stdout.splitlines()]
    return [int(pid) for pid, found, state in rows if int(found) == session and state[0] != "Z"]


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it started, politely for half a minute; a second Ctrl-C changes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number, seconds in ((signal.SIGTERM, 30), (signal.SIGKILL, 5)):
        for pid in left(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        until = time.monotonic() + seconds
        while left(process.pid) and time.monotonic() < until:
            process.poll()
            time.sleep(0.2)
    process.wait()


@contextmanager
def standalone(env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`airflow standalone` in a session of its own: Ctrl-C reaches us alone, and we end all of it."""
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            ["airflow", "standalone"], env=env, cwd=WORK, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        say("\nending Airflow ...")
        end(process)


def is_up(url: str) -> bool:
    """Whether Airflow and all its parts are well."""
    try:
        with urllib.request.urlopen(f"{url}/api/v2/monitor/health", timeout=5) as reply:
            health = json.load(reply)
    except OSError:
        return False
    return all((health.get(part) or {}).get("status") == "healthy" for part in PARTS)


def wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    """Wait until Airflow is up; stop where it ends or takes too long."""
    until = time.monotonic() + PATIENCE
    while not is_up(url):
        if process.poll() is not None or time.monotonic() > until:
            shutil.copy(LOG, ROOT / "build" / "airflow.log")
            sys.exit("Airflow did not start; its output is in build/airflow.log")
        time.sleep(1)


def serve(box: Sandbox) -> None:
    """An Airflow that knows the sandbox, until somebody ends it."""
    port = free_port()
    env, url = environment(port), f"http://127.0.0.1:{port}"
    (WORK / "passwords.json").write_text(json.dumps({USER: USER}))
    say("making Airflow's database, the connection and a pool ...")
    airflow(env, "db", "migrate")
    # without a port of 0, which means none as well, Airflow 3.3.1 and 3.3.2 test no connection from the UI
    connection = json.dumps(box.connection() | {"port": 0})
    airflow(env, "connections", "add", "mode_default", "--conn-json", connection)
    airflow(env, "pools", "set", "mode", "3", "tasks that share one key of Mode")
    say("starting Airflow; about a minute ...")
    with standalone(env) as process:
        wait_for(process, url)
        say(f"\n  Airflow    {url}   user {USER}, password {USER}")
        say(f"  sandbox    {box.url}/_sandbox/state   {len(box.state.reports)} reports, as they truly are")
        say("  begin at   Dags > plan_approve_apply: un-pause it; the plan waits under Required Actions")
        say("  Ctrl-C ends it")
        process.wait()


def main() -> None:
    """Start it all, and leave nothing behind."""
    # What a shell starts with `&` ignores Ctrl-C's signal, and what that starts too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    shutil.rmtree(WORK, ignore_errors=True)
    (WORK / "tmp").mkdir(parents=True)
    try:
        with Sandbox(Options()) as box:
            serve(box)
    except KeyboardInterrupt:
        say("ended")
    finally:
        shutil.rmtree(WORK, ignore_errors=True)


if __name__ == "__main__":
    main()
