"""The command line: `python -m airflow_provider_mode.sandbox`."""

import argparse
import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from airflow_provider_mode.sandbox import switches
from airflow_provider_mode.sandbox.limit import KINDS
from airflow_provider_mode.sandbox.options import Options
from airflow_provider_mode.sandbox.sandbox import Sandbox


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m airflow_provider_mode.sandbox",
        description="A local imitation of Mode's REST and Discovery APIs. It serves until Ctrl-C or SIGTERM.",
    )
    add = made.add_argument
    add("--host", default="127.0.0.1", help="this machine's own address (default: %(default)s)")
    add("--port", type=int, default=0, help="0 takes a free one (default: %(default)s)")
    add("--reports", type=int, default=2000, help="reports in the workspace (default: %(default)s)")
    add("--collections", type=int, default=40, help="collections in the workspace (default: %(default)s)")
    add("--seed", type=int, default=1, help="the same seed makes the same workspace (default: %(default)s)")
    add("--workspace", default="acme", help="its name (default: %(default)s)")
    add(
        "--limit",
        choices=[*KINDS, "off"],
        default="sliding",
        help="kind of rate limit (default: %(default)s)",
    )
    add("--requests", type=int, default=40, help="requests in a period (default: %(default)s)")
    add("--period", type=float, default=10.0, help="seconds of a period (default: %(default)s)")
    add(
        "--retry-after",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="send Retry-After with a 429",
    )
    add("--headers", action=argparse.BooleanOptionalAction, default=None, help="send the X-RateLimit headers")
    add("--latency", type=float, default=0.0, metavar="S", help="seconds added to each reply")
    add("--jitter", type=float, default=0.0, metavar="S", help="at most so many seconds more, by chance")
    add("--json", action="store_true", help="print one line of JSON when ready, and nothing else")
    add("--switch", action="append", default=[], metavar="NAME=VALUE", help="settle an open question")
    add("--list-switches", action="store_true", help="show the switches and exit")
    return made


def options_from(args: argparse.Namespace) -> Options:
    """The options of a sandbox (ValueError says what is wrong)."""
    settled: dict[str, object] = {}
    if args.retry_after is not None:
        settled["retry_after"] = "seconds" if args.retry_after else "absent"
    if args.headers is not None:
        settled["rate_headers"] = args.headers
    for pair in args.switch:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"--switch {pair}: say NAME=VALUE")
        settled[name] = value
    return Options(
        reports=args.reports,
        collections=args.collections,
        seed=args.seed,
        workspace=args.workspace,
        limit=args.limit,
        requests=args.requests,
        period=args.period,
        latency=args.latency,
        jitter=args.jitter,
        switches=settled,
    )


def announcement(sandbox: Sandbox, *, as_json: bool) -> str:
    """What is printed when the sandbox is ready."""
    if as_json:
        return json.dumps(
            {
                "url": sandbox.url,
                "workspace": sandbox.workspace,
                "login": sandbox.login,
                "password": sandbox.password,
                "discovery": sandbox.discovery,
                "member_login": sandbox.member_login,
                "member_password": sandbox.member_password,
            }
        )
    return "\n".join(
        (
            f"Mode sandbox at {sandbox.url}, workspace {sandbox.workspace}",
            f"  login            {sandbox.login} (a member's: {sandbox.member_login})",
            f"  password         {sandbox.password} (a member's: {sandbox.member_password})",
            f"  its own routes   {sandbox.url}/_sandbox/counts",
            "Connection for Airflow:",
            f"  export AIRFLOW_CONN_MODE_DEFAULT='{sandbox.connection_json}'",
            "Ctrl-C stops it.",
        )
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal; 0 when it was one, 2 when the options make no sense."""
    made = parser()
    args = made.parse_args(argv)
    if args.list_switches:
        print(switches.describe())
        return 0
    try:
        sandbox = Sandbox(options_from(args), host=args.host, port=args.port)
    except (ValueError, OSError) as error:
        made.error(str(error))
    with sandbox, _signals() as stopped:
        print(announcement(sandbox, as_json=args.json), flush=True)
        os.read(stopped, 1)
    return 0


@contextmanager
def _signals() -> Iterator[int]:
    """The end of a pipe that can be read once a signal to stop came.

    A pipe, because a handler that sets an event can find the event's lock taken by the thread it interrupts.
    """
    ending, calling = os.pipe()

    def stop(_number: int, _frame: FrameType | None) -> None:
        os.write(calling, b"!")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(ending)
        os.close(calling)
