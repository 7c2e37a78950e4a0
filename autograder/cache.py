"""Results that were computed before, by what they were computed from.

A key is the SHA-256 of everything that a result depends on, so an entry answers for nothing else. Files appear
whole or not at all: processes may share the folder, and it may be deleted at any time.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import __version__, files, strictjson
from autograder.errors import EvidenceError

MAX_ENTRY_BYTES = 2**20
MAX_BYTES = 256 * 2**20


def home() -> Path | None:
    """This account's folder for what all runs share, named by CONVMARK_CACHE; None if it cannot be used."""
    folder = Path(os.environ.get("CONVMARK_CACHE") or "~/.cache/convmark/results").expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def versions() -> dict[str, str]:
    """The versions of what computes, on which every result depends."""
    return {name: importlib.metadata.version(name) for name in ("keras", "numpy", "tensorflow")}


@contextlib.contextmanager
def file(shared: Path | None, name: str, content: Callable[[], bytes]) -> Iterator[Path]:
    """A file with *content*: in the folder *shared* it is written once and stays, without one it goes afterwards."""
    if shared is None:
        with tempfile.TemporaryDirectory() as folder, file(Path(folder), name, content) as path:
            yield path
        return
    path = shared / name
    if not path.exists():
        files.write(path, content())
    yield path


def key_of(**parts: Any) -> str:
    """The key of what depends on *parts*, which are JSON data, and on this version."""
    content = json.dumps({"grader": __version__, **parts}, sort_keys=True).encode("ascii")
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Cache:
    """JSON objects in a folder; the oldest go when they hold more than *max_bytes* together."""

    folder: Path
    max_bytes: int = MAX_BYTES

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def get(self, key: str) -> dict[str, Any] | None:
        """The entry, None if there is none or it is no whole one of ours."""
        path = self._path(key)
        try:
            about = path.stat()
            if about.st_size > MAX_ENTRY_BYTES or not stat.S_ISREG(about.st_mode):
                return None  # a pipe would never end
            value = strictjson.loads(path.read_text("ascii"), max_chars=MAX_ENTRY_BYTES)
            path.touch()
        except (OSError, ValueError, EvidenceError):
            return None
        return value if isinstance(value, dict) else None

    def put(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep an entry; a full disk only means that it is not kept."""
        with contextlib.suppress(OSError):
            files.write_json(self._path(key), dict(value))
            self._evict()

    @contextlib.contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """Let one process of this machine at a time work on *key*: the others then find the entry.

        The lock goes with its process. Where the system has no such locks, work may be done twice.
        """
        try:
            import fcntl

            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.folder / f".{key[:2]}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except (ImportError, OSError):
            yield
            return
        try:
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _evict(self) -> None:
        entries = []
        for path in self.folder.glob("*.json"):
            with contextlib.suppress(OSError):
                about = path.stat()
                entries.append((about.st_mtime_ns, about.st_size, path))
        excess = sum(size for _, size, _ in entries) - self.max_bytes
        for _, size, path in sorted(entries):
            if excess <= 0:
                return
            with contextlib.suppress(OSError):
                path.unlink()
            excess -= size
