"""
`make demo`: a real Airflow sweeps a sandbox workspace at Mode's rate limit, and one report is brought back.

What must be archived is worked out here a second time, from the sandbox's own records, without the
package's policy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "demo"
HOME = WORK / "airflow"
LOG = WORK / "airflow.log"
REPORTS, REQUESTS, PERIOD = 2000, 40, 10
HALF_A_YEAR, VIEWS = timedelta(days=180), 5
AT_LEAST = timedelta(days=30)
OPERATORS_WORD = re.compile(r"\] (.*\S)\s+\[airflow\.task\.operators\.airflow_provider_mode")


def say(text: str = "") -> None:
    """One line for the person watching."""
    print(text, flush=True)


@contextmanager
def sandbox() -> Iterator[dict[str, Any]]:
    """A sandbox of its own, on a free loopback port, for as long as the block lasts."""
    command = [sys.executable, "-m", "airflow_provider_mode.sandbox", "--json", "--reports", str(REPORTS)]
    limit = ["--limit", "sliding", "--requests", str(REQUESTS), "--period", str(PERIOD)]
    with subprocess.Popen([*command, *limit], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield json.loads(process.stdout.readline() if process.stdout else "")
        finally:
            process.terminate()
            process.wait(timeout=10)


def ask(box: Mapping[str, Any], path: str) -> Any:
    """What the sandbox itself says, by its control routes: not counted, not limited."""
    with urllib.request.urlopen(f"{box['url']}/_sandbox/{path}", timeout=30) as reply:
        return json.load(reply)


def should_go(state: Mapping[str, Any]) -> set[str]:
    """The reports that the example DAG's policy names, by the sandbox's own records."""
    now = datetime.fromisoformat(state["now"])

    def idle(report: Mapping[str, Any], field: str, at_least: timedelta) -> bool:
        return now - datetime.fromisoformat(report[field] or report["created_at"]) >= at_least

    return {
        one["token"]
        for one in state["reports"]
        if not (one["archived"] or one["personal"] or one["public"] or one["subscribers"])
        and one["type"] == "Report"
        and "#keep" not in (one["description"] or "")
        and (one["view_count"] or 0) <= VIEWS
        and idle(one, "created_at", AT_LEAST)
        and idle(one, "last_run_at", HALF_A_YEAR)
        and idle(one, "edited_at", HALF_A_YEAR)
    }


def environment(box: Mapping[str, Any]) -> dict[str, str]:
    """A throw-away Airflow on SQLite that knows one connection, and no example of Airflow's own."""
    connection = {"conn_type": "mode", "host": box["url"], "login": box["login"], "password": box["password"]}
    ours = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")}
    return ours | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_MODE_DEFAULT": json.dumps({**connection, "schema": box["workspace"]}),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(WORK / "tmp"),
    }


def airflow(env: Mapping[str, str], *arguments: str) -> None:
    """Run one command of Airflow into the log, showing what the operators say; stop on failure."""
    with (
        LOG.open("a") as log,
        subprocess.Popen(
            ["airflow", *arguments],
            env=env,
            cwd=WORK,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        for line in process.stdout or ():
            log.write(line)
            if said := OPERATORS_WORD.search(line):
                say(f"    {said[1]}")
    if process.returncode:
        sys.exit(f"airflow {' '.join(arguments[:3])} failed; its output is in {LOG}")


def returned(task: str) -> dict[str, Any]:
    """What a task returned, out of the throw-away database."""
    query = "select value from xcom where key = 'return_value' and task_id = ?"
    with sqlite3.connect(HOME / "airflow.db") as db:
        (value,) = db.execute(query, [task]).fetchone()
    result = json.loads(value)
    return json.loads(result) if isinstance(result, str) else result


def path_of(uri: str) -> Path:
    """The file of a `file://` URI, as seen from the checkout."""
    return Path(uri.removeprefix("file://")).relative_to(ROOT)


def sweep(box: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, Any]:
    """Archive what the example's policy names, and hold it against the sandbox's own records."""
    before = ask(box, "state")
    wanted = should_go(before)
    counts = before["counts"]
    say(f"\nthe workspace: {counts['reports']} reports in {counts['collections']} collections")
    say("the DAG: dags_examples/archive_stale_reports.py, on `airflow dags test`")
    airflow(env, "dags", "test", "archive_stale_reports")
    result = returned("archive")
    plan = json.loads((ROOT / path_of(result["plan"])).read_text())
    after = ask(box, "state")
    was = {one["token"] for one in before["reports"] if one["archived"]}
    gone = {one["token"] for one in after["reports"] if one["archived"]} - was
    account(result, plan, counts["schedules"] - after["counts"]["schedules"])
    usage = ask(box, "usage")[box["login"]]
    requests, least = usage["requests"], (usage["requests"] - 1) // REQUESTS * PERIOD
    say(f"  requests      {requests}, of them throttled: {usage['throttled']}")
    say(f"  time          {result['seconds']:.0f} s, of which the limit itself takes {least} s")
    if gone != wanted or len(result["archived"]) != len(wanted) or usage["throttled"]:
        wrong = f"{len(gone - wanted)} too many, {len(wanted - gone)} too few, {usage['throttled']} throttled"
        sys.exit(f"WRONG: {wrong}")
    say(f"  checked       exactly the {len(wanted)} reports of the policy, by the sandbox's own records")
    return result


def account(result: Mapping[str, Any], plan: Mapping[str, Any], schedules_gone: int) -> None:
    """Print what was examined, archived, deleted, skipped and kept, and why."""
    kept = ", ".join(f"{len(reports)} {reason}" for reason, reports in plan["kept"].items())
    skipped = ", ".join(f"{number} {reason}" for reason, number in result["skipped"].items()) or "none"
    say("\nwhat was done")
    say(f"  examined      {result['examined']} reports")
    say(f"  archived      {len(result['archived'])}")
    say(f"  schedules     {len(result['schedules_deleted'])} deleted (the sandbox counts {schedules_gone})")
    say(f"  skipped       {skipped}")
    say(f"  kept          {kept}")
    say(f"  failed        {len(result['failed'])}")


def bring_back(box: Mapping[str, Any], env: Mapping[str, str], result: Mapping[str, Any]) -> None:
    """Restore one report that had a schedule, and look at it in the sandbox."""
    lines = [json.loads(line) for line in (ROOT / path_of(result["journal"])).read_text().splitlines()]
    report = next(line["report"] for line in lines if line.get("kind") == "delete_schedule")
    say(f"\nand back again: report {report}, by dags_examples/restore_from_journal.py")
    airflow(
        env, "dags", "test", "restore_from_journal", "-c",
        json.dumps({"journal": result["journal"], "reports": [report]}),
    )  # fmt: skip
    restored = returned("restore")
    now = ask(box, f"reports/{report}")
    say(f"  unarchived    {restored['unarchived']}, schedules recreated: {restored['schedules_created']}")
    if now["archived"] or not now["schedules"]:
        sys.exit(f"WRONG: report {report} did not come back: {now}")
    say("  checked       it is live again, and scheduled, by the sandbox's own records")


def main() -> None:
    """Make the throw-away home, run the story, and say where its files are."""
    shutil.rmtree(WORK, ignore_errors=True)
    (WORK / "tmp").mkdir(parents=True)
    shutil.copytree(ROOT / "dags_examples", HOME / "dags")
    say("==> demo: a sandbox workspace of 2,000 reports and a throw-away Airflow; about four minutes")
    with sandbox() as box:
        env = environment(box)
        say("airflow db migrate (SQLite)")
        airflow(env, "db", "migrate")
        result = sweep(box, env)
        bring_back(box, env, result)
    say("\nto look at")
    say(f"  journal       {path_of(result['journal'])}")
    say(f"  the plan      {path_of(result['plan']).with_suffix('.html')}  (open it in a browser)")
    say(f"  Airflow's log {LOG.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
