"""What can have become of a report, and records made accordingly."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from airflow_provider_mode.sandbox import firing
from airflow_provider_mode.sandbox.clock import to_milliseconds
from airflow_provider_mode.sandbox.cron import ZONES, Cron
from airflow_provider_mode.sandbox.model import Chart, Collection, Query, Report, Schedule, Subscription
from airflow_provider_mode.sandbox.workspace import Workspace

Days = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One kind of fate. Ages are ranges of days; `viewed` (0, 0) means never, `ran` (0, 0) never by hand."""

    name: str
    share: float = 0.0
    created: Days = (260, 1500)
    edited: Days = (200, 900)
    ran: Days = (0, 0)
    viewed: Days = (0, 0)
    views: tuple[int, int] = (0, 5)
    frequencies: tuple[str, ...] = ()
    fired: bool = True
    subscribed: bool = False
    public: bool = False
    keep: bool = False


MIXED = (
    "daily",
    "daily",
    "daily",
    "weekly",
    "weekly",
    "monthly",
    "hourly",
    "every_15_minutes",
    "every_30_minutes",
)
# Stale by REST (old, not run, not edited, few views) come to a tenth: the first five lines.
PROFILES = (
    Profile(name="stale", share=0.050, ran=(190, 800), viewed=(190, 900)),
    Profile(name="stale_never_run", share=0.020),
    Profile(name="stale_once_seen", share=0.010, ran=(190, 800), viewed=(2, 40), views=(1, 5)),
    Profile(name="stale_new_schedule", share=0.014, ran=(190, 800), viewed=(190, 900),
            frequencies=("monthly",), fired=False),
    Profile(name="stale_odd_schedule", share=0.006, frequencies=("weekly", "monthly"), fired=False),
    Profile(name="nightly_unseen", share=0.050, ran=(190, 800), viewed=(200, 900), frequencies=("daily",)),
    Profile(name="nightly_mailed", share=0.015, ran=(190, 800), viewed=(200, 900), frequencies=("daily",),
            subscribed=True),
    Profile(name="guarded_keep", share=0.010, ran=(190, 800), keep=True),
    Profile(name="guarded_public", share=0.010, ran=(190, 800), viewed=(190, 900), public=True),
    Profile(name="guarded_mailed", share=0.008, ran=(190, 800), frequencies=("weekly",), fired=False,
            subscribed=True),
    Profile(name="near_views", share=0.020, ran=(190, 800),
            viewed=(185, 900), views=(6, 60)),
    Profile(name="near_edited", share=0.015, edited=(20, 170), ran=(190, 800),
            viewed=(185, 900), views=(0, 5)),
    Profile(name="near_run", share=0.015, ran=(5, 170),
            viewed=(185, 900), views=(0, 5)),
    Profile(name="faded", share=0.050, ran=(190, 800),
            viewed=(185, 700), views=(80, 3000)),
    Profile(name="young", share=0.040, created=(0.2, 28), edited=(0.1, 0.2), viewed=(0.01, 0.1),
            views=(0, 3)),
)  # fmt: skip
LIVE = Profile(
    name="live", created=(200, 1500), edited=(1, 400), ran=(0.05, 60), viewed=(0.02, 45), views=(8, 4000)
)
LIVE_SCHEDULED = Profile(
    name="live_scheduled",
    created=(200, 1500),
    edited=(1, 400),
    ran=(0.05, 150),
    viewed=(0.02, 30),
    views=(20, 9000),
    frequencies=MIXED,
)
LIVE_MAILED = Profile(
    name="live_mailed", created=(200, 1500), edited=(1, 700), ran=(1, 300), viewed=(0.02, 60), views=(6, 900),
    frequencies=MIXED,
    subscribed=True,
)  # fmt: skip
LIVES = (LIVE, LIVE, LIVE, LIVE_SCHEDULED, LIVE_SCHEDULED, LIVE_MAILED)
OLD_PUBLIC = Profile(
    name="live_public",
    created=(200, 1500),
    edited=(1, 400),
    ran=(1, 50),
    viewed=(0.1, 20),
    views=(20, 4000),
    public=True,
)
STALE_SHARE = 0.1
ARCHIVED_SHARE = 0.12
QUIET = timedelta(hours=12)  # a schedule that never fired does not do so in the middle of a demo

SUBJECTS = (
    "revenue",
    "orders",
    "churn",
    "signups",
    "tickets",
    "spend",
    "margin",
    "sessions",
    "refunds",
    "leads",
)
SHAPES = ("Weekly {} by region", "{} overview", "{} deep dive", "Daily {}", "{} vs. plan", "{} cohort",
          "Copy of {}",
          "{} (old)", "{} funnel", "{} - monthly review")  # fmt: skip
KINDS = ("line", "bar", "table", "bigNumber", "pie")


def lay_out(ws: Workspace, homes: Sequence[Collection]) -> Iterator[tuple[Collection, Profile, bool]]:
    """Which report gets which fate: exact shares among the live reports of shared collections."""
    order = list(homes)
    ws.rng.shuffle(order)
    shared = [home for home in order if not home.personal]
    gone = round(len(shared) * ARCHIVED_SHARE)
    live = len(shared) - gone
    fates = [profile for profile in PROFILES for _ in range(math.floor(live * profile.share))]
    fates += [PROFILES[0]] * (round(live * STALE_SHARE) - sum(one.name.startswith("stale") for one in fates))
    fates += ws.rng.choices((*LIVES, OLD_PUBLIC), k=live - len(fates))
    for home, fate in zip(shared, [*fates, *ws.rng.choices(PROFILES + LIVES, k=gone)], strict=True):
        gone_now = live <= 0
        live -= 1
        yield home, fate, gone_now
    for home in order:
        if home.personal:
            yield home, ws.rng.choice(PROFILES + LIVES), ws.rng.random() < ARCHIVED_SHARE


class Maker:
    """Makes reports and datasets for a workspace."""

    def __init__(self, ws: Workspace) -> None:
        self.ws, self.rng, self.now = ws, ws.rng, ws.now
        self.people = [member.username for member in ws.members.values() if not member.admin]
        self.sources = list(ws.data_sources)
        self.zones = list(ZONES)

    def _ago(self, days: Days, after: datetime) -> datetime:
        """A moment so many days ago, but after another."""
        when = self.now - timedelta(days=self.rng.uniform(*days))
        return to_milliseconds(max(when, after + timedelta(minutes=self.rng.uniform(1, 60))))

    def dataset(self, collection: Collection, *, stale: bool) -> Report:
        """A dataset."""
        made = self.report(collection, PROFILES[0] if stale else LIVE, archived=False, datasets=())
        made.type, made.name = "DatasetReport", (made.name or "Orders") + " dataset"
        return made

    def report(
        self, collection: Collection, profile: Profile, *, archived: bool, datasets: Sequence[str]
    ) -> Report:
        """A report with this fate, not yet in the workspace."""
        ws, rng = self.ws, self.rng
        created = to_milliseconds(self.now - timedelta(days=rng.uniform(*profile.created)))
        edited = self._ago(profile.edited, created)
        creator = (
            collection.creator if collection.personal and collection.creator else rng.choice(self.people)
        )
        subject = rng.choice(SUBJECTS)
        report = Report(ws.new_token(), ws.new_id(), None, collection.token, creator, created, edited)
        report.profile, report.archived, report.public = profile.name, archived, profile.public
        if rng.random() > 0.03:  # noqa: PLR2004 - so many stay untitled
            report.name = rng.choice(SHAPES).format(subject)
        report.description = rng.choice((None, "", f"All about {subject}"))
        if profile.keep:
            report.description = f"Needed for the audit of {subject} #keep"
        report.edited_at = edited
        report.last_saved_at = rng.choice((edited, edited, edited, None))
        report.expected_runtime = round(rng.uniform(0.4, 240), 2)
        if datasets and rng.random() < 0.2:  # noqa: PLR2004 - so many import a dataset
            report.imports = tuple(rng.sample(datasets, min(len(datasets), rng.choice((1, 1, 2)))))
        self._views(report, profile)
        self._queries(report, subject)
        self._schedules(report, profile)
        self._runs(report, profile)
        return report

    def _views(self, report: Report, profile: Profile) -> None:
        views = self.rng.randint(*profile.views)
        report.view_count = views or self.rng.choice((0, 0, 0, None))
        if views and profile.viewed != (0, 0):
            report.last_viewed_at = self._ago(profile.viewed, report.created_at)
        elif views:
            report.last_viewed_at = report.created_at + timedelta(days=1)

    def _queries(self, report: Report, subject: str) -> None:
        ws, rng = self.ws, self.rng
        for number in range(1, rng.choice((1, 1, 2, 2, 3, 4)) + 1):
            sql = f"select day, count(*) as {subject} from analytics.{subject} group by day -- {number}"  # noqa: S608 - shown, never run
            query = Query(
                ws.new_token(), ws.new_id(), f"Query {number}", sql, rng.choice(self.sources),
                report.created_at, report.creator,
            )  # fmt: skip
            for _ in range(rng.choice((0, 1, 1, 2))):
                kind = rng.choice(KINDS)
                query.charts.append(
                    Chart(ws.new_token(), ws.new_id(), f"{subject.title()} {kind}", kind, report.created_at)
                )
            report.queries.append(query)

    def _schedules(self, report: Report, profile: Profile) -> None:
        rng = self.rng
        if not profile.frequencies:
            return
        for number in range(rng.choice((1, 1, 1, 2)) if profile.fired else 1):
            cron = self._cron(profile)
            while not profile.fired and cron.next(self.now) - self.now < QUIET:
                cron = self._cron(profile)
            self._schedule(report, profile, cron, number)

    def _cron(self, profile: Profile) -> Cron:
        rng = self.rng
        frequency = rng.choice(profile.frequencies)
        return Cron(
            frequency=frequency,
            hour=rng.randrange(24),
            minute=rng.randrange(0, 60, 5) if frequency != "hourly" else rng.choice((0, 0, 15, 45)),
            weekdays=rng.choice(((1,), (1,), (1, 4), (1, 2, 3, 4, 5), (0,), (6,))),
            day_of_month=rng.choice((1, 1, 15, 28, 31)),
            time_zone=rng.choice(self.zones),
        )

    def _schedule(self, report: Report, profile: Profile, cron: Cron, number: int) -> None:
        ws, rng = self.ws, self.rng
        earliest = report.created_at if profile.fired else cron.last(self.now)
        created = to_milliseconds(earliest + (self.now - earliest) * rng.uniform(0, 0.3))
        name = rng.choice((None, f"{cron.frequency.replace('_', ' ').capitalize()} {number + 1}"))
        schedule = Schedule(ws.new_token(), report.token, name, cron, created, created, report.creator)
        schedule.parameters = rng.choice(({}, {}, {"region": "eu"}, {"region": "us", "days": "30"}))
        schedule.timeout = rng.choice((3600, 3600, 7200))
        report.schedules[schedule.token] = schedule
        if profile.fired and (times := cron.count(created, self.now)):
            schedule.last_run_at = cron.last(self.now)
            schedule.spans.append((cron.next(created), schedule.last_run_at))
            report.runs_count += times
        if profile.subscribed:
            has_csv = rng.random() < 0.5  # noqa: PLR2004 - half of them
            flags = {"data_previews_enabled": True, "csv_attachments_enabled": has_csv}
            subscription = Subscription(ws.new_token(), schedule.token, flags)
            for username in rng.sample(self.people, rng.choice((1, 2, 3))):
                subscription.emails[ws.new_token()] = f"{username}@example.com"
            if rng.random() < 0.3:  # noqa: PLR2004 - so many also post to a channel
                subscription.channels[ws.new_token()] = "#reports"
            report.subscriptions[subscription.token] = subscription

    def _runs(self, report: Report, profile: Profile) -> None:
        ws, rng = self.ws, self.rng
        if profile.ran != (0, 0):
            when = self._ago(profile.ran, report.created_at)
            for back in range(rng.choice((1, 1, 2, 3))):
                started = to_milliseconds(max(when - timedelta(days=back * 3), report.created_at))
                report.runs.append(firing.make_run(ws, report, started, report.creator, ws.new_token()))
            report.runs_count += len(report.runs)
        latest = list(report.runs)
        for schedule in report.schedules.values():
            latest.extend(run for run, _ in zip(firing.fired_runs(ws, report, schedule), "1", strict=False))
        for run in sorted(latest, key=lambda one: one.created_at):
            report.last_run = report.last_success = run
            report.updated_at = max(report.updated_at, (run.ends or run.created_at) + firing.BUMP)
