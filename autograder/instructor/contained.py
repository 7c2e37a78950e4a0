"""Isolation without namespaces: level ``container``, for machines whose kernel or container refuses them.

A box is a process that Landlock keeps from every file but Python's and its own, and the filter of system
calls from sockets and from other processes. A guard outside kills whatever it leaves behind. Started by
root it has an account of its own, which no other box shares.
"""

import json
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.instructor import cgroup, sandbox
from autograder.instructor.box import guard, landlock
from autograder.launcher import Command

# What Python, NumPy and TensorFlow ask about the machine and about their own process, which is all of it they get.
MACHINE = (
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self",
    "/proc/stat",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
STOP_SECONDS = 10.0


@dataclass
class ContainerLauncher:
    """Starts modules of ours in boxes without namespaces. Which options are used is what the self-test found to work."""

    own: bool = field(default_factory=lambda: os.geteuid() == 0)
    group: bool = False
    memory_mib: int = 3072
    threads: int = 1

    level: str = field(init=False, default="container")
    layers: Sequence[str] = field(init=False, default=())

    def __post_init__(self) -> None:
        optional = {"own account": self.own, "cgroup": self.group, "memory watch": not self.group}
        always = (f"Landlock {landlock.version()}", "seccomp", "no sockets", "no capabilities", "rlimits", "guard")
        self.layers = (*always, *(name for name, active in optional.items() if active))

    @property
    def name(self) -> str:
        """What is printed as the means of isolation."""
        return f"Landlock {landlock.version()} and seccomp"

    @property
    def counts_processes(self) -> bool:
        """Whether the number of processes is bounded: the kernel exempts root from its limit."""
        return self.own or self.group or os.geteuid() != 0

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """The command that runs *module* in a new box; it finds the files *readonly* where `Command.where` says.

        Raises:
            SandboxError: the control group cannot be set up.
        """
        return self._box(module.split(".")[1], readonly, "-m", module)

    def code(self, source: str, *arguments: str) -> Command:
        """The command that runs Python code in a new box: the same box, for the self-test."""
        return self._box("", (), "-c", source, *arguments)

    def _box(self, package: str, readonly: Sequence[Path], *target: str) -> Command:
        base = os.path.realpath(tempfile.gettempdir())
        folder = f"{base}/{guard.PREFIX}{os.getpid()}-{secrets.token_hex(8)}"
        given = {path: f"{number}{path.suffix}" for number, path in enumerate(readonly)}
        inside = {
            "limits": self._limits(),
            "landlock": self._allowed(folder),
            "seccomp": True,
            "shared": True,
        }
        settings = {
            "folder": folder,
            "visible": sandbox.visible(package),
            "given": [(os.path.realpath(path), name) for path, name in given.items()],
            "own": self.own,
            "groups": [],
            "argv": [sys.executable, "-P", f"{folder}/grader/{sandbox.ENTRY}", json.dumps(inside), *target],
            "env": sandbox.variables(self.threads, f"{folder}/work"),
        }
        groups = cgroup.create(sandbox.together(self.memory_mib) // sandbox.MIB, sandbox.processes()) if self.group else []
        settings["groups"] = list(map(str, groups))
        argv = [sys.executable, "-I", "-S", guard.__file__, json.dumps(settings)]
        where = {path: f"{folder}/given/{name}" for path, name in given.items()}
        argv = cgroup.inside(groups, argv) if groups else argv
        watched = 0 if self.group else sandbox.together(self.memory_mib)
        return Command(argv, {"PATH": "/usr/bin:/bin"}, cwd="/", seen=where, stop_seconds=STOP_SECONDS, memory_bytes=watched)

    def _limits(self) -> Mapping[str, int]:
        limits = sandbox.limits(self.memory_mib)
        limits["RLIMIT_NPROC"] = sandbox.processes() + (0 if self.own else _tasks(os.getuid()))
        return limits

    @staticmethod
    def _allowed(folder: str) -> dict[str, list[str]]:
        read = [*sandbox.system_paths(), *sandbox.python_folders(), *MACHINE, f"{folder}/grader", f"{folder}/given"]
        return {"read": read, "write": [f"{folder}/work", *DEVICES]}


def _tasks(account: int) -> int:
    """How many threads an account has now: without namespaces the limit on processes counts them too."""
    count = 0
    for entry in os.scandir("/proc"):
        try:
            if entry.name.isdigit() and entry.stat().st_uid == account:
                count += len(list(Path(f"/proc/{entry.name}/task").iterdir()))
        except OSError:
            continue
    return count
