"""mode-sdk on schedules and subscriptions: it sees and does what the sandbox's state says."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_mode.sandbox import Sandbox


def test_the_life_of_a_schedule(sdk: Any, mode_sandbox: Sandbox) -> None:
    """Made, read, changed and deleted, numbers and prose alike; it takes its subscriptions with it."""
    report = next(one for one in mode_sandbox.state.reports.values() if not one.schedules)
    cron = {"freq": "weekly", "hour": 20, "minute": 45, "time_zone": "UTC", "day_of_week": [1, 2]}
    made = sdk.report_schedules.create(
        report.token, name="Evenings", cron=cron, params={"a": "b"}, timeout=600
    )
    record = report.schedules[made.token]
    assert (record.name, record.cron.hour, record.cron.minute, record.timeout) == ("Evenings", 20, 45, 600)
    assert (made.cron_hour, made.cron_minute, made.hour, made.day_of_week) == (
        20, 45, "8:45 pm", "Monday,Tuesday",
    )  # fmt: skip
    assert made.parameters == {"a": "b"}
    changed = sdk.report_schedules.update(report.token, made, cron={"hour": 6}, name="Mornings")
    assert (changed.name, changed.cron_hour, record.cron.hour) == ("Mornings", 6, 6)
    assert sdk.report_schedules.get(report.token, made).frequency == "weekly"
    assert sdk.reports.get(report.token).schedules_count == 1
    sent = sdk.report_subscriptions.create(
        report.token, csv_attachments_enabled=True, extra_body={"report_schedule_token": made.token}
    )
    token = sent.link("self").rpartition("/")[2]
    assert list(report.subscriptions) == [token]
    assert sdk.report_subscriptions.get(report.token, token).csv_attachments_enabled is True
    assert sdk.report_subscriptions.update(
        report.token, token, pdf_attachments_enabled=True
    ).pdf_attachments_enabled
    assert len(sdk.report_subscriptions.list(report.token, schedule=made).list()) == 1
    assert len(sdk.report_subscriptions.list(report.token).list()) == 1
    sdk.report_schedules.delete(report.token, made)
    assert not report.schedules
    assert not report.subscriptions
    errors = pytest.importorskip("mode_sdk.errors")
    with pytest.raises(errors.NotFoundError):
        sdk.report_schedules.get(report.token, made)
    with pytest.raises(errors.NotFoundError):
        sdk.report_subscriptions.delete(report.token, token)


def test_subscriptions_end_by_themselves_too(sdk: Any, mode_sandbox: Sandbox) -> None:
    """One of many is deleted, the schedule stays."""
    report = next(one for one in mode_sandbox.state.reports.values() if one.subscriptions)
    token, schedules = next(iter(report.subscriptions)), set(report.schedules)
    sdk.report_subscriptions.delete(report.token, token)
    assert token not in report.subscriptions
    assert set(report.schedules) == schedules


@pytest.mark.parametrize("pages", ["30", "whole", "per_page"])
def test_more_schedules_than_a_page(sdk: Any, mode_sandbox: Sandbox, pages: str) -> None:
    """However the list is cut, every schedule is found once."""
    mode_sandbox.switch(schedule_pages=pages)
    report = next(one for one in mode_sandbox.state.reports.values() if not one.schedules)
    for hour in range(35):
        mode_sandbox.add_schedule(report, cron={"freq": "daily", "hour": hour % 24})
    found = [one.token for one in sdk.report_schedules.list(report.token)]
    assert found == list(report.schedules)
