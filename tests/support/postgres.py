"""A PostgreSQL server of one's own, as Debian's package has it; nobody outside its folder can reach it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import BOUND, until

PLACES = Path("/usr/lib/postgresql")
USER = "course"


def _programs() -> Path:
    """The folder of the newest server that is installed; a test that needs one is skipped where there is none."""
    found = sorted(PLACES.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if not found:
        pytest.skip(f"PostgreSQL is not installed: nothing in {PLACES}")
    return found[-1].parent


def _account() -> dict[str, Any]:
    """Whom the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def server() -> Iterator[str]:
    """A server with an empty database, and its address for SQLAlchemy."""
    programs, account = _programs(), _account()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    common: dict[str, Any] = {"cwd": folder, "env": {"PATH": "/usr/bin:/bin"}, **account}
    initdb = ["--pgdata=data", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-locale", "--no-sync"]
    postgres: list[str | Path] = ["-D", "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    quiet: dict[str, Any] = {**common, "stdout": subprocess.DEVNULL}
    try:
        if account:
            os.chown(folder, account["user"], account["group"])
        subprocess.run([programs / "initdb", *initdb], **quiet, check=True)
        with subprocess.Popen([*BOUND, programs / "postgres", *postgres], **quiet, stderr=subprocess.DEVNULL) as running:
            try:
                until(lambda: subprocess.run([programs / "pg_isready", "-h", folder], **quiet, check=False).returncode == 0)
                yield f"postgresql+psycopg://{USER}@/postgres?host={folder}"
            finally:
                running.send_signal(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
