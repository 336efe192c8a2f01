"""Telling Airflow where a task's buttons lead, as early as it is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

HELD = "mode_links"
"""The attribute of an operator that holds what its buttons lead to, by name."""
PAGES = ("https://", "http://")


def show(operator: Any, context: Mapping[str, Any], **urls: str) -> None:
    """
    Let the task's buttons lead to a `report`, a `run` or a `plan`.

    They are stored at once, under the key at which Airflow's UI looks for a finished link. The UI shows none
    to anything but http and https: where a button would not be seen, the log says what it would have led to.
    """
    held = operator.__dict__.setdefault(HELD, {})
    instance = context.get("ti")
    for kind, url in urls.items():
        if held.get(kind) == url:
            continue
        if not url.startswith(PAGES):
            operator.log.info("no button for the %s: no web page shows %s", kind, url)
            continue
        held[kind] = url
        if instance is not None:
            instance.xcom_push(key=key_of(kind), value=url)


def key_of(kind: str) -> str:
    """The XCom of a button: the name that Airflow 3 gives it, by the link's class."""
    return f"_link_Mode{kind.capitalize()}Link"


def browsable(uri: str) -> str:
    """The console page of an object on S3 or Google Cloud Storage; any other URI stays as it is."""
    scheme, _, rest = uri.partition("://")
    bucket, _, name = rest.partition("/")
    bucket = bucket.rpartition("@")[2]  # a URI may name its connection: s3://conn@bucket/key
    if scheme in {"s3", "s3a"}:
        return f"https://console.aws.amazon.com/s3/object/{bucket}?prefix={quote(name, safe='')}"
    if scheme in {"gs", "gcs"}:
        return f"https://storage.cloud.google.com/{bucket}/{quote(name)}"
    return uri
