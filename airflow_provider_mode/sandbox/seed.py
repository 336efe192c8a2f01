"""A believable workspace from a seed: who works there, where reports lie, what became of them."""

from collections.abc import Sequence
from datetime import timedelta

from airflow_provider_mode.sandbox import edits
from airflow_provider_mode.sandbox.clock import to_milliseconds
from airflow_provider_mode.sandbox.model import (
    Collection,
    DataSource,
    Definition,
    Grant,
    Group,
    Member,
)
from airflow_provider_mode.sandbox.profiles import Maker, lay_out
from airflow_provider_mode.sandbox.workspace import Workspace

DEPARTMENTS = (
    "finance", "growth", "sales", "support", "product", "logistics", "marketing", "risk", "people", "data",
)  # fmt: skip
ROLES = ("analyst", "lead", "engineer", "manager", "partner", "intern")
AREAS = (
    "Board", "Weekly Business Review", "Finance", "Growth", "Sales", "Customer Support", "Product",
    "Logistics", "Marketing", "Risk", "People", "Data Quality", "Experiments", "Pricing", "Onboarding",
    "Retention", "Inventory", "Partners", "Security", "Legal", "Mobile", "Web", "Payments", "Fraud",
    "Forecasts", "Operations", "Research", "Templates", "Sandbox", "Legacy",
)  # fmt: skip
SOURCES = (
    ("Warehouse", "jdbc:snowflake", "ANALYTICS"),
    ("Events", "jdbc:bigquery", "default"),
    ("Application replica", "jdbc:postgresql", "app"),
)
PERSONAL_SHARE = 4  # one collection in so many is somebody's own
REPORTS_A_MEMBER = 30
MEMBERS_LEAST, MEMBERS_MOST = 6, 60
LEFT_EVERY = 7  # one member in so many has left
GROUPS = 23  # more than one page of 20
EXACT_PAGE = 30
ROOMY = 300  # workspaces of so many reports get an empty collection and one of exactly a page


def grow(ws: Workspace, reports: int, collections: int) -> None:
    """Fill an empty workspace: `reports` reports, a few datasets besides, and all that hangs on them."""
    _members(ws, max(MEMBERS_LEAST, min(MEMBERS_MOST, reports // REPORTS_A_MEMBER)))
    _data_sources(ws)
    _collections(ws, collections)
    _groups(ws)
    maker = Maker(ws)
    datasets = _datasets(ws, maker, max(2, reports // 25) if reports else 0)
    homes = _homes(ws, reports)
    for collection, profile, archived in lay_out(ws, homes):
        edits.insert_report(ws, maker.report(collection, profile, archived=archived, datasets=datasets))


def _members(ws: Workspace, count: int) -> None:
    for index in range(count):
        department, role = (
            DEPARTMENTS[index % len(DEPARTMENTS)],
            ROLES[index // len(DEPARTMENTS) % len(ROLES)],
        )
        username = f"{department}-{role}"
        ws.members[username] = Member(
            token=ws.new_token(),
            id=ws.new_id(),
            username=username,
            name=f"{department.title()} {role.title()}",
            email=f"{username}@example.com",
            joined_at=to_milliseconds(ws.now - timedelta(days=ws.rng.uniform(700, 2100))),
            admin=index == 0,
            left=index > 1 and index % LEFT_EVERY == LEFT_EVERY - 1,
        )


def _data_sources(ws: Workspace) -> None:
    for name, adapter, database in SOURCES:
        token = ws.new_token()
        ws.data_sources[token] = DataSource(token, ws.new_id(), name, adapter, database, ws.created_at)
    source = next(iter(ws.data_sources.values()))
    for name in ("active_customers", "net_revenue", "working_days"):
        token = ws.new_token()
        sql = f"select * from definitions.{name}"  # noqa: S608 - shown, never run
        ws.definitions[token] = Definition(
            token, ws.new_id(), name, sql, source.token, ws.created_at, ws.created_at + timedelta(days=30)
        )


def _collections(ws: Workspace, count: int) -> None:
    owners = [member for member in ws.members.values() if not member.admin]
    personal = min(count // PERSONAL_SHARE, len(owners))
    for index in range(count - personal):
        name = AREAS[index % len(AREAS)] + (f" {index // len(AREAS) + 1}" if index >= len(AREAS) else "")
        creator = ws.rng.choice(owners).username
        made = Collection(ws.new_token(), ws.new_id(), name, creator=creator)
        made.description = ws.rng.choice((None, f"What {name} looks at"))
        ws.collections[made.token] = made
    for member in owners[:personal]:
        ws.home(member.username)
    shared = [one for one in ws.collections.values() if not one.personal]
    if len(shared) > 1:
        shared[-1].restricted, shared[-1].access = True, "restricted"
        grant = Grant(ws.new_token(), "edit", "Account", owners[1].token)
        shared[-1].grants[grant.token] = grant


def _groups(ws: Workspace) -> None:
    people = ws.present_members()
    for index in range(GROUPS):
        name = f"{DEPARTMENTS[index % len(DEPARTMENTS)].title()} {index // len(DEPARTMENTS) + 1}"
        group = Group(ws.new_token(), name)
        for member in ws.rng.sample(people, min(3, len(people))):
            group.members[ws.new_token()] = member.token
        ws.groups[group.token] = group


def _datasets(ws: Workspace, maker: Maker, count: int) -> Sequence[str]:
    shared = [one for one in ws.collections.values() if not one.personal and not one.restricted]
    made = []
    for index in range(count):
        collection = shared[index % min(5, len(shared))]
        dataset = maker.dataset(collection, stale=index % 4 == 0)
        edits.insert_report(ws, dataset)
        made.append(dataset.token)
    return made


def _homes(ws: Workspace, reports: int) -> list[Collection]:
    """The collection of each report: a few are large, many small, one empty, one of a page exactly."""
    active = list(ws.collections.values())
    shared = [one for one in active if not one.personal]
    homes: list[Collection] = []
    if reports >= ROOMY and len(shared) > MEMBERS_LEAST:
        homes = [shared[-2]] * EXACT_PAGE
        active = [one for one in active if one not in (shared[-2], shared[-3])]
    weights = [1 / (rank + 1) ** 0.8 / (2 if one.personal else 1) for rank, one in enumerate(active)]
    homes += active[: max(0, reports - len(homes))]
    homes += ws.rng.choices(active, weights, k=max(0, reports - len(homes)))
    return homes
