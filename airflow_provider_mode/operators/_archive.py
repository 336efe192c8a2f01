"""
An archive of results, read so that whoever packed it can harm nobody.

What an archive holds is only known when it is unpacked, and a few kilobytes can stand for more than any disk
holds. So what its directory declares is checked first, and what comes out is held to it.
"""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from airflow_provider_mode.client import UnexpectedReply
from airflow_provider_mode.operators._folder import escaped

BEGINS = (b"PK\x03\x04", b"PK\x05\x06")
"""How an archive begins, one without members included."""
PIECE = 256 * 1024
MOST_MEMBERS = 1000
ALWAYS_ALLOWED = 1 << 30
"""Bytes to which any archive may unpack; a larger total must be in proportion to the archive."""
MOST_TIMES = 200
"""How many times larger than the archive its members may be in all; tables rarely exceed 30."""
PLAIN_WAYS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""How results are packed. Of the other ways Python unpacks any amount in one step, into memory."""
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What reading a damaged, encrypted or strangely packed archive raises."""
Wrong = Callable[[type[UnexpectedReply], str], UnexpectedReply]


class ArchiveRefused(UnexpectedReply):
    """An archive that would unpack to more than it should; another try gets the same one."""

    retryable = False
    advice = 'With format="json" each query\'s results come by themselves, without an archive.'


@contextmanager
def unpacked(pieces: Iterable[bytes], wrong: Wrong) -> Iterator[Iterator[tuple[str, Iterator[bytes]]]]:
    """
    The members of an archive by safe names, one after the other.

    It goes to a disk first, since its directory stands at its end. `wrong` makes the error of a sentence.
    """
    with tempfile.TemporaryFile(prefix="mode-export-") as packed:
        for piece in pieces:
            packed.write(piece)
        size = packed.tell()
        try:
            archive = zipfile.ZipFile(packed)
        except BROKEN as error:
            raise _broken(wrong, error) from error
        with archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if not members:
                raise wrong(UnexpectedReply, "the archive of results is empty")
            if reason := _too_much(members, size):
                raise wrong(ArchiveRefused, f"the archive of results is refused: {reason}")
            yield ((safe(member.filename), _read(archive, member, wrong)) for member in members)


def safe(name: str) -> str:
    """A member's name as one safe file name: folders in it are no folders here, and nothing leads out."""
    plain = PurePosixPath(name.replace("\\", "/"))
    return escaped("_".join(part for part in plain.parts if part not in {"/", ".", ".."}) or "results.csv")


def _too_much(members: list[zipfile.ZipInfo], size: int) -> str | None:
    """Why an archive of some size is not unpacked, by what its directory declares."""
    declared = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS:
        return f"it has {len(members)} members, and {MOST_MEMBERS} are allowed"
    if any(member.compress_type not in PLAIN_WAYS for member in members):
        return "its members are packed in a way that results never are"
    if sum(member.compress_size for member in members) > size:
        return "its members overlap"
    if declared > max(ALWAYS_ALLOWED, MOST_TIMES * size):
        return (
            f"{size} bytes would become {declared}, which is more than {MOST_TIMES} times as many and more "
            f"than {ALWAYS_ALLOWED}"
        )
    return None


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, wrong: Wrong) -> Iterator[bytes]:
    """The pieces of a member; its size and checksum are compared at its end, before it counts as whole."""
    left = member.file_size
    try:
        with archive.open(member) as file:
            while piece := file.read(PIECE):
                left -= len(piece)
                yield piece
    except BROKEN as error:
        raise _broken(wrong, error) from error
    if left:
        raise wrong(UnexpectedReply, f"the archive of results cannot be read: {left} bytes are missing")


def _broken(wrong: Wrong, error: Exception) -> UnexpectedReply:
    return wrong(UnexpectedReply, f"the archive of results cannot be read: {error}")
