from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox
from airflow_provider_mode.sandbox.model import Report

WEEKLY = {"freq": "weekly", "hour": 20, "minute": 0, "day_of_week": [1, 2], "time_zone": "Berlin"}


@pytest.fixture
def report(mode_sandbox: Sandbox) -> Report:
    """A report without schedules."""
    return mode_sandbox.add_report(name="Orders")


def _post(api: Any, report: Report, **values: Any) -> Any:
    return api("POST", f"reports/{report.token}/schedules", {"report_schedule": values})


def test_a_schedule_as_mode_shows_it(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Written in numbers, read back in prose, with numbers beside it and in the form."""
    made = _post(api, report, name="W", cron=WEEKLY, params={"region": "eu"}, timeout=60).json
    assert (made["frequency"], made["hour"], made["day_of_week"]) == ("weekly", "8:00 pm", "Monday,Tuesday")
    assert (made["cron_hour"], made["cron_minute"], made["time_zone"]) == (20, 0, "Berlin")
    assert (made["parameters"], made["timeout"], made["subscriber_count"]) == ({"region": "eu"}, 60, 0)
    form = made["_forms"]["edit"]["input"]["report_schedule"]["cron"]
    assert (form["hour"]["value"], form["day_of_week"]["value"]) == (20, [1, 2])
    assert ["Sunday", 0] in form["day_of_week"]["options"]
    path = made["_links"]["self"]["href"]
    assert api.get(path).json == made
    assert api.get(f"reports/{report.token}/schedules").rows("report_schedules") == [made]
    mode_sandbox.switch(cron_numbers=False, schedule_forms=False, schedule_runs=False)
    assert not {"cron_hour", "_forms", "last_run_at"} & set(api.get(path).json)
    assert api.get(f"reports/{report.token}/schedules/nope").json["message"] == "report schedule not found"


def test_monthly_and_hourly(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Each shows only what it has."""
    monthly = _post(api, report, cron={"freq": "monthly", "day_of_month": "31", "hour": "7"}).json
    assert (monthly["day_of_month"], monthly["hour"]) == ("31", "7:00 am")
    assert "day_of_week" not in monthly
    hourly = _post(api, report, cron={"freq": "hourly", "minute": 45}).json
    assert (hourly["hour"], hourly["minute"]) == (None, "45 minutes past the hour")
    next(iter(report.schedules.values())).failing = True
    assert api.get(monthly["_links"]["self"]["href"]).json["retry_state"] == "failed"
    mode_sandbox.switch(day_of_week="monday1")
    options = api.get(hourly["_links"]["self"]["href"]).json["_forms"]["edit"]["input"]["report_schedule"][
        "cron"
    ]
    assert ["Sunday", 7] in options["day_of_week"]["options"]


@pytest.mark.parametrize(("base", "number"), [("sunday0", 0), ("sunday1", 1), ("monday1", 7)])
def test_days_are_numbered_as_the_switch_says(
    api: Any, mode_sandbox: Sandbox, report: Report, base: str, number: int
) -> None:
    """The same Sunday by three numbers."""
    mode_sandbox.switch(day_of_week=base)
    assert _post(api, report, cron={"freq": "weekly", "day_of_week": number}).json["day_of_week"] == "Sunday"
    wrong = 7 if base == "sunday0" else 0
    assert _post(api, report, cron={"freq": "weekly", "day_of_week": wrong}).status == 400


@pytest.mark.parametrize(
    "cron",
    [{"freq": "yearly"}, {"freq": "daily", "hour": 24}, {"freq": "daily", "minute": True},
     {"freq": "daily", "hour": "x"}, {"freq": "daily", "time_zone": "Nowhere"},
     {"freq": "monthly", "day_of_month": 0}, {}, None],
)  # fmt: skip
def test_senseless_crons_are_refused(api: Any, report: Report, cron: Any) -> None:
    """400, and no schedule is made."""
    assert _post(api, report, cron=cron).status == 400
    assert _post(api, report, cron=WEEKLY, params=[1]).json["message"] == "params is invalid"
    assert not report.schedules


def test_bodies_wrapped_and_flat(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Which shape is taken is a switch."""
    path, flat, wrapped = (
        f"reports/{report.token}/schedules",
        {"cron": WEEKLY},
        {"report_schedule": {"cron": WEEKLY}},
    )
    for how, expected in (("wrapped", (400, 200)), ("either", (200, 200)), ("flat", (200, 400))):
        mode_sandbox.switch(schedule_body=how)
        assert (api("POST", path, flat).status, api("POST", path, wrapped).status) == expected


def test_patch_and_delete(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """A partial change keeps the rest; deleting takes the subscriptions along; twice is 404."""
    schedule = mode_sandbox.add_schedule(
        report, cron=WEEKLY, subscribers=["one@example.com", "two@example.com"]
    )
    path = f"reports/{report.token}/schedules/{schedule.token}"
    changed = api("PATCH", path, {"report_schedule": {"name": "Renamed"}}).json
    assert (changed["name"], changed["day_of_week"], changed["subscriber_count"]) == (
        "Renamed",
        "Monday,Tuesday",
        2,
    )
    assert api("PATCH", path, {"report_schedule": {"cron": {"hour": 5}}}).json["cron_hour"] == 5
    mode_sandbox.switch(delete_schedule_status="204")
    assert api("DELETE", path).status == 204
    assert api("DELETE", path).status == 404
    assert not report.subscriptions


@pytest.mark.parametrize(
    ("how", "sizes"), [("30", [30, 5, 0]), ("whole", [35, 35, 35]), ("per_page", [30, 5, 0])]
)
def test_pages_of_schedules(
    api: Any, mode_sandbox: Sandbox, report: Report, how: str, sizes: list[int]
) -> None:
    """30 a page, or all at once, or as asked."""
    for _ in range(35):
        mode_sandbox.add_schedule(report, cron=WEEKLY)
    mode_sandbox.switch(schedule_pages=how)
    path = f"reports/{report.token}/schedules"
    assert [len(api.get(f"{path}?page={page}").rows("report_schedules")) for page in (1, 2, 3)] == sizes
    small = len(api.get(f"{path}?per_page=2").rows("report_schedules"))
    assert small == (2 if how == "per_page" else sizes[0])


def test_schedules_of_datasets(api: Any, mode_sandbox: Sandbox) -> None:
    """They have a list; each is reached by the report's route."""
    dataset = mode_sandbox.add_report(type="DatasetReport")
    mode_sandbox.add_schedule(dataset, cron=WEEKLY)
    row = api.get(f"datasets/{dataset.token}/schedules").rows("report_schedules")[0]
    assert row["report_type"] == "DatasetReport"
    assert api("DELETE", f"reports/{row['report_token']}/schedules/{row['token']}").status == 200


def test_runs_of_a_schedule(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Only its own."""
    schedule = mode_sandbox.add_schedule(report, cron=WEEKLY)
    mode_sandbox.advance("7d")
    mode_sandbox.run(report)
    path = f"reports/{report.token}/schedules/{schedule.token}/runs?embed[report_runs][executed_by]=1"
    assert len(api.get(path).rows("report_runs")) == 2


def test_subscriptions(api: Any, mode_sandbox: Sandbox, report: Report) -> None:
    """Of a report and of a schedule; their token stands in the link; both shapes are taken."""
    schedule = mode_sandbox.add_schedule(report, cron=WEEKLY)
    path = f"reports/{report.token}/subscriptions"
    wrapped = {
        "report_subscription": {"pdf_attachments_enabled": True, "report_schedule_token": schedule.token}
    }
    made = api("POST", path, wrapped).json
    assert made["pdf_attachments_enabled"] is True
    assert "token" not in made
    assert made["_links"]["report_schedule"]["href"].endswith(schedule.token)
    loose = api("POST", path, {"report_links": True}).json
    assert "report_schedule" not in loose["_links"]
    assert len(api.get(path).rows("report_subscriptions")) == 2
    of = api.get(f"reports/{report.token}/schedules/{schedule.token}/subscriptions").rows(
        "report_subscriptions"
    )
    assert of == [made]
    own = made["_links"]["self"]["href"]
    assert api("PATCH", own, {"csv_attachments": True}).json["csv_attachments_enabled"] is True
    assert api.get(own).json["csv_attachments_enabled"] is True
    assert api("DELETE", own).status == 200
    assert api.get(own).status == 404
    assert api("POST", path, {"report_schedule_token": "nope"}).status == 404


@pytest.mark.parametrize(("kind", "field"), [("email", "email"), ("slack", "channel")])
def test_subscription_members(api: Any, mode_sandbox: Sandbox, report: Report, kind: str, field: str) -> None:
    """Addresses and channels come and go, and count as subscribers."""
    schedule = mode_sandbox.add_schedule(report, cron=WEEKLY, subscribers=["one@example.com"])
    subscription = next(iter(report.subscriptions.values()))
    path = f"reports/{report.token}/subscriptions/{subscription.token}/{kind}_memberships"
    made = api("POST", path, {"membership": {field: "x@example.com"}}).json
    assert made in api.get(path).rows(f"{kind}_subscription_memberships")
    assert report.subscribers(schedule.token) == 2
    assert api("POST", path, {}).json["id"] == "param_missing"
    assert api("DELETE", made["_links"]["self"]["href"]).status == 200
    assert api("DELETE", made["_links"]["self"]["href"]).status == 404
