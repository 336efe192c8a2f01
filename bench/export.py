"""
How much memory an export of a gigabyte takes: as one CSV, and as an archive of several.

A server on loopback plays Mode; each export runs in a process of its own, whose peak is compared with what it
was once Airflow had been imported.
`python -m bench.export [megabytes]`
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CSV, ZIP, RUN = "c" * 12, "d" * 12, "e" * 12
MEMBERS = 4
MOST_MB = 100
HEAD = b"day,number,name\n"
EXPORT = """
import json, resource, sys
import airflow.providers.common.compat.sdk as sdk
sdk.BaseOperator, sdk.XCom, sdk.conf
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
from airflow_provider_mode.operators import ExportResultsOperator
for report in sys.argv[2:]:
    task = ExportResultsOperator(task_id=report, report=report, output_uri=sys.argv[1])
    files = task.execute({})["files"]
    print(json.dumps({
        "files": len(files), "rows": sum(file["rows"] for file in files),
        "bytes": sum(file["bytes"] for file in files), "mb_above_airflow": round((peak() - before) / 1024),
    }))
"""


def some_rows() -> bytes:
    """About a megabyte of rows that are not all alike."""
    random = Random(1)  # noqa: S311 - the same each time
    return b"".join(b"2026-11-24,%09d,name %d\n" % (random.randrange(10**9), n) for n in range(32_000))


class Chunked(io.RawIOBase):
    """A body of unknown length."""

    def __init__(self, out: Any) -> None:
        self._out = out

    def writable(self) -> bool:
        """As a file to write to."""
        return True

    def write(self, piece: Any) -> int:
        """One chunk; an empty one would end the body."""
        if len(piece):
            self._out.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        return len(piece)


class Mode(BaseHTTPRequestHandler):
    """As much of Mode as an export asks for."""

    protocol_version = "HTTP/1.1"
    blocks: int
    rows = some_rows()

    def do_GET(self) -> None:
        """A report, or the results of its run."""
        report = self.path.split("/")[4]
        if not self.path.endswith("content.csv"):
            body = json.dumps({"token": report, "last_successful_run_token": RUN}).encode()
            self._begin("application/json", "Content-Length", str(len(body)))
            self.wfile.write(body)
        elif report == CSV:
            self._begin("text/csv", "Content-Length", str(len(HEAD) + self.blocks * len(self.rows)))
            self.wfile.write(HEAD)
            for _ in range(self.blocks):
                self.wfile.write(self.rows)
        else:
            self._begin("application/zip", "Transfer-Encoding", "chunked")
            body_out: Any = io.BufferedWriter(Chunked(self.wfile), 1 << 16)
            with zipfile.ZipFile(body_out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                for number in range(MEMBERS):
                    with archive.open(f"query {number}.csv", "w", force_zip64=True) as member:
                        member.write(HEAD)
                        for _ in range(self.blocks // MEMBERS):
                            member.write(self.rows)
            body_out.flush()
            self.wfile.write(b"0\r\n\r\n")

    def _begin(self, kind: str, *header: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header(*header)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(megabytes: int) -> Iterator[dict[str, str]]:
    """The environment of a process that is to export from it."""
    Mode.blocks = megabytes * 10**6 // len(Mode.rows)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mode)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    connection = {"conn_type": "mode", "host": url, "login": "key", "password": "loopback", "schema": "acme"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    with tempfile.TemporaryDirectory(prefix="mode-bench-") as home:
        yield kept | {
            "AIRFLOW_HOME": home,
            "AIRFLOW_CONN_MODE_DEFAULT": json.dumps(connection),
            "NO_PROXY": "127.0.0.1",
        }
    server.shutdown()
    server.server_close()


def exported(env: dict[str, str], *reports: str) -> list[dict[str, Any]]:
    """What each export gave, and what it took, one after the other in a process of their own."""
    command = [sys.executable, "-c", EXPORT, f"file://{env['AIRFLOW_HOME']}/exports", *reports]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def main(megabytes: int = 1000) -> int:
    """Measure both kinds, and say by the exit status whether they stay below what is allowed."""
    good = True
    with serving(megabytes) as env:
        for kind, report in (("csv", CSV), ("zip", ZIP)):
            (figures,) = exported(env, report)
            print(json.dumps({"kind": kind} | figures), flush=True)
            good = good and figures["mb_above_airflow"] < MOST_MB
            good = good and figures["bytes"] > 0.98 * megabytes * 10**6
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
