from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from airflow_provider_mode.client.errors import NotFound, PermissionDenied, ServerError, UnexpectedReply
from airflow_provider_mode.governance.errors import EmptyWorkspace, IncompleteInventory, SettingError
from airflow_provider_mode.governance.evidence.evidence import Evidence
from airflow_provider_mode.governance.evidence.inventory import RestSource
from airflow_provider_mode.governance.evidence.scope import Scope
from airflow_provider_mode.governance.ports import Progress
from airflow_provider_mode.sandbox.sandbox import Sandbox
from tests.governance.fake_client import NOW, FakeClient, collection_row, report_row
from tests.governance.sources import client_of


def workspace() -> FakeClient:
    """Two shared collections, a personal one and a deleted one, a report in each."""
    client = FakeClient()
    client.add("c1", report_row("r1"), name="Sales")
    client.add("c2", report_row("r2"), name="Ops")
    client.add("c3", report_row("r3"), name="Personal", space_type="private")
    return client.add("c4", report_row("r4"), name="Gone", state="soft_deleted")


def inventory(client: FakeClient, **scope: Any) -> tuple[list[Evidence], Counter[str]]:
    """All rows in scope, and the counts."""
    tally: Counter[str] = Counter()
    rows = list(RestSource(client).rows(Scope(datasets=False, **scope), as_of=NOW, tally=tally))
    return rows, tally


def names(client: FakeClient, **scope: Any) -> list[str]:
    """The reports in scope."""
    return sorted(row.report for row in inventory(client, **scope)[0])


def test_every_report_of_every_live_collection() -> None:
    """Personal collections are walked or counted, deleted ones neither."""
    client = workspace()
    rows, tally = inventory(client)
    assert [(row.report, row.collection_name, row.url) for row in rows] == [
        ("r1", "Sales", "https://app.mode.com/acme/reports/r1"),
        ("r2", "Ops", "https://app.mode.com/acme/reports/r2"),
        ("r3", "Personal", "https://app.mode.com/acme/reports/r3"),
    ]
    assert (tally["collections"], tally["personal_collections"]) == (3, 0)
    rows, tally = inventory(workspace(), personal=False)
    assert [row.report for row in rows] == ["r1", "r2"]
    assert (tally["collections"], tally["personal_collections"]) == (2, 1)
    assert client.asked == {"collections": 1, "reports": 3}


def test_collections_are_named_by_characters_name_or_glob() -> None:
    """A name that two collections bear means both."""
    client = workspace().add("c5", report_row("r5"), name="Sales").add("c6", report_row("r6"), name="[x]")
    assert names(client, collections=["c2"]) == ["r2"]
    assert names(client, collections=["Sales"]) == ["r1", "r5"]
    assert names(client, collections=["S*", "Op?"]) == ["r1", "r2", "r5"]
    assert names(client, collections=["[x]"]) == ["r6"]
    assert names(client, collections=[]) == []
    assert names(client, collections=["Personal"], personal=False) == []


@pytest.mark.parametrize("entry", ["Slaes", "sales", "Gone", "c9", ""])
def test_a_name_that_matches_nothing_is_an_error(entry: str) -> None:
    """A mistyped collection never widens or narrows the scope in silence."""
    with pytest.raises(
        SettingError, match=rf"^collections: no collection matches '{entry}'; the key sees 'Ops', 'Sales'"
    ):
        names(workspace(), collections=["Sales", entry])


def test_a_collection_that_a_policy_mentions_has_to_exist() -> None:
    """An exemption that matches nothing protects nobody; a deleted collection may still be mentioned."""
    assert names(workspace(), mentioned=["Sa*", "Gone"], personal=False) == ["r1", "r2"]
    with pytest.raises(SettingError, match=r"^exempt_collections: no collection matches 'Slaes'"):
        names(workspace(), mentioned=["Slaes"])


def test_the_error_names_only_so_many_collections() -> None:
    """In a large workspace the sentence stays a sentence."""
    client = FakeClient()
    for number in range(30):
        client.add(f"c{number:02}")
    with pytest.raises(SettingError, match=r"'Collection c19' and 10 more$"):
        names(client, collections=["x"])
    with pytest.raises(SettingError, match="the key sees no shared one"):
        names(FakeClient().add("c1", space_type="private"), collections=["x"])


def test_a_report_that_is_seen_twice_counts_once() -> None:
    """A report that moves from one collection to another while they are read is one report."""
    client = workspace()
    client.rows["c2"] = [report_row("r1"), report_row("r2")]
    assert [row.report for row in inventory(client, personal=False)[0]] == ["r1", "r2"]


def test_datasets_are_walked_beside_reports() -> None:
    """Datasets have a listing of their own."""
    client = workspace()
    client.datasets["c1"] = [report_row("d1", type="DatasetReport")]
    rows = list(RestSource(client).rows(Scope(), as_of=NOW, tally=Counter()))
    assert [row.report for row in rows if row.is_dataset] == ["d1"]
    assert client.asked["datasets"] == 3


FAILURES = [
    (PermissionDenied("no", method="GET", path="/api/acme/spaces/c2/reports", status=403), True),
    (NotFound("no", method="GET", path="/api/acme/spaces/c2/reports", status=404), True),
    (UnexpectedReply("HTML", method="GET", path="/api/acme/spaces/c2/reports", status=200), False),
    (ServerError("oops", method="GET", path="/api/acme/spaces/c2/reports", status=500), False),
]


@pytest.mark.parametrize(("error", "permanent"), FAILURES)
def test_what_could_not_be_read_is_named(error: Any, *, permanent: bool) -> None:
    """An inventory with a hole makes no plan, and says which collection and what Mode answered."""
    client = workspace()
    client.rows["c2"] = error
    with pytest.raises(IncompleteInventory, match=r"collection 'Ops' \(c2\): GET .* answered") as caught:
        inventory(client)
    assert caught.value.permanent is permanent
    rows, tally = inventory(client, skip_unreadable=True)
    assert [row.report for row in rows] == ["r1", "r3"]
    assert (tally["collections"], tally["unreadable_collections"]) == (3, 1)


def test_a_collection_that_is_gone_meanwhile_is_no_hole() -> None:
    """404 is believed where a new list of collections no longer holds it, or as deleted."""
    for later in ([collection_row("c1")], [collection_row("c1"), collection_row("c2", state="soft_deleted")]):
        client = workspace()
        client.rows["c2"] = NotFound("gone")
        client.later = later
        rows, tally = inventory(client, personal=False)
        assert [row.report for row in rows] == ["r1"]
        assert (tally["collections"], tally["unreadable_collections"]) == (1, 0)
        assert client.asked["collections"] == 2


def test_a_collection_that_may_not_be_read_is_a_hole_even_if_it_is_gone() -> None:
    """403 is no proof that nothing is there; where nobody lists it any more, another try may do."""
    client = workspace()
    client.rows["c2"] = PermissionDenied("no")
    with pytest.raises(IncompleteInventory, match="Give the key access") as lasting:
        inventory(client)
    assert lasting.value.permanent
    client = workspace()
    client.rows["c2"] = PermissionDenied("no")
    client.later = [collection_row("c1")]
    with pytest.raises(IncompleteInventory, match=r"'Ops'.*Another try") as passing:
        inventory(client)
    assert not passing.value.permanent


def test_many_holes_are_counted() -> None:
    """The sentence names ten and counts the rest; all are in the error."""
    client = FakeClient()
    for number in range(12):
        client.add(f"c{number:02}")
        client.rows[f"c{number:02}"] = PermissionDenied("no")
    client.datasets["c00"] = ServerError("twice")
    with pytest.raises(IncompleteInventory, match=r"and 2 more\. Give the key access") as caught:
        list(RestSource(client).rows(Scope(), as_of=NOW, tally=Counter()))
    assert len(caught.value.unreadable) == 12


def test_a_key_that_sees_nothing_is_one_clear_sentence() -> None:
    """No collection at all is a key that cannot see, and no clean workspace; one without reports is fine."""
    with pytest.raises(EmptyWorkspace, match="the key sees no collection in workspace 'acme'"):
        inventory(FakeClient())
    assert inventory(FakeClient().add("c1"))[0] == []


class Memory:
    """A history that saw every report viewed just now."""

    def seen(self, evidence: Evidence) -> Evidence:
        """The row, viewed."""
        return evidence.but(last_viewed_at=NOW)


def test_a_history_tells_when_a_report_was_viewed() -> None:
    """Without one the source says what it can never tell, and what to add."""
    client = workspace()
    with_history = RestSource(client, history=Memory())
    assert with_history.never == {}
    assert [row.last_viewed_at for row in with_history.rows(Scope(), as_of=NOW, tally=Counter())] == [NOW] * 3
    assert "history=" in RestSource(client).never["last_viewed_at"]


@pytest.mark.mode_sandbox(reports=0, frozen=True)
def test_progress_is_told_with_each_page(mode_sandbox: Sandbox) -> None:
    """A long list is not read in silence, nor are many short ones."""
    place = mode_sandbox.add_collection("Long")
    for number in range(70):
        mode_sandbox.add_report(name=f"Report {number}", collection=place.token)
    seen: list[Progress] = []
    source = RestSource(client_of(mode_sandbox), watch=seen.append)
    scope = Scope(collections=[place.token], datasets=False)
    assert len(list(source.rows(scope, as_of=NOW, tally=Counter()))) == 70
    assert {progress.stage for progress in seen} == {"reports' lists read to their end"}
    assert {progress.total for progress in seen} == {1}
    assert [progress.done for progress in seen][:2] == [0, 0]
    assert seen[-1].done == 1
