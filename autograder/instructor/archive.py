"""Read zip files that strangers made: nothing is extracted by name, every size is bounded first."""

import stat
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO

from autograder.errors import SubmissionError

MAX_MEMBERS = 5000
MAX_DIRECTORY_BYTES = 4 * 2**20
MAX_RATIO = 200
RATIO_MATTERS = 2**20
MAX_OFFSET = 2**62  # a file can be positioned there
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others unpack without a bound on memory


class ArchiveError(SubmissionError):
    """An archive that is refused; a person has to look at it."""


def _directory(stream: IO[bytes]) -> tuple[int, int]:
    """Number of members and size of the central directory, before `zipfile` reads it into memory."""
    stream.seek(0, 2)
    size = stream.tell()
    stream.seek(max(0, size - 65557))
    tail = stream.read()
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) < place + 22:
        raise ArchiveError("collect.broken_archive", reason="no zip directory")
    members, length = struct.unpack_from("<HL", tail, place + 10)
    locator = place - 20
    if locator >= 0 and tail[locator : locator + 4] == b"PK\6\7":
        stream.seek(min(struct.unpack_from("<Q", tail, locator + 8)[0], size))
        record = stream.read(56)
        if len(record) < 56 or record[:4] != b"PK\6\6":
            raise ArchiveError("collect.broken_archive", reason="no zip64 directory")
        members, length = struct.unpack_from("<QQ", record, 32)
    stream.seek(0)
    return members, length


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name; Windows writes Cyrillic names in code page 866 without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp866", "replace")


def split(name: str) -> tuple[str, ...]:
    """The parts of a path inside an archive, without those that mean nothing, as in ``a//./b``."""
    return PurePosixPath(name.replace("\\", "/")).parts


def _parts(name: str) -> tuple[str, ...]:
    """The path of a member.

    Raises:
        ArchiveError: it would leave the folder it is unpacked to.
    """
    parts = split(name)
    first = parts[0] if parts else ""
    if first.startswith("/") or ".." in parts or ":" in first[1:2]:
        raise ArchiveError("collect.unsafe_archive", name=name[:200])
    return parts


@contextmanager
def opened(stream: IO[bytes], scale: int = 1) -> Iterator[zipfile.ZipFile]:
    """A zip file whose directory is of bounded size; *scale* times as large for a whole class.

    Raises:
        ArchiveError: it is no zip file, or has too many members.
    """
    try:
        members, length = _directory(stream)
        if members > MAX_MEMBERS * scale or length > MAX_DIRECTORY_BYTES * scale:
            raise ArchiveError("collect.too_many_members", limit=MAX_MEMBERS * scale)
        with zipfile.ZipFile(stream) as archive:
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
        raise ArchiveError("collect.broken_archive", reason=str(error)[:200]) from error


def members(archive: zipfile.ZipFile) -> list[tuple[tuple[str, ...], zipfile.ZipInfo]]:
    """The regular files of an archive with their paths; links and devices are left out.

    Raises:
        ArchiveError: a path is absolute or leads outside.
    """
    found = []
    for info in archive.infolist():
        parts = _parts(_name(info))
        kind = stat.S_IFMT(info.external_attr >> 16)
        if parts and not info.is_dir() and kind in (0, stat.S_IFREG):
            found.append((parts, info))
    return found


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> IO[bytes]:
    """A member for reading.

    Raises:
        ArchiveError: it is encrypted, packed by another method, too large, packed suspiciously well, or nowhere.
    """
    if info.flag_bits & 0x1:
        raise ArchiveError("collect.encrypted", name=info.filename[:200])
    if info.compress_type not in METHODS:
        raise ArchiveError("collect.broken_archive", reason=f"compression method {info.compress_type}")
    if info.file_size > limit:
        raise ArchiveError("collect.too_large", name=info.filename[:200], limit=limit // 2**20)
    if info.file_size > RATIO_MATTERS and info.file_size > MAX_RATIO * max(1, info.compress_size):
        raise ArchiveError("collect.bomb", name=info.filename[:200])
    if not 0 <= info.header_offset < MAX_OFFSET:
        raise ArchiveError("collect.broken_archive", reason="offset of a member")
    return archive.open(info)
