"""A plan for people: `plan.html` to open, `plan.md` to read anywhere, and a summary for an approval.

Renderings are made of the plan alone, and of nothing else: the same plan gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_provider_mode.governance.plan.plan import Plan
from airflow_provider_mode.governance.render.markdown import markdown
from airflow_provider_mode.governance.render.page import page_parts
from airflow_provider_mode.governance.render.story import Story

SUMMARY_BYTES = 8192
"""A summary fits into an XCom and into the body of an approval."""


def render_html(plan: Plan) -> str:
    """The page as one string of ASCII."""
    return "".join(html_parts(plan))


def html_parts(plan: Plan) -> Iterator[str]:
    """The page in pieces of a row or a section, for plans too large to hold twice."""
    return page_parts(Story(plan))


def render_markdown(plan: Plan, *, limit_bytes: int | None = SUMMARY_BYTES) -> str:
    """The plan as Markdown; with a limit, what does not fit is counted instead ("and 12 more")."""
    return markdown(Story(plan), limit_bytes)
