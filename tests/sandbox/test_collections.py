from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox

many = pytest.mark.mode_sandbox(reports=70, collections=40)


def _pages(api: Any, path: str) -> list[list[str]]:
    found: list[list[str]] = []
    for page in range(1, 7):
        rows = [row["token"] for row in api.get(f"{path}?page={page}").rows("reports")]
        if not rows:
            return found
        found.append(rows)
    return found


@many
def test_the_list_of_collections_has_counters(api: Any, mode_sandbox: Sandbox) -> None:
    """30 a page at most, whatever is asked; spaces and collections are the same."""
    first = api.get("collections?filter=all&per_page=100").json
    assert first["pagination"] == {
        "page": 1,
        "per_page": 30,
        "count": 30,
        "total_pages": 2,
        "total_count": 40,
    }
    second = api.get(first["_links"]["next_page"]["href"] + "&filter=all").json
    assert second["pagination"]["count"] == 10
    assert "prev_page" in second["_links"]
    assert api.get("spaces?filter=all&page=9").rows("spaces") == []
    assert api.get("spaces?filter=all&per_page=7&page=x").json["pagination"]["per_page"] == 7
    mode_sandbox.switch(past_end="repeat")
    assert len(api.get("spaces?filter=all&page=9").rows("spaces")) == 10
    mode_sandbox.switch(collection_counters="absent")
    assert "pagination" not in api.get("spaces?filter=all").json


@many
def test_filters_of_collections(api: Any, mode_sandbox: Sandbox) -> None:
    """All, shared only, one's own; none hides foreign personal ones; an unknown one filters nothing."""

    def count(query: str) -> int:
        total: int = api.get(f"spaces{query}").json["pagination"]["total_count"]
        return total

    personal = sum(one.personal for one in mode_sandbox.state.collections.values())
    assert personal > 0
    assert count("?filter=all") == count("?filter=All") == 40
    assert count("?filter=custom") == count("") == 40 - personal
    mode_sandbox.add_collection("Mine", creator=mode_sandbox.state.admin.username)
    assert count("?filter=mine") == 1


def test_collections_are_made_changed_and_deleted(api: Any, mode_sandbox: Sandbox) -> None:
    """POST, PATCH and DELETE; a deleted one leaves the list and answers as the switch says."""
    made = api("POST", "spaces", {"space": {"name": "New", "description": "d", "space_type": "custom"}}).json
    path = f"spaces/{made['token']}"
    changed = api("PATCH", path, {"space": {"name": "Newer", "default_access_level": "restricted"}}).json
    assert (changed["name"], changed["restricted"]) == ("Newer", True)
    listed = api.get("spaces?filter=all").rows("spaces")
    assert next(row for row in listed if row["token"] == made["token"])["restricted"] is False
    assert api("DELETE", path).status == 200
    assert made["token"] not in [row["token"] for row in api.get("spaces?filter=all").rows("spaces")]
    assert api.get(f"{path}/reports").status == 403
    assert [api.get(path).status, *_deleted(api, mode_sandbox, path)] == [403, 404, 200]


def _deleted(api: Any, mode_sandbox: Sandbox, path: str) -> list[int]:
    seen = []
    for how in ("404", "200"):
        mode_sandbox.switch(deleted_collection=how)
        answer = api.get(path)
        seen.append(answer.status)
    assert answer.json["state"] == "soft_deleted"
    return seen


def test_what_collections_refuse(api: Any, mode_sandbox: Sandbox) -> None:
    """Bodies that are not wrapped, nameless or of no type; others' and personal ones; unknown ones."""
    assert api("POST", "spaces", {"name": "x"}).json["id"] == "param_missing"
    assert api("POST", "spaces", {"space": {"description": "x"}}).json["id"] == "param_missing"
    assert api("POST", "spaces", {"space": {"name": "x", "space_type": "odd"}}).status == 400
    odd = {"space": {"name": "x", "default_access_level": "odd"}}
    assert api("POST", "spaces", odd).json["message"] == "default_access_level is not included in the list"
    assert api("POST", "spaces", b"[1").json["message"] == "the body is not a JSON object"
    assert api("POST", "spaces", b"[1]").status == 400
    assert api.get("spaces/nope").json["message"] == "space not found"
    shared = next(one for one in mode_sandbox.state.collections.values() if not one.personal)
    shared.creator = None
    assert "creator" not in api.get(f"spaces/{shared.token}").json["_links"]
    assert api("DELETE", f"spaces/{shared.token}", auth=api.member).status == 403
    home = mode_sandbox.state.home(mode_sandbox.state.admin.username)
    assert mode_sandbox.state.home(mode_sandbox.state.admin.username) is home
    assert api("DELETE", f"spaces/{home.token}").status == 403


@pytest.fixture
def large(mode_sandbox: Sandbox) -> str:
    """A collection of 65 reports, one archived, and a dataset."""
    made = mode_sandbox.add_collection("Large")
    for number in range(65):
        mode_sandbox.add_report(collection=made.token, name=f"R{number}", archived=number == 3)
    mode_sandbox.add_report(collection=made.token, type="DatasetReport")
    return made.token


def test_reports_come_in_bare_pages(api: Any, large: str) -> None:
    """30 a page without counters or links, archived ones included, whatever is asked for."""
    answer = api.get(f"spaces/{large}/reports?per_page=5&filter=all&order=desc").json
    assert set(answer) == {"_links", "_embedded"}
    assert set(answer["_links"]) == {"self"}
    assert len(answer["_embedded"]["reports"]) == 30
    pages = _pages(api, f"spaces/{large}/reports")
    assert [len(page) for page in pages] == [30, 30, 5]
    assert len({token for page in pages for token in page}) == 65
    assert sum(row["archived"] for row in api.get(f"spaces/{large}/reports").rows("reports")) == 1


def test_page_behaviours(api: Any, mode_sandbox: Sandbox, large: str) -> None:
    """The last page again past the end, or the first page always."""
    path = f"spaces/{large}/reports"
    mode_sandbox.switch(past_end="repeat")
    pages = _pages(api, path)
    assert pages[2] == pages[3] == pages[5]
    mode_sandbox.switch(page_param="ignored")
    pages = _pages(api, path)
    assert pages[0] == pages[1]


@pytest.mark.parametrize(("how", "walks"), [("once", [True, False]), ("always", [True, True])])
def test_rows_that_move_while_a_list_is_walked(
    api: Any, mode_sandbox: Sandbox, large: str, how: str, walks: list[bool]
) -> None:
    """One row repeats at the seam and one is missed."""
    mode_sandbox.switch(rows_shift=how)
    for shifted in walks:
        pages = _pages(api, f"spaces/{large}/reports")
        assert (pages[0][-1] == pages[1][0]) is shifted
        assert (len({token for page in pages for token in page}) == 64) is shifted


def test_datasets_have_a_list_of_their_own(api: Any, mode_sandbox: Sandbox, large: str) -> None:
    """Without archived ones; a switch lets them stand among the reports too."""
    datasets = api.get(f"spaces/{large}/datasets").rows("reports")
    assert [row["type"] for row in datasets] == ["DatasetReport"]
    mode_sandbox.switch(datasets_in_reports="present")
    assert len([token for page in _pages(api, f"spaces/{large}/reports") for token in page]) == 66
    mode_sandbox.archive(datasets[0]["token"])
    assert api.get(f"spaces/{large}/datasets").rows("reports") == []


@pytest.mark.parametrize(("how", "status"), [("403", 403), ("404", 404), ("500", 500), ("html", 200)])
def test_unreadable_collections(api: Any, mode_sandbox: Sandbox, large: str, how: str, status: int) -> None:
    """One collection's lists fail while the others work."""
    mode_sandbox.switch(unreadable=f"other:403,{large}:{how}")
    answer = api.get(f"spaces/{large}/reports")
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html" if how == "html" else "application/hal+json")
    other = next(iter(mode_sandbox.state.collections))
    assert api.get(f"spaces/{other}/reports").status == 200


def test_memberships_and_permissions(api: Any, mode_sandbox: Sandbox, large: str) -> None:
    """Of a collection, made, changed and taken away; personal ones have none."""
    path = f"spaces/{large}/permissions"
    given = {"action": "view", "accessor_type": "Account", "accessor_token": "abc"}
    made = api("POST", path, {"permission": given}).json
    assert (
        api("PATCH", f"{path}/{made['token']}", {"permission": {"action": "edit"}}).json["action"] == "edit"
    )
    assert api.get(f"{path}/{made['token']}").json["accessor_token"] == "abc"
    assert len(api.get(path).rows("space_entitlements")) == 1
    assert api("POST", path, {"permission": {"action": "view"}}).json["id"] == "param_missing"
    assert api("DELETE", f"{path}/{made['token']}").status == 200
    assert api.get(f"{path}/{made['token']}").status == 404
    path = f"spaces/{large}/memberships"
    made = api("POST", path, {"membership": {"member_type": "User", "member_token": "abc"}}).json
    assert api.get(f"{path}/{made['token']}").json == made
    assert len(api.get(path).rows("space_memberships")) == 1
    assert api("DELETE", f"{path}/{made['token']}").status == 200
    assert api.get(f"{path}/{made['token']}").status == 404
    home = mode_sandbox.state.home(mode_sandbox.state.admin.username)
    assert api.get(f"spaces/{home.token}/memberships").json["message"] == "Invalid space"
