"""Programs run by another account, with a Python that it may read."""

import functools
import os
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.launcher import ROOT

NOBODY = 65534
TRY = "import sys, numpy, click, autograder; print(sys.version_info[:2])"


def environment(home: Path) -> dict[str, str]:
    """What the other account has in its environment."""
    packages = [path for path in sys.path if path.endswith("site-packages")] or site.getsitepackages()
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONPATH": os.pathsep.join([str(ROOT), *packages]),
    }


def run(
    python: str, arguments: Sequence[str], home: Path, account: int = NOBODY, **options: Any
) -> "subprocess.CompletedProcess[str]":
    """Run Python as that account, with nothing of this environment."""
    return subprocess.run(
        [python, "-P", *arguments],
        env=environment(home),
        cwd="/",
        user=account,
        group=account,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **options,
    )


@contextmanager
def home(account: int = NOBODY) -> Iterator[Path]:
    """A folder of *account* that everybody can reach.

    It is none of pytest's: each start of pytest, a nested one too, shuts those of all runs against other accounts.
    """
    with tempfile.TemporaryDirectory(prefix="convmark-home-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.chown(folder, account, account)
        yield folder


@functools.cache
def python() -> str:
    """A Python of this version that every account may run with our packages; empty if there is none."""
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            done = run(candidate, ["-c", TRY], Path("/tmp"))
        except (OSError, subprocess.SubprocessError):
            continue
        if done.returncode == 0 and str(sys.version_info[:2]) == done.stdout.strip():
            return candidate
    return ""


def missing() -> str:
    """Why no other account can run anything here; empty if one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root can become another account"
    return "" if python() else "no Python of this version with our packages can be read by another account"
