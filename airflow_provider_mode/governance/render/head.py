"""The head of `plan.html`, with a policy (CSP) that holds the page to asking nothing of any server.

Only the style and the scripts that stand in the page, named by their hashes, may work.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from airflow_provider_mode.governance.render.tags import Html, tag, text

_EARLY = Html("document.documentElement.className='js'")
"""The style hides the rows until the large script has paged them."""


@cache
def asset(name: str) -> Html:
    """A file beside this module; ASCII without `</`, so that it can stand in a page as it is."""
    return Html(files(__package__).joinpath("page", name).read_text("ascii"))


def head(title: str) -> Html:
    """The head, down to the style."""
    rules = (
        "default-src 'none'",
        "img-src data:",
        f"style-src {_hash(asset('plan.css'))}",
        f"script-src {_hash(_EARLY)} {_hash(asset('plan.js'))}",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("link", rel="icon", href="data:,"),  # or the browser asks the server for one
        tag("title", text(title)),
        tag("style", asset("plan.css")),
        tag("script", _EARLY),
    )


def _hash(source: Html) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
