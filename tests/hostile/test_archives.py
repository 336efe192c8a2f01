"""Archives of results that an enemy made: each member is a plain file in its folder, or there is none."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
from pathlib import Path

import pytest

from airflow_provider_mode.operators import ExportResultsOperator
from tests.operators.workspace import Mode


def _path(uri: str) -> Path:
    return Path(uri.removeprefix("file://"))


def _zip(*members: tuple[str, bytes], mode: int = 0) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return packed.getvalue()


@pytest.mark.mode_sandbox(reports=20)
@pytest.mark.parametrize(
    "names",
    [
        ("../../../../tmp/evil.csv", "/etc/passwd", "C:\\windows\\x.csv", "..\\..\\evil.csv"),
        ("a.csv", "A.csv", "a.csv "),
        ("\x1b[31m.csv", "line\nbreak.csv", "\u202evsc.csv", "nul\x00l.csv"),
        ("x" * 5_000 + ".csv", ".", "...", "~/.bashrc"),
    ],
)
def test_an_archive_that_leads_out(mode: Mode, names: tuple[str, ...]) -> None:
    """Every member becomes a plain file of its own in the task's folder."""
    report = next(one for one in mode.sandbox.state.reports.values() if one.last_success and one.queries)
    _serve(mode, _zip(*((name, b"a\n1\n") for name in names), mode=0o120777))
    before = set(mode.output.parent.rglob("*"))
    result = mode.run(ExportResultsOperator, report=report.token)
    files = [_path(file["uri"]) for file in result["files"]]
    assert len({str(file).lower() for file in files}) == len(names)
    for file in files:
        assert file.resolve().is_relative_to(mode.output)
        assert not file.is_symlink()
        assert file.name.isprintable()
    made = {path for path in set(mode.output.parent.rglob("*")) - before if path.is_file()}
    assert made == set(files)


def _serve(mode: Mode, content: bytes) -> None:
    mode.sandbox.fault(
        "status", status=200, body_base64=base64.b64encode(content).decode(), path="*/results/content.csv",
        count=None, headers={"X-Content-Type-Options": "nosniff"},
    )  # fmt: skip


@pytest.mark.mode_sandbox(reports=20)
def test_an_archive_that_is_broken(mode: Mode) -> None:
    """It fails in a sentence that names the request, and leaves no file that looks whole."""
    report = next(one for one in mode.sandbox.state.reports.values() if one.last_success and one.queries)
    good = _zip(("a.csv", b"a\n1\n" * 1000))
    lying = bytearray(good)
    lying[14:18] = struct.pack("<I", 1)  # another checksum
    at = good.rindex(b"PK\x01\x02") + 16
    lying[at : at + 4] = struct.pack("<I", 1)
    for content in (good[:-30], good[:40], bytes(lying), b"PK\x03\x04" + b"\xff" * 500):
        mode.sandbox.clear_faults()
        _serve(mode, content)
        with pytest.raises(Exception, match="archive of results") as caught:
            mode.run(ExportResultsOperator, report=report.token)
        assert "PK" not in str(caught.value)
    assert not [path for path in mode.output.rglob("*") if path.is_file()]
