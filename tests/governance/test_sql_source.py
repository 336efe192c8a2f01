"""A query as a source: strict about columns and values, and never a guess about reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_mode.governance.errors import PolicyError, SettingError
from airflow_provider_mode.governance.evidence.evidence import ABSENT, UNASKED, Evidence, Owner
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.evidence.sql import SqlSource
from airflow_provider_mode.governance.evidence.sql_rows import columns_of, parsed
from airflow_provider_mode.governance.plan.make_plan import make_plan
from airflow_provider_mode.governance.policy.policy import StalePolicy
from airflow_provider_mode.governance.render.words import kept_words
from airflow_provider_mode.sandbox.sandbox import Sandbox
from tests.governance.sources import Table, client_of, stale, table_of

REPORT = "5c6b1f0e2a34"
MOMENT = datetime(2026, 3, 2, 4, tzinfo=UTC)
MANY = pytest.mark.mode_sandbox(reports=140, collections=5, frozen=True)


def value(column: str, given: Any) -> Any:
    """What a column's value is read as."""
    [row] = parsed(Table("report", column, rows=[(REPORT, given)]))
    return row.known[column]


def planned(sandbox: Sandbox, table: Table, scope: Scope | None = None, **policy: Any) -> Any:
    """The plan of a query's rows."""
    client = client_of(sandbox)
    source = SqlSource(client, table)
    return make_plan(
        client, StalePolicy(**policy), now=sandbox.now, source=source, scope=scope or Scope()
    ), client.usage.requests


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (["last_viewed_at"], "lacks the column 'report'"),
        (["report", "last_viewed"], "has a column 'last_viewed'; there are report, last_viewed_at"),
        (["report", "view_count", "VIEW_COUNT"], "has the column 'view_count' twice"),
        ([], "lacks the column 'report'"),
    ],
)
def test_columns_have_to_be_right(columns: list[str], why: str) -> None:
    """A misnamed one would otherwise be a criterion that never holds, or always."""
    with pytest.raises(SettingError, match=f"source: the query {why}"):
        columns_of(Table(*columns))


def test_columns_may_be_in_upper_case() -> None:
    """Snowflake names them so."""
    assert columns_of(Table("REPORT", "Last_Run_At")) == ("report", "last_run_at")


@pytest.mark.parametrize(
    ("column", "given", "read"),
    [
        ("last_viewed_at", MOMENT.astimezone(timezone(timedelta(hours=5))), MOMENT),
        ("last_viewed_at", "2026-03-02 04:00:00+00:00", MOMENT),
        ("last_run_at", "2026-03-02T04:00:00Z", MOMENT),
        ("last_run_at", None, None),
        ("view_count", 3, 3),
        ("view_count", Decimal("3.0"), 3),
        ("schedules_count", 3.0, 3),
        ("owner_email", " a@example.com ", "a@example.com"),
        ("owner_email", "", None),
    ],
)
def test_values_are_read_of_whichever_type_a_driver_makes_them(column: str, given: Any, read: Any) -> None:
    """Text for moments, decimals for counts."""
    assert value(column, given) == read


@pytest.mark.parametrize(
    ("column", "given", "why"),
    [
        ("last_viewed_at", datetime(2026, 3, 2), "has no time zone"),  # noqa: DTZ001 - what is refused
        ("last_viewed_at", "2026-03-02 04:00:00", "has no time zone"),
        ("last_viewed_at", date(2026, 3, 2), "is no timestamp"),
        ("last_run_at", "lately", "is no timestamp"),
        ("last_run_at", 1_772_424_000, "is no timestamp"),
        ("view_count", "3", "is no whole number"),
        ("view_count", True, "is no whole number"),
        ("view_count", -1, "is no whole number"),
        ("schedules_count", 1.5, "is no whole number"),
        ("schedules_count", float("nan"), "is no whole number"),
        ("view_count", float("inf"), "is no whole number"),
        ("view_count", Decimal("NaN"), "is no whole number"),
        ("view_count", Decimal("1e30"), "is no whole number"),
        ("view_count", Decimal("1e400"), "is no whole number"),
        ("view_count", 2**63, "is no whole number"),
        (
            "last_viewed_at",
            datetime.max.replace(tzinfo=timezone(-timedelta(hours=5))),
            "date value out of range",
        ),
        ("owner_email", 7, "is no text"),
    ],
)
def test_a_value_that_means_nothing_names_its_row_and_column(column: str, given: Any, why: str) -> None:
    """A naive moment may be hours off, and a day by which nobody knows whose midnight."""
    with pytest.raises(SettingError, match=f"row 1, column '{column}': .* {why}"):
        value(column, given)


def test_a_row_of_another_length_is_an_error() -> None:
    """It is another query's, or a driver's mistake."""
    with pytest.raises(SettingError, match="2 values for 1 columns in row 2"):
        list(parsed(Table("report", rows=[(REPORT,), (REPORT, 3)])))


def rows_of(
    sandbox: Sandbox, columns: Sequence[str], *rows: Sequence[Any]
) -> tuple[SqlSource, list[Evidence]]:
    """A source, and its rows."""
    source = SqlSource(client_of(sandbox), Table(*columns, rows=rows))
    return source, list(source.rows(Scope(), as_of=MOMENT, tally=Counter()))


def test_a_missing_column_is_asked_of_rest_and_a_null_means_never(mode_sandbox: Sandbox) -> None:
    """Only the last view REST cannot tell."""
    _, [row] = rows_of(mode_sandbox, ["report"], [REPORT])
    assert (row.last_viewed_at, row.last_run_at, row.view_count) == (ABSENT, UNASKED, UNASKED)
    assert (row.schedules_count, row.owner, row.archived) == (UNASKED, UNASKED, UNASKED)
    columns = ["report", "last_viewed_at", "last_run_at", "view_count", "schedules_count", "owner_email"]
    _, [row] = rows_of(mode_sandbox, columns, [REPORT, None, None, None, None, None])
    assert (row.last_viewed_at, row.last_run_at, row.view_count) == (None, None, 0)
    assert (row.schedules_count, row.owner) == (0, UNASKED)
    _, [row] = rows_of(mode_sandbox, columns, [REPORT, MOMENT, MOMENT, 3, 1, "a@example.com"])
    assert (row.last_viewed_at, row.view_count, row.owner) == (MOMENT, 3, Owner(email="a@example.com"))
    assert (row.source, row.as_of, row.url) == ("sql", MOMENT, f"{mode_sandbox.url}/acme/reports/{REPORT}")


@pytest.mark.parametrize(
    "nameless", [None, 7, "", "all of them", f"https://app.mode.com/acme/reports/{REPORT}"]
)
def test_a_row_that_names_no_report_is_counted(
    mode_sandbox: Sandbox, caplog: pytest.LogCaptureFixture, nameless: Any
) -> None:
    """And passed over."""
    _, rows = rows_of(mode_sandbox, ["report"], [nameless], [f"{REPORT}   "])
    assert [row.report for row in rows] == [REPORT]
    assert "1 row of the query: no report's 12 characters there, passed over" in caplog.text


@MANY
def test_a_report_with_two_rows_is_kept(mode_sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """Which of the two is right, nobody knows; in a bounded scope no more than elsewhere."""
    table = table_of(mode_sandbox)
    before, _ = planned(mode_sandbox, table, not_viewed_for="60d")
    twice = min(stale(before))
    place = mode_sandbox.state.reports[twice].collection
    double = Table(*table.columns, rows=[*table, (twice, None, None, 0)])
    after, _ = planned(mode_sandbox, double, not_viewed_for="60d")
    assert stale(before) - stale(after) == {twice}
    assert after.kept["unknown_row"] == [twice]
    assert (before.counts["reports_with_two_rows"], after.counts["reports_with_two_rows"]) == (0, 1)
    bounded, _ = planned(mode_sandbox, double, Scope(collections=[place]), not_viewed_for="60d")
    assert stale(bounded) == {
        token for token in stale(after) if mode_sandbox.state.reports[token].collection == place
    }
    assert f"1 report with more than one row in the query, and kept for that: {twice}" in caplog.text


@MANY
def test_an_unknown_report_is_counted_and_skipped(
    mode_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Deleted since the database was refreshed, or never Mode's: it has a count and a reason of its own."""
    table = Table("report", "last_viewed_at", rows=[(REPORT, None)])
    plan, _ = planned(mode_sandbox, table, not_viewed_for="60d")
    assert (plan.counts["stale"], plan.counts["not_in_mode"], plan.counts["unarchived"]) == (0, 1, 0)
    assert plan.kept == {"unknown_report": [REPORT]}
    assert f"1 report that Mode does not know (any more), skipped: {REPORT}" in caplog.text
    assert kept_words("unknown_report") == "not known whether Mode still has it: a read found nothing"


@MANY
def test_personal_unknown_and_doubled_reports_are_told_apart(mode_sandbox: Sandbox) -> None:
    """Though no list of shared collections holds any of them: each is read, as the lists were cheap."""
    state = mode_sandbox.state
    table = table_of(mode_sandbox)
    before, _ = planned(mode_sandbox, table, not_viewed_for="60d")
    personal = {
        token
        for token, report in state.reports.items()
        if state.collections[report.collection].personal and not (report.archived or report.is_dataset)
    }
    twice = min(stale(before))
    more = [(twice, None, None, 0), ("ZZZZZZZZZZZZ", None, None, 0)]
    plan, requests = planned(mode_sandbox, Table(*table.columns, rows=[*table, *more]), not_viewed_for="60d")
    assert plan.kept["unknown_report"] == ["ZZZZZZZZZZZZ"]
    assert plan.kept["unknown_row"] == [twice]
    assert plan.kept["exempt_personal"]
    assert set(plan.kept["exempt_personal"]) <= personal
    assert not {"unknown_archived", "unknown_listing"} & plan.kept.keys()
    assert plan.counts["not_in_mode"] == 1
    assert requests <= len(list(table))


@pytest.mark.mode_sandbox(reports=1200, collections=10, frozen=True)
def test_lists_that_turn_out_long_are_given_up(mode_sandbox: Sandbox) -> None:
    """A query may name few of many reports: to read each is cheaper then, which only shows on the way."""
    whole = table_of(mode_sandbox)
    policy: dict[str, Any] = {"not_viewed_for": "60d"}
    everything, _ = planned(mode_sandbox, whole, **policy)
    few = sorted(stale(everything))[:25]
    rows = [row for row in whole if row[0] in few]
    client = client_of(mode_sandbox, concurrency=1)
    source = SqlSource(client, Table(*whole.columns, rows=rows))
    plan = make_plan(
        client, StalePolicy(**policy), now=mode_sandbox.now, source=source, kinds=["archive_report"]
    )
    assert stale(plan) == set(few)
    assert client.usage.requests < 2 + 2 * len(few) + 10
    full = sum(-(-len(space.reports) // 30) + 1 for space in mode_sandbox.state.collections.values())
    assert client.usage.requests < full


@MANY
def test_the_counts_of_collections_are_honest(mode_sandbox: Sandbox) -> None:
    """Those that REST shows, also where no row is a candidate; a mistyped exemption is found out."""
    spaces = [space for space in mode_sandbox.state.collections.values() if space.state == "active"]
    personal = sum(space.personal for space in spaces)
    for rows in ([], [(REPORT, mode_sandbox.now)], [(REPORT, None)]):
        table = Table("report", "last_viewed_at", rows=rows)
        plan, _ = planned(mode_sandbox, table, not_viewed_for="60d")
        assert plan.counts["collections"] == len(spaces) - personal
        assert plan.counts["personal_collections"] == personal > 0
    with pytest.raises(SettingError, match="exempt_collections: no collection matches 'Nowhere'"):
        planned(mode_sandbox, table, not_viewed_for="60d", exempt_collections=["Nowhere"])


def test_a_query_that_gives_no_rows_is_pointed_out(
    mode_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """An empty plan would look like a tidy workspace."""
    rows_of(mode_sandbox, ["report"])
    assert "The query gave no rows of reports in scope" in caplog.text


@pytest.mark.parametrize("given", ["https://app.mode.com/acme/reports/5c6b1f0e2a34", None, 7])
def test_a_query_whose_every_row_names_no_report_is_refused(mode_sandbox: Sandbox, given: Any) -> None:
    """It is another column, and a plan of nothing would look like a tidy workspace."""
    with pytest.raises(SettingError, match=r"source: .*12 characters, and in none of its 2 rows it does"):
        rows_of(mode_sandbox, ["report"], [given], [given])


def test_a_moment_in_the_future_is_pointed_out(
    mode_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody has viewed it yet: its time zone must be another one."""
    rows_of(mode_sandbox, ["report", "last_viewed_at"], [REPORT, MOMENT + timedelta(hours=5)])
    assert "is of 2026-03-02, in the future: is its zone right?" in caplog.text


@pytest.mark.parametrize(("column", "other"), [("last_viewed_at", "last_run_at"), ("last_run_at", None)])
def test_an_old_copy_of_the_database_is_pointed_out(
    mode_sandbox: Sandbox, caplog: pytest.LogCaptureFixture, column: str, other: str | None
) -> None:
    """What was used since it was made would look unused."""
    columns = ["report", column, *([other] if other else [])]
    ages = [(REPORT, 30), ("5c6b1f0e2a35", 9), ("5c6b1f0e2a36", 20)]
    rows = [(report, MOMENT - timedelta(days=days), *([MOMENT] if other else [])) for report, days in ages]
    rows_of(mode_sandbox, columns, *rows)
    [said] = [each for each in caplog.records if "newest use" in each.getMessage()]
    assert said.getMessage() == (
        "The newest use in the query's rows is of 2026-02-21, 9 days ago: what was used since then looks "
        "unused"
    )
    assert said.levelname == "WARNING"


@MANY
def test_the_age_of_an_old_copy_is_in_the_plan(mode_sandbox: Sandbox) -> None:
    """Whoever approves it reads of when its evidence is, and not when the query ran."""
    columns = ["report", "last_viewed_at"]
    old = mode_sandbox.now - timedelta(days=121)
    rows = [(report, old) for report in mode_sandbox.state.reports]
    plan, _ = planned(mode_sandbox, Table(*columns, rows=rows), not_viewed_for="90d")
    assert plan.actions
    assert {action.evidence["as_of"][:10] for action in plan.actions} == {old.date().isoformat()}


def test_the_age_of_a_young_copy_is_said(mode_sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """Without alarm."""
    caplog.set_level("INFO")
    rows_of(mode_sandbox, ["report", "last_viewed_at"], [REPORT, MOMENT])
    [said] = [each for each in caplog.records if "newest use" in each.getMessage()]
    assert (said.levelname, said.getMessage()) == (
        "INFO",
        "The newest use in the query's rows is of 2026-03-02",
    )


@MANY
def test_a_bounded_scope_lists_its_collections_only(mode_sandbox: Sandbox) -> None:
    """Every candidate is confirmed by that list already."""
    state = mode_sandbox.state
    place = next(space for space in state.collections.values() if len(space.reports) > 30)
    plan, _ = planned(
        mode_sandbox, table_of(mode_sandbox), Scope(collections=[place.name]), not_viewed_for="60d"
    )
    whole, _ = planned(mode_sandbox, table_of(mode_sandbox), not_viewed_for="60d")
    assert stale(plan) == {token for token in stale(whole) if state.reports[token].collection == place.token}
    assert plan.counts["collections"] == 1


@MANY
def test_a_query_without_last_views_is_refused_where_the_policy_needs_them(mode_sandbox: Sandbox) -> None:
    """At the start, saying which column to add; other criteria do without."""
    table = table_of(mode_sandbox, "last_run_at")
    with pytest.raises(PolicyError, match=r"not_viewed_for: .*add the column"):
        planned(mode_sandbox, table, not_viewed_for="60d")
    assert stale(planned(mode_sandbox, table, not_run_for="60d")[0])


@MANY
def test_rest_is_asked_for_candidates_only(mode_sandbox: Sandbox) -> None:
    """No candidate, no request but for the key's scope and the collections."""
    rows = [(token, mode_sandbox.now) for token in mode_sandbox.state.reports]
    plan, requests = planned(mode_sandbox, Table("report", "last_viewed_at", rows=rows), not_viewed_for="60d")
    assert plan.counts["fresh"] == len(rows)
    assert requests == 2
