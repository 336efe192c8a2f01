"""Every guess that the sandbox makes about Mode, each a switch that starts at the likeliest reading."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

NUMBER = ("<number>",)
TEXT = ("<text>",)


@dataclass(frozen=True, slots=True)
class Switch:
    """One open question: its default first among the values it takes."""

    name: str
    values: tuple[str, ...]
    meaning: str
    default: str = ""
    pattern: str = ".*"

    @property
    def initial(self) -> str:
        """The value it has until set."""
        return self.default if self.values in (NUMBER, TEXT) else self.values[0]

    def check(self, value: object) -> str:
        """A value as text (ValueError says which are allowed)."""
        text = {True: "present", False: "absent"}[value] if isinstance(value, bool) else str(value)
        if self.values == NUMBER:
            try:
                valid = 0 <= float(text) < math.inf
            except ValueError:
                valid = False
        else:
            free = self.values == TEXT and re.fullmatch(self.pattern, text)
            valid = bool(free) or text in self.values
        if not valid:
            raise ValueError(f"switch {self.name}: {text!r} is none of {', '.join(self.values)}")
        return text


_SHOWN = ("present", "absent")
_HIDDEN = ("absent", "present")

TABLE: tuple[Switch, ...] = (
    Switch("archive_schedules", ("keep", "pause", "remove"),
           "what archiving does to a report's schedules: they go on, wait until unarchived, or vanish"),
    Switch("archive_status", ("200", "202"), "status of archive and unarchive"),
    Switch("archive_twice", ("200", "400"), "archiving what is archived, unarchiving what is live"),
    Switch("patch_status", ("202", "200"), "status of PATCH on a report: 202 as observed, 200 as documented"),
    Switch("delete_schedule_status", ("200", "204"), "status of DELETE on a schedule; the body is empty"),
    Switch("delete_report_status", ("200", "204"), "status of DELETE on a report; the body is empty"),
    Switch("reads_as_views", ("none", "single", "all"),
           "whether an API read raises view_count: never, the GET of one report, or listings as well"),
    Switch("runs_as_views", ("none", "by_hand", "all"), "whether a run raises view_count and the last view"),
    Switch("ids", ("number", "string"), "numeric ids as JSON numbers (older clients) or strings (2026)"),
    Switch("schedule_body", ("wrapped", "either", "flat"),
           "whether a schedule is written inside `report_schedule`; what is refused gets 400 param_missing"),
    Switch("day_of_week", ("sunday0", "sunday1", "monday1"), "which number means which day of the week"),
    Switch("past_end", ("empty", "repeat"), "a page past the end of a list: empty, or the last page again"),
    Switch("page_param", ("used", "ignored"),
           "whether lists without counters heed `page`; ignored, every page is the first"),
    Switch("collection_counters", _SHOWN, "`pagination` in the list of collections (absent in 2021)"),
    Switch("schedule_pages", ("30", "whole", "per_page"),
           "the list of schedules: 30 a page, all at once whatever the page, or as `per_page` says"),
    Switch("rows_shift", ("off", "once", "always"),
           "a row not read yet moves to the front while a list is walked, so that one repeats at the seam "
           "between pages 1 and 2 and the moved one is missed: never, once for each list, or at every walk"),
    Switch("schedules_count", _SHOWN, "`schedules_count` of a report"),
    Switch("view_count", ("present", "null", "absent"), "`view_count` of a report"),
    Switch("archived", ("present", "absent_on_datasets", "absent_unless_true", "absent"),
           "`archived` of a report"),
    Switch("public", _SHOWN, "`public` of a report"),
    Switch("creator", _SHOWN, "`_links.creator` of a report; a client of 2026 says that it is gone"),
    Switch("query_creator", _SHOWN, "`_links.creator` of a query"),
    Switch("report_without", TEXT, "further fields to leave out of every report, comma-separated"),
    Switch("report_nulls", TEXT, "fields that are null in every report, comma-separated"),
    Switch("cron_numbers", _SHOWN, "`cron_hour` and `cron_minute` of a schedule (absent in 2024)"),
    Switch("schedule_forms", _SHOWN, "`_forms` of a schedule, whose edit form repeats the numbers"),
    Switch("schedule_runs", _SHOWN, "`last_run_at` and `last_succeeded_at` of a schedule (absent in 2024)"),
    Switch("run_success", ("succeeded", "completed"), "state of a run that went well"),
    Switch("run_seconds", NUMBER, "seconds of the workspace's clock that a run takes", "2"),
    Switch("run_cancel", _SHOWN, "`_forms.cancel` of a run that goes on"),
    Switch("datasets_in_reports", _HIDDEN, "datasets among the rows of a collection's reports"),
    Switch("imported_datasets", ("single", "listed"),
           "`imported_datasets` in single reports only, or in lists too"),
    Switch("unreadable", TEXT, "collections whose lists fail: `<collection>:403`, `:404`, `:500`, `:html`, "
           "comma-separated",
           pattern=r"([^:,]+:(403|404|500|html)(, *|$))*"),
    Switch("deleted_collection", ("403", "200", "404"), "GET of a deleted collection; 200 says soft_deleted"),
    Switch("memberships", _SHOWN, "GET memberships for a workspace key; a member key gets 404"),
    Switch("member_archive", ("own", "visible"),
           "whose reports a member's key may change: its own, or all it sees"),
    Switch("user_email", _SHOWN, "`email` of a user (sometimes withheld)"),
    Switch("key_scope", _SHOWN, "`api_key_scope` in the answer of /verify"),
    Switch("anonymous_workspace", ("200", "401"), "GET of the workspace record without a key"),
    Switch("unknown_params", ("ignore", "refuse"),
           "query parameters that a route does not know; refuse answers 400"),
    Switch("retry_after", ("absent", "seconds", "date", "nonsense"), "`Retry-After` of a 429"),
    Switch("rate_headers", _SHOWN, "`X-RateLimit-Limit` and `X-RateLimit-Remaining`"),
    Switch("count_at", ("arrival", "reply"), "when a request counts against the limit"),
    Switch("count_refused", ("no", "yes"), "whether a 429 counts against the limit as well"),
    Switch("results_csv", ("by_queries", "csv", "zip"),
           "content.csv of a run: an archive if it has several queries, always one text, always an archive"),
    Switch("result_rows", NUMBER, "rows that each query finds", "12"),
    Switch("results_redirect", ("none", "same_host", "other_host"), "results by redirect to signed storage"),
    Switch("pdf_polls", NUMBER, "reads of a PDF export before it is rendered", "2"),
    Switch("discovery_plan", ("enterprise", "none"), "without the plan Discovery answers 403"),
    Switch("discovery_archived", ("included", "excluded"),
           "archived reports in Discovery, which does not flag them"),
    Switch("discovery_datasets", ("excluded", "included"), "datasets among Discovery's reports"),
    Switch("discovery_members", ("members", "memberships"), "the key of Discovery's members"),
    Switch("discovery_views", ("view_count", "total_views_count"), "the name of Discovery's count of views"),
    Switch("discovery_last_views", _SHOWN, "`last_viewed_at` in Discovery's reports"),
)  # fmt: skip
BY_NAME = {switch.name: switch for switch in TABLE}


class Switches(Mapping[str, str]):
    """The switches of one sandbox; `version` grows with each change."""

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        self.version = 0
        self.reset(values or {})

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def shows(self, name: str) -> bool:
        """Whether a switch of presence says present."""
        return self._values[name] == "present"

    def number(self, name: str) -> float:
        """The value of a number's switch."""
        return float(self._values[name])

    def names(self, name: str) -> frozenset[str]:
        """The entries of a comma-separated switch."""
        return frozenset(filter(None, (entry.strip() for entry in self._values[name].split(","))))

    def reset(self, values: Mapping[str, object]) -> None:
        """Go back to the defaults, then set some."""
        self._values = {switch.name: switch.initial for switch in TABLE}
        self.update(values)

    def update(self, values: Mapping[str, object]) -> None:
        """Set switches, all or none (ValueError names an unknown switch or value)."""
        checked = {}
        for name, value in values.items():
            if name not in BY_NAME:
                raise ValueError(f"switch {name}: unknown; --list-switches shows them")
            checked[name] = BY_NAME[name].check(value)
        self._values.update(checked)
        self.version += 1


def describe() -> str:
    """The table of switches in Markdown, default first; the documentation is made from it."""
    lines = ["| switch | values (default first) | what it decides |", "|---|---|---|"]
    for switch in TABLE:
        if switch.values in (NUMBER, TEXT):
            values = f"`{switch.initial}` {switch.values[0].strip('<>')}".replace("`` ", "empty; ")
        else:
            values = " · ".join(f"`{value}`" for value in switch.values)
        lines.append(f"| `{switch.name}` | {values} | {switch.meaning} |")
    return "\n".join(lines)
