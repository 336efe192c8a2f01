"""The table of routes: everything that the sandbox answers, as Mode spells it."""

from airflow_provider_mode.sandbox import (
    auth,
    on_admin,
    on_catalogue,
    on_collections,
    on_discovery,
    on_exports,
    on_grants,
    on_identity,
    on_reports,
    on_runs,
    on_schedules,
    on_subscriptions,
)
from airflow_provider_mode.sandbox.routing import Route

PAGES = frozenset({"page", "per_page"})
LISTS = PAGES | {"filter", "order", "order_by", "search"}

ROOT = W = "/api/{workspace}"
S = W + "/spaces"
R = W + "/reports"
ONE_R = R + "/{report}"
SCH = ONE_R + "/schedules"

CORE = (
    Route("GET", "/api/verify", on_identity.verify),
    Route("GET", "/api/account", on_identity.account),
    Route("GET", W, on_identity.record, gate=auth.identify),
    Route("GET", W + "/api_keys/{key}", on_identity.api_key),
    Route("GET", S, on_collections.index, LISTS),
    Route("POST", S, on_collections.create),
    Route("GET", S + "/{space}", on_collections.show),
    Route("PATCH", S + "/{space}", on_collections.change),
    Route("DELETE", S + "/{space}", on_collections.delete),
    Route("GET", S + "/{space}/reports", on_collections.reports, LISTS),
    Route("GET", S + "/{space}/datasets", on_collections.datasets, LISTS),
    Route("POST", R, on_reports.create),
    Route(
        "POST", R + "/purge", on_reports.purge, frozenset({"time", "end_time", "in_progress"}), auth.as_admin
    ),
    Route("GET", ONE_R, on_reports.show),
    Route("PATCH", ONE_R, on_reports.change),
    Route("DELETE", ONE_R, on_reports.delete),
    Route("PATCH", ONE_R + "/archive", on_reports.archive),
    Route("PATCH", ONE_R + "/unarchive", on_reports.unarchive),
    Route("PATCH", ONE_R + "/update_settings", on_reports.update_settings),
    Route("PATCH", ONE_R + "/sync_to_github", on_reports.sync_to_github),
    Route("GET", SCH, on_schedules.index, PAGES),
    Route("POST", SCH, on_schedules.create),
    Route("GET", SCH + "/{schedule}", on_schedules.show),
    Route("PATCH", SCH + "/{schedule}", on_schedules.change),
    Route("DELETE", SCH + "/{schedule}", on_schedules.delete),
)

D = W + "/datasets/{report}"
RUN = ONE_R + "/runs/{run}"
QRUN = RUN + "/query_runs/{query_run}"
SUB = ONE_R + "/subscriptions/{subscription}"
Q = ONE_R + "/queries"
EMBED = frozenset({"embed[report_runs][executed_by]"})

RUNS = (
    Route("GET", ONE_R + "/runs", on_runs.index, LISTS | {"state"}),
    Route("POST", ONE_R + "/runs", on_runs.start),
    Route("GET", RUN, on_runs.show),
    Route("PUT", RUN + "/cancel", on_runs.cancel),
    Route("POST", RUN + "/clone", on_runs.clone),
    Route("GET", RUN + "/options", on_runs.options),
    Route("GET", RUN + "/query_runs", on_runs.query_runs, PAGES),
    Route("GET", QRUN, on_runs.query_run),
    Route("GET", SCH + "/{schedule}/runs", on_runs.of_schedule, PAGES | EMBED),
    Route("GET", RUN + "/results/content.csv", on_exports.run_csv),
    Route("GET", RUN + "/results/content.json", on_exports.run_json),
    Route("GET", QRUN + "/results/content.csv", on_exports.query_csv),
    Route("GET", QRUN + "/results/content.json", on_exports.query_json),
    Route("GET", ONE_R + "/exports/runs/{run}/pdf.pdf", on_exports.pdf),
    Route("GET", ONE_R + "/exports/runs/{run}/pdf/download", on_exports.pdf_download),
    Route("GET", ONE_R + "/exports/runs/{run}/pdf/download.pdf", on_exports.pdf_download),
    Route("GET", D + "/runs", on_runs.index, LISTS),
    Route("POST", D + "/runs", on_runs.start),
    Route("GET", D + "/runs/{run}", on_runs.show),
)


def _addresses(kind: str) -> tuple[Route, ...]:
    path, fixed = f"{SUB}/{kind}_memberships", {"kind": kind}
    return (
        Route("GET", path, on_subscriptions.members, PAGES, fixed=fixed),
        Route("POST", path, on_subscriptions.add_member, fixed=fixed),
        Route("DELETE", path + "/{member}", on_subscriptions.drop_member, fixed=fixed),
    )


SUBSCRIPTIONS = (
    Route("GET", ONE_R + "/subscriptions", on_subscriptions.index, PAGES),
    Route("POST", ONE_R + "/subscriptions", on_subscriptions.create),
    Route("GET", SCH + "/{schedule}/subscriptions", on_subscriptions.of_schedule, PAGES),
    Route("GET", SUB, on_subscriptions.show),
    Route("PATCH", SUB, on_subscriptions.change),
    Route("DELETE", SUB, on_subscriptions.delete),
    *_addresses("email"),
    *_addresses("slack"),
)


def _kept(path: str, kind: str) -> tuple[Route, ...]:
    fixed = {"kind": kind}
    return (
        Route("GET", path, on_catalogue.list_kept, PAGES, fixed=fixed),
        Route("POST", path, on_catalogue.add_kept, fixed=fixed),
        Route("GET", path + "/{kept}", on_catalogue.show_kept, fixed=fixed),
        Route("PATCH", path + "/{kept}", on_catalogue.change_kept, fixed=fixed),
        Route("DELETE", path + "/{kept}", on_catalogue.delete_kept, fixed=fixed),
    )


DS = W + "/data_sources"
DEF = W + "/definitions"

CATALOGUE = (
    Route("GET", Q, on_catalogue.queries, PAGES),
    Route("POST", Q, on_catalogue.add_query),
    Route("GET", Q + "/{query}", on_catalogue.show_query),
    Route("PATCH", Q + "/{query}", on_catalogue.change_query),
    Route("DELETE", Q + "/{query}", on_catalogue.delete_query),
    Route("GET", Q + "/{query}/charts", on_catalogue.charts, PAGES),
    Route("GET", Q + "/{query}/charts/{chart}", on_catalogue.show_chart),
    Route("GET", DS, on_catalogue.data_sources, PAGES | {"limit"}),
    Route("GET", DS + "/{source}", on_catalogue.show_source),
    Route("GET", DS + "/{source}/reports", on_catalogue.source_reports, LISTS),
    Route("GET", DS + "/{source}/datasets", on_catalogue.source_datasets, LISTS),
    Route("POST", DS + "/{source}/purge", on_reports.purge, frozenset({"time", "end_time"}), auth.as_admin),
    Route("GET", DEF, on_catalogue.definitions, PAGES | {"filter", "tokens"}),
    Route("POST", DEF, on_catalogue.add_definition),
    Route("GET", DEF + "/{definition}", on_catalogue.show_definition),
    Route("PATCH", DEF + "/{definition}", on_catalogue.change_definition),
    Route("DELETE", DEF + "/{definition}", on_catalogue.delete_definition),
    Route("GET", D, on_catalogue.show_dataset),
    Route("PATCH", D, on_catalogue.change_dataset),
    Route("DELETE", D, on_catalogue.delete_dataset),
    Route("GET", D + "/reports", on_catalogue.importers, LISTS),
    Route("GET", D + "/fields", on_catalogue.fields, PAGES),
    Route("GET", D + "/schedules", on_schedules.index, PAGES),
    *_kept(ONE_R + "/filters", "filters"),
    *_kept(D + "/field_descriptions", "field_descriptions"),
)


def _permissions(path: str) -> tuple[Route, ...]:
    return (
        Route("GET", path, on_grants.permissions, PAGES),
        Route("POST", path, on_grants.add_permission),
        Route("GET", path + "/{permission}", on_grants.show_permission),
        Route("PATCH", path + "/{permission}", on_grants.change_permission),
        Route("DELETE", path + "/{permission}", on_grants.drop_permission),
    )


MS = W + "/memberships"
G = W + "/groups"
GM = G + "/{group}/memberships"
SM = S + "/{space}/memberships"

ADMIN = (
    Route("GET", MS, on_admin.memberships, PAGES),
    Route("GET", MS + "/lite", on_admin.lite, PAGES),
    Route("GET", MS + "/{membership}", on_admin.show_membership),
    Route("DELETE", MS + "/{membership}", on_admin.drop_membership),
    Route("POST", W + "/invites", on_admin.invite),
    Route("GET", G, on_admin.groups, PAGES | {"member", "data_source"}),
    Route("POST", G, on_admin.add_group),
    Route("GET", G + "/{group}", on_admin.show_group),
    Route("PATCH", G + "/{group}", on_admin.change_group),
    Route("DELETE", G + "/{group}", on_admin.drop_group),
    Route("GET", GM, on_admin.group_members, PAGES | {"filter", "user_id"}),
    Route("POST", GM, on_admin.add_group_member),
    Route("GET", GM + "/{membership}", on_admin.show_group_member),
    Route("DELETE", GM + "/{membership}", on_admin.drop_group_member),
    Route("GET", SM, on_grants.space_members, PAGES),
    Route("POST", SM, on_grants.add_space_member),
    Route("GET", SM + "/{membership}", on_grants.show_space_member),
    Route("DELETE", SM + "/{membership}", on_grants.drop_space_member),
    Route("GET", W + "/audit_logs", on_admin.audit_logs, on_admin.LOG_QUERY, auth.for_logs),
    *_permissions(S + "/{space}/permissions"),
    *_permissions(DS + "/{source}/permissions"),
)

B = "/batch/{workspace}"
BULK = PAGES | {"include_spaces"}

DISCOVERY = (
    Route("POST", B + "/signature_tokens", on_discovery.mint, gate=auth.as_discovery_admin),
    Route("DELETE", B + "/signature_tokens/{signature}", on_discovery.revoke, gate=auth.as_discovery_admin),
    Route("GET", B + "/reports", on_discovery.reports, BULK, auth.with_signature),
    Route("GET", B + "/report_stats", on_discovery.report_stats, BULK, auth.with_signature),
    Route("GET", B + "/queries", on_discovery.queries, BULK, auth.with_signature),
    Route("GET", B + "/charts", on_discovery.charts, BULK, auth.with_signature),
    Route("GET", B + "/spaces", on_discovery.spaces, PAGES, auth.with_signature),
    Route("GET", B + "/members", on_discovery.members, PAGES, auth.with_signature),
)

TABLE: tuple[Route, ...] = (*CORE, *RUNS, *SUBSCRIPTIONS, *CATALOGUE, *ADMIN, *DISCOVERY)
