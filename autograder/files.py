"""Write files that appear whole or not at all."""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


def write(path: Path, content: bytes) -> None:
    """Write *content* to a temporary file beside *path*, flush it to the disk and rename it.

    Raises:
        OSError: the disk is full or the folder cannot be written; *path* is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def write_json(path: Path, value: Any) -> None:
    """Write *value* as JSON in ASCII, so that a lone surrogate cannot break the file."""
    write(path, (json.dumps(value, ensure_ascii=True, indent=1) + "\n").encode("ascii"))
