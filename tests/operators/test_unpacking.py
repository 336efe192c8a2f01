"""An archive of results unpacks to what it declares, to no more than it should, or not at all."""

from __future__ import annotations

import base64
import copy
import io
import os
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_mode.client import UnexpectedReply
from airflow_provider_mode.operators import ExportResultsOperator
from airflow_provider_mode.operators._archive import ALWAYS_ALLOWED, MOST_MEMBERS, ArchiveRefused, unpacked
from tests.operators.workspace import Mode

NUMBERS = b"a\n" + b"1\n" * 50_000
_SIZE_IN_DIRECTORY = 24  # bytes from the signature of a member's entry to its size once unpacked
_SIZE_BEFORE_CONTENT = 22


def packed(*members: tuple[str, bytes], way: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An honest archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", way) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return held.getvalue()


def declaring(size: int, content: bytes = NUMBERS) -> bytes:
    """An archive of one member that says to be of another size than it is."""
    lying = bytearray(packed(("numbers.csv", content)))
    struct.pack_into("<I", lying, _SIZE_BEFORE_CONTENT, size)
    struct.pack_into("<I", lying, lying.rindex(b"PK\x01\x02") + _SIZE_IN_DIRECTORY, size)
    return bytes(lying)


def overlapping() -> bytes:
    """An archive whose members are all the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("0.csv", os.urandom(10_000))
        for number in range(1, 5):
            other = copy.copy(archive.filelist[0])
            other.filename = f"{number}.csv"
            archive.filelist.append(other)
    return held.getvalue()


def wrong(kind: type[UnexpectedReply], sentence: str) -> UnexpectedReply:
    """The error of a sentence."""
    return kind(sentence)


def contents(archive: bytes) -> dict[str, bytes]:
    """All members of an archive that comes in pieces."""
    with unpacked((archive[at : at + 1000] for at in range(0, len(archive), 1000)), wrong) as members:
        return {name: b"".join(pieces) for name, pieces in members}


@pytest.mark.parametrize("way", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_is_honest_is_unpacked(way: int) -> None:
    """Small archives may be packed as tightly as can be: a column of zeros is no attack."""
    zeros = b"0\n" * 2_000_000
    assert contents(packed(("a.csv", NUMBERS), ("b/c.csv", zeros), way=way)) == {
        "a.csv": NUMBERS,
        "b_c.csv": zeros,
    }
    with pytest.raises(UnexpectedReply, match="the archive of results is empty"):
        contents(packed(way=way))


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (
            lambda: declaring(ALWAYS_ALLOWED + 1),
            "would become 1073741825, which is more than 200 times",
        ),
        (overlapping, "its members overlap"),
        (lambda: packed(("a.csv", NUMBERS), way=zipfile.ZIP_BZIP2), "packed in a way that results never are"),
        (lambda: packed(("a.csv", NUMBERS), way=zipfile.ZIP_LZMA), "packed in a way that results never are"),
        (lambda: packed(*((f"{n}.csv", b"") for n in range(MOST_MEMBERS + 1))), "it has 1001 members"),
    ],
)
def test_what_would_become_too_much_is_refused(made: Callable[[], bytes], sentence: str) -> None:
    """Before a single byte of it is unpacked; another try would get the same."""
    with pytest.raises(ArchiveRefused, match=sentence) as caught:
        contents(made())
    assert not caught.value.retryable


@pytest.mark.parametrize("size", [0, 10, len(NUMBERS) - 1, len(NUMBERS) + 1])
def test_what_is_not_as_large_as_it_says_is_not_whole(size: int) -> None:
    """Neither more nor less comes out of an archive than its directory declares."""
    with pytest.raises(UnexpectedReply, match="the archive of results cannot be read"):
        contents(declaring(size))


@pytest.mark.mode_sandbox(reports=20)
def test_a_task_that_meets_a_bomb_fails_at_once(mode: Mode) -> None:
    """Without retries, with a way out, and without a file."""
    report = next(one for one in mode.sandbox.state.reports.values() if one.last_success and one.queries)
    body = base64.b64encode(declaring(2**32 - 2)).decode()
    answer: dict[str, Any] = {"status": 200, "body_base64": body, "count": None}
    mode.sandbox.fault("status", path="*/results/content.csv", **answer)
    with pytest.raises(AirflowFailException, match=r'is refused: .* With format="json"'):
        mode.run(ExportResultsOperator, report=report.token)
    assert not [path for path in mode.output.rglob("*") if path.is_file()]
