"""`make airflow`: everything is loaded, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.e2e.processes import belonging_to, eventually
from tests.e2e.rest import Rest
from tests.e2e.stack import DAG_READ, ROOT

if TYPE_CHECKING:
    from tests.e2e.conftest import Stacks

WORK = ROOT / "build" / "airflow"
ENDED = 120  # seconds that an end may take on a busy machine


def test_it_is_all_there_and_then_all_gone(stacks: Stacks) -> None:
    """The examples, the connection, which answers, and the pool; then no process and no file."""
    stacks.stop()
    command = [sys.executable, str(ROOT / "bench" / "standalone.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as program:
        try:
            said = ""
            for line in program.stdout or ():
                said += line
                if "Ctrl-C" in line:
                    break
            found = re.search(r"Airflow +(\S+)", said)
            assert found, said
            rest = Rest(found[1])
            rest.log_in()
            examples = [path.stem for path in (ROOT / "dags_examples").glob("*.py")]
            eventually(lambda: all(map(rest.knows, examples)), "the examples are read", within=DAG_READ)
            assert rest.ask("GET", "/importErrors")["import_errors"] == []
            assert "mode" in {one["name"] for one in rest.ask("GET", "/pools")["pools"]}
            stored = rest.ask("GET", "/connections/mode_default")
            answer = rest.ask("POST", "/connections/test", stored)
            assert answer["status"], answer
        finally:
            os.killpg(program.pid, signal.SIGINT)
            try:
                program.wait(timeout=ENDED)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(program.pid, signal.SIGKILL)  # or leaving this block would wait for ever
    assert program.returncode == 0
    assert belonging_to(WORK) == []
    assert not WORK.exists()
