"""Where the state lives: real files, real processes, real kills."""

from __future__ import annotations

import fcntl
import json
import logging
import math
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from airflow_provider_mode.client.pacing import file as pacing_file
from airflow_provider_mode.client.pacing import store as pacing_store
from airflow_provider_mode.client.pacing import window
from airflow_provider_mode.client.pacing.file import FileStore
from airflow_provider_mode.client.pacing.pace import Seen
from airflow_provider_mode.client.pacing.state import FORMAT, State, UnreadableStateError, dumps, loads
from airflow_provider_mode.client.pacing.store import LocalStore, Store, StoreUnusableError, is_alive, owner
from airflow_provider_mode.client.pacing.wait import Books, SharedPacer

RULE = window.Rule(requests=3, period=1000.0, bound=75.0)
GOOD = Seen(200, None, None, None)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of its own for each test, as TMPDIR would give it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self, now: float = 1e6) -> None:
        self.now = now
        self.naps: list[float] = []

    def __call__(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Time passes."""
        self.naps.append(seconds)
        self.now += seconds


def file_store(clock: Clock) -> FileStore:
    """A store on a file."""
    return FileStore("name", clock=clock, sleep=clock.sleep)


def the_file() -> Path:
    """The file of `file_store`."""
    return pacing_file.own_folder() / "name.pace"


def ask(store: Store, ticket: str, name: str = "me", rule: window.Rule = RULE) -> window.Wait | None:
    """One question to a store."""
    return store.transact(lambda state, now: window.ask(state, now, ticket, name, rule), rule)


def granted(store: Store, rule: window.Rule = RULE) -> int:
    """How many requests get leave at once."""
    tickets = (f"t{number}" for number in range(100))
    return sum(ask(store, ticket, rule=rule) is None for ticket in tickets)


def pacer(clock: Clock, *stores: Store, rule: window.Rule = RULE) -> SharedPacer:
    """A pacer over stores."""
    return SharedPacer(Books(stores), rule, clock=clock, sleep=clock.sleep, random=lambda: 0.5)


def test_stores_on_one_file_share_a_window() -> None:
    """What one has sent, the other may not send again."""
    clock = Clock()
    assert ask(file_store(clock), "a") is None
    assert granted(file_store(clock)) == 2


def test_the_file_is_nobody_elses_and_names_no_credential() -> None:
    """Folder and file are closed to other users."""
    granted(file_store(Clock()))
    assert stat.S_IMODE(the_file().parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(the_file().stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    [b"nonsense", b"\xff\xfe", b"x" * 5000, None, b""],
    ids=["nonsense", "no text", "long", "torn", "emptied"],
)
def test_a_damaged_file_counts_as_a_limit_just_spent(text: bytes | None) -> None:
    """Nobody knows what was sent, so a whole period is waited for, and no longer."""
    clock = Clock()
    store = file_store(clock)
    assert ask(store, "first") is None
    the_file().write_bytes(the_file().read_bytes()[:200] if text is None else text)
    assert granted(store) == 0
    clock.now += 1.01 * RULE.period
    assert granted(store) == 3


@pytest.mark.parametrize("back", [10.0, 1e6 + 1])
def test_a_clock_that_was_set_back_counts_as_a_limit_just_spent(back: float) -> None:
    """Times from the future cannot be true."""
    clock = Clock()
    for store in (file_store(clock), LocalStore(clock)):
        assert ask(store, "first") is None
        clock.now -= back
        assert granted(store) == 0
        clock.now += 1.01 * RULE.period + back


def test_another_start_of_the_system_counts_as_a_limit_just_spent() -> None:
    """Its clock is another one."""
    store = file_store(Clock())
    assert ask(store, "first") is None
    _, _, line = the_file().read_bytes().partition(b" ")
    the_file().write_bytes(b"another-boot " + line)
    assert granted(store) == 0


def test_a_pause_beyond_all_bounds_is_not_believed() -> None:
    """A wrong number in the file must not stop everybody for a year."""
    clock = Clock()
    store = file_store(clock)
    store.transact(lambda state, now: setattr(state, "paused_until", now + 1e7), RULE)
    assert granted(store) == 0
    clock.now += 1.01 * RULE.period
    assert granted(store) == 3


def _line(content: object) -> bytes:
    body = json.dumps(content).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"00000000 []\n",
        _line(["another/1", {}]),
        _line([FORMAT, {}]),
        _line([FORMAT, 3]),
        _line(7),
        dumps(State())[:-40],
    ],
)
def test_what_is_no_state_is_refused(line: bytes) -> None:
    """A line that is not whole, or not ours, is never half believed."""
    with pytest.raises(UnreadableStateError):
        loads(line)


def test_a_state_survives_its_line() -> None:
    """All that is known comes back, what never was included."""
    state = State(clock=5.0, strikes=2, probing=True)
    window.ask(state, 6.0, "a#1", "a", RULE)
    window.settle(state, 7.0, "a#1", Seen(429, 40, 7, 3.0), RULE, u=0.5)
    window.ask(state, 7.5, "a#2", "a", RULE)
    assert loads(dumps(state)) == state
    assert loads(dumps(State())) == State()
    assert loads(dumps(State())).paused_until == -math.inf


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow, as on a full disk; for a moment only, for the tests' own output is a file too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_makes_the_file_useless() -> None:
    """A state that is written in part is none."""
    store = file_store(Clock())
    with pytest.raises(StoreUnusableError, match="disk is full"), full_disk():
        ask(store, "a")


def test_a_temporary_folder_that_is_none() -> None:
    """Nothing can be made there."""
    blocked = Path(tempfile.gettempdir()) / f"airflow-provider-mode-{os.getuid()}"
    blocked.write_text("in the way")
    with pytest.raises(StoreUnusableError, match="File exists"):
        ask(file_store(Clock()), "a")


def test_a_folder_that_others_may_write_in_is_not_used() -> None:
    """Somebody may have laid it out for us."""
    pacing_file.own_folder().chmod(0o777)
    with pytest.raises(StoreUnusableError, match="others may write"):
        ask(file_store(Clock()), "a")


def test_a_link_in_the_place_of_the_file_is_not_followed(temporary: Path) -> None:
    """Nor is what it points to ever written."""
    victim = temporary / "victim"
    victim.write_text("precious")
    pacing_file.own_folder()
    the_file().symlink_to(victim)
    with pytest.raises(StoreUnusableError):
        ask(file_store(Clock()), "a")
    assert victim.read_text() == "precious"


def test_a_read_only_folder_falls_back_to_the_process_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The pace is kept all the same; with a store that worked before, as if a limit had just been spent."""
    clock = Clock()
    one = pacer(clock, file_store(clock), LocalStore(clock))
    one.acquire().settle(GOOD)
    pacing_file.own_folder().rename(pacing_file.own_folder().with_suffix(".gone"))
    Path(tempfile.gettempdir(), f"airflow-provider-mode-{os.getuid()}").write_text("in the way")
    before = clock.now
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            one.acquire().settle(GOOD)
    assert clock.now - before >= RULE.period
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "shared less widely" in caplog.text


def test_a_store_that_never_worked_costs_no_wait() -> None:
    """Nothing was sent under it."""
    clock = Clock()
    Path(tempfile.gettempdir(), f"airflow-provider-mode-{os.getuid()}").write_text("in the way")
    one = pacer(clock, file_store(clock), LocalStore(clock))
    for _ in range(3):
        one.acquire().settle(GOOD)
    assert one.waited == (0, 0.0)


def test_the_last_store_has_no_successor() -> None:
    """Then the failure is told."""
    Path(tempfile.gettempdir(), f"airflow-provider-mode-{os.getuid()}").write_text("in the way")
    clock = Clock()
    with pytest.raises(StoreUnusableError):
        pacer(clock, file_store(clock)).settle("a#1", GOOD)


class Stuck:
    """A store that two threads find useless at the same time."""

    def __init__(self) -> None:
        self.both = threading.Barrier(2)

    def transact(self, *_: object) -> None:
        """Wait for the other one, and fail."""
        self.both.wait(10)
        raise StoreUnusableError("stuck")


def test_two_threads_drop_a_store_once(caplog: pytest.LogCaptureFixture) -> None:
    """One warns, and the other goes on with what the first has chosen."""
    clock = Clock()
    one = pacer(clock, Stuck(), LocalStore(clock))  # type: ignore[arg-type]  # it answers nobody
    threads = [threading.Thread(target=one.acquire) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(caplog.records) == 1


def test_a_lock_that_is_never_given_back() -> None:
    """A holder that was stopped costs a few seconds, and then the file."""
    clock = Clock()
    store = file_store(clock)
    ask(store, "a")
    with the_file().open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(StoreUnusableError, match="does not go on"):
            ask(store, "b")
    assert sum(clock.naps) == pytest.approx(5.0, rel=0.1)


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of its own that runs some lines with a pacer on the real clock."""
    head = """
        import os, signal, sys, threading, time
        from airflow_provider_mode.client.config import ModeConfig, RateLimit
        from airflow_provider_mode.client.pacing.pacing import Seen, pacer_for
        limit = RateLimit(requests=int(sys.argv[1]), period=float(sys.argv[2]))
        pacer = pacer_for(ModeConfig(workspace="acme", login="key", password="word", rate_limit=limit))
        seen = Seen(200, None, None, None)
    """
    program = textwrap.dedent(head) + textwrap.dedent(code)
    return subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True)


def test_processes_share_a_window_and_survive_a_kill() -> None:
    """Four processes at once, one of them killed with its requests under way: never more than the limit."""
    code = """
        pacer.acquire().settle(seen)
        for _ in range(3): pacer.acquire()
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = run(code, "8", "0.5")
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    code = """
        def work():
            for _ in range(4):
                permit = pacer.acquire()
                now = time.monotonic()
                permit.settle(seen)
                times.append(now)
        times = []
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(*times)
    """
    processes = [run(code, "8", "0.5") for _ in range(4)]
    told = [one.communicate()[0] for one in processes]
    times = sorted(float(word) for line in told for word in line.split())
    assert [one.returncode for one in processes] == [0] * 4
    assert len(times) == 32
    assert all(later - earlier >= 0.48 for earlier, later in zip(times, times[8:], strict=False))


def test_a_fork_shares_the_window_and_locks_of_no_thread() -> None:
    """A child that is forked while a thread waits in the pacer neither hangs nor exceeds the limit."""
    code = """
        pacer.acquire().settle(seen)
        threading.Thread(target=pacer.acquire, daemon=True).start()
        threading.Thread(target=pacer.acquire, daemon=True).start()
        time.sleep(0.2)
        child = os.fork()
        if not child:
            try:
                pacer.acquire(give_up_after=0.1)
            except Exception as error:
                os._exit(7 if type(error).__name__ == "PaceTimeout" else 8)
            os._exit(9)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        os._exit(0)
    """
    assert run(code, "1", "30").communicate()[0].strip() == "7"


def test_what_a_forked_child_finds_in_its_own_memory() -> None:
    """In a child, what the parent's threads had under way counts as counted by then."""
    clock = Clock()
    store = LocalStore(clock)
    store.after_fork()
    assert granted(store) == 3
    store.after_fork()
    pacing_store._forked()
    clock.now += 1.01 * RULE.period + RULE.bound
    assert granted(store) == 3


def test_the_dead_leave_the_queue_and_their_places() -> None:
    """A process that is gone holds its place as long as its request may still be counted, and no longer."""
    clock = Clock()
    store = file_store(clock)
    gone = f"{owner().rpartition(':')[0]}:{_a_dead_process()}"
    for number in range(3):
        assert ask(store, f"{gone}#{number}", gone) is None
    assert ask(store, f"{gone}#waits", gone) is not None
    one = pacer(clock, store)
    began = clock.now
    one.acquire()
    assert RULE.period <= clock.now - began <= 1.01 * RULE.period + RULE.bound
    waits, seconds = one.waited
    assert waits == 1
    assert seconds == pytest.approx(clock.now - began)


def _a_dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_who_is_alive() -> None:
    """Only the dead of this host are known to be dead."""
    here = owner().rpartition(":")[0]
    assert is_alive(owner())
    assert is_alive(f"{here}:1")
    assert is_alive("elsewhere:99999999")
    assert not is_alive(f"{here}:{_a_dead_process()}")


def test_a_process_of_another_user_is_alive() -> None:
    """That one may not be signalled does not mean that it is gone."""
    code = """
        import os, sys
        from airflow_provider_mode.client.pacing.store import is_alive, owner
        os.setuid(65534)
        print(is_alive(owner().rpartition(":")[0] + ":" + sys.argv[1]))
    """
    if os.getuid():
        pytest.skip("needs root to become somebody else")
    out = subprocess.check_output([sys.executable, "-c", textwrap.dedent(code), str(os.getpid())], text=True)
    assert out.strip() == "True"


def test_a_system_that_tells_nothing_of_itself() -> None:
    """Where there is no /proc, the clock alone has to tell."""
    missing = Path("/nowhere/at/all")
    assert pacing_store._word(missing.read_text) == ""


def test_no_wait_on_the_real_clock() -> None:
    """The store works by the system's clock as it is."""
    store = FileStore("real", clock=time.monotonic, sleep=time.sleep)
    assert granted(store) == 3
