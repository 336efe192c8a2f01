"""A PostgreSQL and a Redis of a stack's own, on free loopback ports, in its folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.processes import Part, free_port

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def needed(program: str, package: str) -> str:
    """The path of a program, or a skipped test that names its Debian package."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    found = shutil.which(program) or (str(places[-1]) if places else None)
    if found is None:
        pytest.skip(f"{program} is not installed (Debian's package {package})")
    return found


class Postgres:
    """One database server; as root it runs as the user that Debian's package made for it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder / "postgres"
        self._control = needed("pg_ctl", "postgresql")
        self._init = needed("initdb", "postgresql")
        self._dump = needed("pg_dump", "postgresql")

    @property
    def url(self) -> str:
        """The database as SQLAlchemy names it."""
        return f"postgresql+psycopg2://airflow@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make the files, and start."""
        self._folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        self._run(
            self._init,
            "-D",
            "data",
            "-U",
            "airflow",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        )
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = (*FAST, "listen_addresses=127.0.0.1", f"unix_socket_directories={self._folder}")
        options = " ".join([f"-p {self.port}", *(f"-c {setting}" for setting in settings)])
        self._run(self._control, "-D", "data", "-w", "-t", "60", "-l", "log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """End every connection and stop, if it runs."""
        if not (self._folder / "data" / "postmaster.pid").exists():
            return
        self._run(self._control, "-D", "data", "-w", "-t", "60", "-m", mode, "stop")

    def dump(self) -> str:
        """Every row of every table, as text."""
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "airflow", "--data-only", "postgres"]
        return subprocess.run([self._dump, *where], capture_output=True, text=True, check=True).stdout

    def _run(self, *command: str) -> None:
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        subprocess.run(
            [*(user if os.geteuid() == 0 else []), *command],
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )


def redis(folder: Path, port: int) -> Part:
    """A Redis that keeps nothing on disk."""
    program = needed("redis-server", "redis-server")
    options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    return Part("redis", [program, "--port", str(port), *options], os.environ, folder)
