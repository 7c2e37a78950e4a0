"""Write files that appear whole or not at all, also when the power goes."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

DIRECTORY = getattr(os, "O_DIRECTORY", None)  # absent where folders cannot be opened


def write(path: Path, content: bytes | Iterable[bytes], mode: int = 0o644) -> None:
    """Write *content*, or its parts as they are made, to a temporary file beside *path*, flush it, rename it, flush the folder.

    Raises:
        OSError: the disk is full or the folder cannot be written; *path* is as it was.
    """
    _make(path.parent)
    descriptor, name = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.writelines([content] if isinstance(content, bytes) else content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    _flush(path.parent)


def write_json(path: Path, value: Any, mode: int = 0o644) -> None:
    """Write *value* as JSON in ASCII, so that a lone surrogate cannot break the file."""
    write(path, encoded(value), mode)


def encoded(value: Any) -> bytes:
    """What `write_json` writes."""
    return (json.dumps(value, ensure_ascii=True, indent=1) + "\n").encode("ascii")


def _make(folder: Path) -> None:
    """Make a folder and those above it, each in the safe keeping of the one above."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _flush(folder.parent)


def _flush(folder: Path) -> None:
    """Let the names in a folder reach the disk: a file that is flushed may still lose its name with the power."""
    if DIRECTORY is None:
        return
    with contextlib.suppress(OSError):  # not every file system can; the file itself is whole
        descriptor = os.open(folder, os.O_RDONLY | DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
