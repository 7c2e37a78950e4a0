"""Memory and process limits for a whole box, where a control group can be made below our own.

One group for each grading process, named after it, is made when it is first needed; `sweep` removes those
whose process is gone.
"""

import os
import time
from functools import cache
from pathlib import Path

from autograder.errors import SandboxError

MOUNT = Path("/sys/fs/cgroup")
NAME = "convmark-"
MIB = 2**20
# Enters the groups named before "--", then becomes the command after it.
ENTER = 'while [ "$1" != -- ]; do echo 0 > "$1/cgroup.procs" || exit 125; shift; done; shift; exec "$@"'


def own_groups(text: str, mount: Path = MOUNT) -> dict[str, Path]:
    """The folders of our own groups that can limit memory and processes, from ``/proc/self/cgroup``."""
    groups: dict[str, Path] = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        below = path.lstrip("/")
        for name in {"memory", "pids"}.intersection(controllers.split(",")):
            groups[name] = mount / controllers / below
        if not controllers and "memory" in _read(mount / below / "cgroup.controllers").split():
            groups = {"unified": mount / below}
    return groups


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


@cache
def _parents() -> dict[str, Path]:
    return own_groups(_read(Path("/proc/self/cgroup")))


def _limits(kind: str, memory_mib: int, processes: int) -> dict[str, str]:
    memory = str(memory_mib * MIB)
    if kind == "memory":
        return {"memory.limit_in_bytes": memory}
    if kind == "pids":
        return {"pids.max": str(processes)}
    return {"memory.max": memory, "memory.swap.max": "0", "pids.max": str(processes)}


def create(memory_mib: int, processes: int) -> list[Path]:
    """Make this process's groups, or set their limits anew; the folders.

    Raises:
        SandboxError: there is no group that may be divided here.
    """
    folders = []
    try:
        for kind, parent in sorted(_parents().items()):
            folder = parent / f"{NAME}{os.getpid()}"
            folder.mkdir(exist_ok=True)
            folders.append(folder)
            for name, value in _limits(kind, memory_mib, processes).items():
                if (folder / name).exists() or name != "memory.swap.max":
                    (folder / name).write_text(value)
    except OSError as error:
        for folder in folders:
            _remove(folder)
        raise SandboxError("sandbox.no_cgroup", reason=error.strerror or str(error)) from error
    if not any(kind in ("memory", "unified") for kind in _parents()):
        raise SandboxError("sandbox.no_cgroup", reason="no memory controller")
    return folders


def inside(folders: list[Path], argv: list[str]) -> list[str]:
    """*argv*, started in these groups."""
    return ["/bin/sh", "-c", ENTER, "sh", *map(str, folders), "--", *argv]


def _remove(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return


def _unused() -> list[Path]:
    """The groups of this process, and of processes that are gone."""
    found = [folder for parent in _parents().values() for folder in parent.glob(f"{NAME}*")]
    owners = {folder: folder.name.removeprefix(NAME) for folder in found}
    return [
        folder for folder, pid in owners.items() if pid.isdigit() and (int(pid) == os.getpid() or not Path("/proc", pid).exists())
    ]


def sweep(patience: float = 0.0) -> None:
    """Remove groups that are not used any more, within *patience* seconds for what was killed to be gone."""
    deadline = time.monotonic() + patience
    while unused := _unused():
        for folder in unused:
            _remove(folder)
        if time.monotonic() >= deadline:
            return
        time.sleep(0.02)
