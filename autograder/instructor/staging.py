"""Copy the files of a submission that can be graded into a private folder, and nothing else.

What is copied: the script or notebook, the trained weights, and the record of their training. They come from the
shallowest folder that has a file of the lab's name, so that the kit's own files handed in with the solution do not matter.
"""

import errno
import hashlib
import os
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from autograder import history
from autograder.errors import SubmissionError
from autograder.instructor import archive, layouts
from autograder.instructor.collect import CLASS_SCALE, Entry, Source
from autograder.lab import NAME
from autograder.submission import MAX_FILE_BYTES, OTHER_FILES, WEIGHTS_SUFFIXES

MAX_WEIGHTS_BYTES = 512 * 2**20
MAX_ARCHIVE_BYTES = 1024 * 2**20
MAX_CODE_FILES, MAX_CODE_BYTES = 100, 64 * 2**20  # of one submission together: all are read to find the edited one
MAX_FILES = 5000
MAX_DEPTH = 8
CODE_SUFFIXES = (".py", ".ipynb")
SKIPPED = {"autograder", "__macosx", "__pycache__", "node_modules", "site-packages", "venv", "env"}
CHUNK = 2**20


@dataclass(frozen=True)
class _File:
    """A candidate: its path below the submission, and how it is read within a limit."""

    parts: tuple[str, ...]
    open: Callable[[int], IO[bytes]]

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def folder(self) -> tuple[str, ...]:
        return self.parts[:-1]

    @property
    def is_weights(self) -> bool:
        return self.name.lower().endswith(WEIGHTS_SUFFIXES)

    @property
    def is_history(self) -> bool:
        return history.is_named(self.name)

    @property
    def is_named(self) -> bool:
        return NAME in re.sub(r"[\s-]", "_", self.name.lower())


def _wanted(parts: tuple[str, ...]) -> bool:
    name = parts[-1]
    if any(part.startswith(".") or part.lower() in SKIPPED for part in parts[:-1]) or name.startswith("."):
        return False
    known = name.lower().endswith((*CODE_SUFFIXES, *WEIGHTS_SUFFIXES)) or history.is_named(name)
    return known and name not in OTHER_FILES


def open_file(path: Path, limit: int) -> IO[bytes]:
    """A regular file of at most *limit* bytes, without following a link or waiting for a pipe.

    Raises:
        SubmissionError: it is something else.
    """
    name = layouts.clean(path.name)
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags)
    except OSError:
        raise SubmissionError("collect.unreadable", name=name) from None
    stream = os.fdopen(descriptor, "rb")
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        stream.close()
        raise SubmissionError("collect.not_a_file", name=name)
    if status.st_size > limit:
        stream.close()
        raise SubmissionError("collect.too_large", name=name, limit=limit // 2**20)
    return stream


def _walk(folder: Path, parts: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Path]]:
    """The regular files below *folder*, in order; links are not followed."""
    try:
        with os.scandir(folder) as children:
            found = sorted(children, key=lambda child: child.name)
    except OSError:
        raise SubmissionError("collect.unreadable", name=layouts.clean(folder.name)) from None
    for child in found:
        path = (*parts, child.name)
        if child.is_dir(follow_symlinks=False):
            skipped = child.name.startswith(".") or child.name.lower() in SKIPPED
            if len(path) < MAX_DEPTH and not skipped:
                yield from _walk(Path(child.path), path)
        elif child.is_file(follow_symlinks=False):
            yield path, Path(child.path)


def _in_folder(folder: Path) -> Iterator[_File]:
    for count, (parts, path) in enumerate(_walk(folder)):
        if count >= MAX_FILES:
            raise SubmissionError("collect.too_many_files", limit=MAX_FILES)
        yield _File(parts, partial(open_file, path))


def _in_archive(stream: IO[bytes], stack: ExitStack, prefix: str = "", scale: int = 1) -> Iterator[_File]:
    opened = stack.enter_context(archive.opened(stream, scale))
    above = archive.split(prefix)
    for parts, info in archive.members(opened):
        if archive.split(info.filename)[: len(above)] == above and len(parts) > len(above):
            yield _File(parts[len(above) :], partial(archive.open_member, opened, info))


def _files(source: Source, stack: ExitStack) -> Iterator[_File]:
    """The files of one source; an archive inside is opened, one level deep."""
    if source.member and source.member.endswith("/"):
        stream = stack.enter_context(open_file(source.path, 2**40))
        yield from _present(list(_in_archive(stream, stack, source.member, CLASS_SCALE)), source)
    elif source.member:
        outer = stack.enter_context(open_file(source.path, 2**40))
        opened = stack.enter_context(archive.opened(outer, CLASS_SCALE))
        info = next((info for _, info in archive.members(opened) if info.filename == source.member), None)
        yield from _present([] if info is None else [_File((source.name,), partial(archive.open_member, opened, info))], source)
    elif source.path.is_dir():
        yield from _in_folder(source.path)
    else:
        found = [_File((source.name or source.path.name,), partial(open_file, source.path))]
        yield from _present(found if os.path.lexists(source.path) else [], source)


def _present(files: list[_File], source: Source) -> list[_File]:
    """The files of a source. It had some when the class was listed: if they are gone, nothing was not submitted."""
    if not files:
        raise SubmissionError("collect.unreadable", name=layouts.clean(source.name or source.member or source.path.name))
    return files


def _unpacked(files: list[_File], stack: ExitStack) -> list[_File]:
    """The files with those of an archive in the place of it, where the archive is all there is to grade."""
    archives = [file for file in files if file.name.lower().endswith(".zip")]
    records = [file for file in files if file.is_history]
    if any(_wanted(file.parts) for file in files if not file.is_history) or len(archives) != 1:
        return files
    copy: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    with _reading(archives[0].name), archives[0].open(MAX_ARCHIVE_BYTES) as stream:
        _copy(stream, copy, MAX_ARCHIVE_BYTES, archives[0].name)
    return [*_in_archive(copy, stack), *records]


def _copy(stream: IO[bytes], out: IO[bytes], limit: int, name: str) -> str:
    """Copy at most *limit* bytes; the SHA-256 of what was copied."""
    digest, size = hashlib.sha256(), 0
    while chunk := _chunk(stream, name):
        size += len(chunk)
        if size > limit:
            raise SubmissionError("collect.too_large", name=layouts.clean(name), limit=limit // 2**20)
        digest.update(chunk)
        out.write(chunk)
    return digest.hexdigest()


def _chunk(stream: IO[bytes], name: str) -> bytes:
    """What comes next of a file. A fault of the disk it lies on is no fault of that of the results."""
    try:
        return stream.read(CHUNK)
    except OSError:
        raise SubmissionError("collect.unreadable", name=layouts.clean(name)) from None


def _chosen(files: list[_File]) -> list[_File]:
    """Scripts, notebooks and weights of the shallowest folder that has them, by the lab's name if any do."""
    code = [file for file in files if not file.is_weights and not file.is_history]
    code = [file for file in code if file.is_named] or code
    weights = [file for file in files if file.is_weights and file.is_named]
    return _shallowest(code) + _shallowest(weights)


def _shallowest(files: list[_File]) -> list[_File]:
    depth = min((len(file.folder) for file in files), default=0)
    return [file for file in files if len(file.folder) == depth]


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what a broken archive or disk raises while it is read into a `SubmissionError`."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise archive.ArchiveError("collect.broken_archive", reason=str(error)[:200]) from error
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise SubmissionError("collect.unreadable", name=layouts.clean(name[:100])) from None


def _staged_history(files: list[_File], into: Path) -> dict[str, str]:
    """Copy the record of the training, if there is one, and its digest by its name.

    No points depend on it, so nothing about it stops the rest: one that cannot be copied is empty there.
    """
    for file in _shallowest([file for file in files if file.is_history])[:1]:
        copy = into / file.name
        try:
            with _reading(file.name), file.open(1024 * history.MAX_KIB) as stream, copy.open("xb") as out:
                return {file.name: _copy(stream, out, 1024 * history.MAX_KIB, file.name)}
        except SubmissionError:
            copy.write_bytes(b"")
            return {file.name: hashlib.sha256(b"").hexdigest()}
    return {}


def stage(entry: Entry, into: Path) -> str:
    """Copy the files that can be graded into the empty folder *into*; a digest of them.

    Raises:
        SubmissionError: they cannot be read, or which of two would count is for a person to say.
    """
    digests: dict[str, str] = {}
    left = {False: MAX_CODE_BYTES, True: MAX_WEIGHTS_BYTES}
    with ExitStack() as stack:
        files = [file for source in entry.sources for file in _files(source, stack)]
        wanted = [file for file in _unpacked(files, stack) if _wanted(file.parts)]
        chosen = _chosen(wanted)
        if len(chosen) > MAX_CODE_FILES:
            raise SubmissionError("collect.too_many_files", limit=MAX_CODE_FILES)
        for file in chosen:
            limit = MAX_WEIGHTS_BYTES if file.is_weights else MAX_FILE_BYTES
            copy = into / (".incoming" if file.name in digests else file.name)
            with _reading(file.name), file.open(limit) as stream, copy.open("wb") as out:
                digest = _copy(stream, out, limit, file.name)
                left[file.is_weights] -= out.tell()
            if left[file.is_weights] < 0:
                limit = MAX_WEIGHTS_BYTES if file.is_weights else MAX_CODE_BYTES
                raise SubmissionError("collect.too_much", limit=limit // 2**20)
            if digests.setdefault(file.name, digest) != digest:
                raise SubmissionError("submission.two_edited", names=f"{file.name} ({len(files)})")
            (into / ".incoming").unlink(missing_ok=True)
        digests |= _staged_history(wanted, into)
    listing = "\n".join(f"{digest} {name}" for name, digest in sorted(digests.items()))
    return hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()
