"""A workspace of any size, made up as it is asked for: holding it is the client's affair."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE, BULK = 30, 1000


def row(number: int, place: int) -> dict[str, Any]:
    """A report as REST and Discovery show it, as long as real ones are."""
    token = f"{number:012x}"
    base = f"/api/acme/reports/{token}"
    moments = (
        "created_at",
        "updated_at",
        "edited_at",
        "last_saved_at",
        "last_run_at",
        "last_successfully_run_at",
    )
    return {
        "token": token,
        "id": number,
        "name": f"Report number {number} of a workspace that goes on",
        "description": "What a report is about takes a sentence or two. " * 2,
        "type": "Report",
        "archived": False,
        "public": False,
        "space_token": f"{place:012x}",
        **dict.fromkeys(moments, f"2026-0{1 + number % 9}-1{number % 9}T04:05:{number % 60:02}.678Z"),
        "last_viewed_at": f"2026-0{1 + number % 9}-02T04:05:06.789Z",
        "view_count": number,
        "schedules_count": number % 2,
        "query_count": 3,
        "expected_runtime": number / 7,
        "creator_email": f"analyst-{number % 500}@example.com",
        "_links": {
            name: {"href": f"{base}/{name}"} for name in ("self", "queries", "runs", "schedules", "creator")
        },
    }


class Workspace(ThreadingHTTPServer):
    """So many reports, evenly in so many collections."""

    daemon_threads = True

    def __init__(self, reports: int, collections: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reports, self.collections = reports, collections

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, path: str, page: int) -> dict[str, Any]:
        """The JSON of a list's page."""
        each = self.reports // self.collections
        if path.startswith("/batch/"):
            return self.bulk(path.rsplit("/", 1)[1], page)
        if path.endswith("/spaces"):
            numbers = range(*self.bounds(page, PAGE, self.collections))
            return {"_embedded": {"spaces": [self.space(number) for number in numbers]}}
        if path.endswith("/datasets"):
            return {"_embedded": {"reports": []}}
        place = int(path.split("/")[4], 16)
        begin, end = self.bounds(page, PAGE, each)
        return {"_embedded": {"reports": [row(place * each + number, place) for number in range(begin, end)]}}

    def bulk(self, name: str, page: int) -> dict[str, Any]:
        """A page of Discovery."""
        total = self.collections if name == "spaces" else self.reports
        numbers = range(*self.bounds(page, BULK, total))
        each = self.reports // self.collections
        made: list[dict[str, Any]]
        if name == "spaces":
            made = [self.space(number) for number in numbers]
        elif name == "report_stats":
            made = [
                {"report_token": f"{number:012x}", "view_count": number, "active_schedules_count": number % 2}
                for number in numbers
            ]
        else:
            made = [row(number, number // each) for number in numbers]
        return {
            name: made,
            "pagination": {"page": page, "total_pages": -(-total // BULK), "total_count": total},
        }

    def space(self, number: int) -> dict[str, Any]:
        """A collection."""
        return {
            "token": f"{number:012x}",
            "name": f"Collection {number}",
            "space_type": "custom",
            "state": "active",
        }

    @staticmethod
    def bounds(page: int, size: int, total: int) -> tuple[int, int]:
        """First and last row of a page."""
        return min((page - 1) * size, total), min(page * size, total)


class Handler(BaseHTTPRequestHandler):
    """Answers lists alone."""

    protocol_version = "HTTP/1.1"
    server: Workspace

    def do_GET(self) -> None:
        """One page."""
        parts = urlsplit(self.path)
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        body = json.dumps(self.server.answer(parts.path, page)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class has it
        """Say nothing."""
