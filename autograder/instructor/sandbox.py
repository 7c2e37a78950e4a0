"""Isolation of submissions: every process that runs a student's code gets a bubblewrap box of its own.

A box sees the system's libraries, this Python and our probe, all read-only, and nothing else: no other
submission, no results, no data set, no network, no process but its own. `selftest.py` finds out by
doing which layers work here, and refuses to grade where isolation does not.
"""

import json
import os
import platform
import re
import site
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.instructor import cgroup
from autograder.instructor.box import leaf
from autograder.launcher import ROOT, Command

MIB = 2**20
TMP, SHM = "/tmp", "/dev/shm"  # noqa: S108 - the box's own
GRADER = "/grader"
BORDER = ("__init__.py", "instructor/__init__.py", "instructor/box")
GIVEN = "/given"
SHARED = ("inputs.py", "lab.json", "lab.py")
VISIBLE = {
    "": (),
    "warm": (*SHARED, "probe", "replay"),
    "probe": (*SHARED, "probe"),
    "replay": (*SHARED, "replay"),
    "instructor": ("lab.json", "lab.py", "probe"),
}
ENTRY = "autograder/instructor/box/__main__.py"
SERVER = "autograder/instructor/box/server.py"
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/nix/store")
SYSTEM_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
TMP_BYTES = 256 * MIB
SHM_BYTES = 64 * MIB
FILE_BYTES = 128 * MIB
MAX_FILES = 20_000  # in each temporary folder of a fork
SERVER_MIB = 1024  # for the server itself, and what its forks share with it but are counted for
ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "HOME": TMP,
    "KERAS_BACKEND": "tensorflow",
    "LANG": "C.UTF-8",
    "LOGNAME": "student",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": "/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TMPDIR": TMP,
    "USER": "student",
}


def _inside(path: str, folders: Iterable[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def python_folders() -> list[str]:
    """The folders that this Python and its packages live in, outermost only, links resolved as well."""
    packages = [p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]
    wanted = [sys.prefix, sys.base_prefix, sys.exec_prefix, *packages]
    # `Path.is_dir` raises where a parent may not be searched.
    paths = {str(Path(p).absolute()) for p in wanted if os.path.isdir(p)}  # noqa: PTH112
    paths |= {os.path.realpath(p) for p in paths}
    paths = {p for p in paths if not _inside(p, ["/usr"]) and p != "/"}
    return sorted(p for p in paths if not _inside(p, paths - {p}))


def python_path() -> str:
    """Package folders that Python would not find by itself with an empty environment and another home folder."""
    found = [p for p in sys.path if p.endswith(("site-packages", "dist-packages")) and p not in site.getsitepackages()]
    return os.pathsep.join(found)


def exposed(path: Path) -> bool:
    """Whether a box would see *path* because it lies in a folder that Python needs."""
    return _inside(os.path.realpath(path), ["/usr", *python_folders()])


def visible(package: str) -> list[tuple[str, str]]:
    """What a box sees of ours: pairs of a path here and its name below the box's own folder of ours."""
    return [(str(ROOT / "autograder" / name), f"autograder/{name}") for name in (*BORDER, *VISIBLE[package])]


def system_paths() -> list[str]:
    """The system's files and folders that Python needs."""
    return ["/usr", *filter(os.path.exists, (*SYSTEM_FOLDERS, *SYSTEM_FILES))]


def processes() -> int:
    """How many processes and threads a box may have."""
    return 192 + 8 * (os.cpu_count() or 1)


def together(memory_mib: int) -> int:
    """The bytes that all processes of a box may hold, if each may hold *memory_mib*."""
    return (memory_mib + 1024) * MIB


def limits(memory_mib: int) -> dict[str, int]:
    """The limits of each process in a box, without that on the number of processes."""
    found = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": FILE_BYTES, "RLIMIT_NOFILE": 256, "RLIMIT_MEMLOCK": 0}
    return found | {
        "RLIMIT_AS": (memory_mib + 5120) * MIB,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_DATA": (memory_mib + 512) * MIB,
    }


def counts_by_namespace() -> bool:
    """Whether the limit on processes counts within a user namespace, not what the instructor's desktop runs."""
    return tuple(map(int, re.findall(r"\d+", platform.release())[:2])) >= (5, 14)


def variables(threads: int, temporary: str = TMP) -> dict[str, str]:
    """The whole environment of a box."""
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    found = ENVIRONMENT | {"HOME": temporary, "TMPDIR": temporary} | dict.fromkeys(names, str(threads))
    return found | ({"PYTHONPATH": python_path()} if python_path() else {})


@dataclass
class BubblewrapLauncher:
    """Starts modules of ours in boxes. Which options are used is what the self-test found to work."""

    bwrap: str
    quota: bool = True
    nested: bool = False
    seccomp: bool = True
    landlock: bool = True
    group: bool = False
    memory_mib: int = 3072
    threads: int = 1

    level: str = field(init=False, default="full")
    layers: Sequence[str] = field(init=False, default=())

    def __post_init__(self) -> None:
        self.layers = self._layers()

    def _layers(self) -> tuple[str, ...]:
        """The active layers, for the report."""
        optional = {
            "seccomp": self.seccomp,
            "Landlock": self.landlock,
            "no nested user namespaces": not self.nested,
            "disk quota": self.quota,
            "cgroup": self.group,
            "memory watch": not self.group,
        }
        always = ("namespaces", "no network", "read-only files", "no capabilities", "rlimits")
        return (*always, *(name for name, active in optional.items() if active))

    @property
    def name(self) -> str:
        """What is printed as the means of isolation."""
        return self.bwrap

    @property
    def counts_processes(self) -> bool:
        """Whether the number of processes is bounded: the kernel exempts root from its limit."""
        return self.group or (os.geteuid() != 0 and counts_by_namespace())

    def command(self, module: str, readonly: Sequence[Path] = ()) -> Command:
        """The command that runs *module* in a new box, with the files *readonly* visible at their own paths.

        Raises:
            SandboxError: the control group cannot be set up.
        """
        return self._box(module.split(".")[1], readonly, "-m", module)

    def code(self, source: str, *arguments: str) -> Command:
        """The command that runs Python code in a new box: the same box, for the self-test."""
        return self._box("", (), "-c", source, *arguments)

    def server(self, modules: Sequence[str], inbox: Path) -> Command:
        """The command that starts a warm server in a box whose forks make boxes of their own.

        Raises:
            SandboxError: the control group cannot be set up.
        """
        sizes = {TMP: TMP_BYTES, SHM: SHM_BYTES}
        folders = {path: f"size={size},nr_inodes={MAX_FILES},mode=700" for path, size in sizes.items()}
        settings = {
            "modules": list(modules),
            "uncover": os.geteuid() == 0,
            "leaf": self._inside([Path(GIVEN)])
            | {"folders": folders, "kept": [path for path in python_folders() if _inside(path, sizes)]},
        }
        python = [sys.executable, "-P", f"{GRADER}/{SERVER}", json.dumps(settings)]
        # Root's /proc is covered in part, and only who made the box can uncover it: no second user namespace.
        options = (
            ["--uid", "0", "--gid", "0", "--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETFCAP"] if os.geteuid() == 0 else []
        )
        binds = [*self._ours("warm"), (str(inbox), GIVEN)]
        options += ["--dir", leaf.ASIDE]
        return self._start([*self._isolation(nested=True), *options, *self._files(binds)], python, SERVER_MIB)

    def given(self, inbox: Path) -> str:
        """Where the server finds the folder *inbox*."""
        return GIVEN

    def where(self, files: Sequence[Path], path: Path) -> str:
        """Where a fork that was given *files* finds *path*."""
        return f"{GIVEN}/{[*files].index(path)}{path.suffix}"

    @staticmethod
    def _ours(package: str) -> list[tuple[str, str]]:
        return [(source, f"{GRADER}/{name}") for source, name in visible(package)]

    def _inside(self, readonly: Sequence[Path]) -> dict[str, Any]:
        """What the first code in a box gives up."""
        number = {"RLIMIT_NPROC": processes()} if counts_by_namespace() else {}
        return {
            "limits": limits(self.memory_mib) | number,
            "landlock": self._allowed(readonly) if self.landlock else None,
            "seccomp": self.seccomp,
            "shared": False,
        }

    def _box(self, package: str, readonly: Sequence[Path], *target: str) -> Command:
        binds = [*self._ours(package), *((os.path.realpath(path), str(path.absolute())) for path in readonly)]
        python = [sys.executable, "-P", f"{GRADER}/{ENTRY}", json.dumps(self._inside(readonly)), *target]
        return self._start([*self._isolation(self.nested), *self._files(binds)], python, 0)

    def _start(self, options: Sequence[str], python: Sequence[str], more_mib: int) -> Command:
        argv = [self.bwrap, *options, *self._variables(), "--chdir", TMP, "--", *python]
        if self.group:
            argv = cgroup.inside(cgroup.create(together(self.memory_mib) // MIB + more_mib, processes()), argv)
        # The first process of a box shows this environment in its own /proc entry.
        return Command(argv, {"PATH": "/usr/bin:/bin"}, cwd="/", memory_bytes=self.memory_bytes)

    @property
    def memory_bytes(self) -> int:
        """What a box may hold, if it has to be watched."""
        return 0 if self.group else together(self.memory_mib)

    @staticmethod
    def _allowed(readonly: Sequence[Path]) -> dict[str, list[str]]:
        """The same files as the box has, said once more to Landlock."""
        read = [*system_paths(), *python_folders(), GRADER, "/proc", "/dev", "/sys", *(str(path.absolute()) for path in readonly)]
        return {"read": read, "write": [TMP, SHM, *DEVICES]}

    @staticmethod
    def _isolation(nested: bool) -> list[str]:
        options = ["--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--hostname", "box"]
        options += ["--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv"]
        return options if nested else [*options, "--disable-userns"]

    def _files(self, binds: Iterable[tuple[str, str]]) -> list[str]:
        options = ["--proc", "/proc", "--dev", "/dev", *self._tmpfs(SHM, SHM_BYTES), "--remount-ro", "/dev"]
        options += [*self._tmpfs(TMP, TMP_BYTES), "--ro-bind", "/usr", "/usr"]
        for folder in SYSTEM_FOLDERS:
            if Path(folder).is_symlink():
                options += ["--symlink", str(Path(folder).readlink()), folder]
            elif Path(folder).is_dir():
                options += ["--ro-bind", folder, folder]
        for path in (*filter(os.path.exists, SYSTEM_FILES), *python_folders()):
            options += ["--ro-bind", os.path.realpath(path), path]
        for source, target in binds:
            options += ["--ro-bind", source, target]
        return [*options, "--remount-ro", "/"]

    def _tmpfs(self, path: str, size: int) -> list[str]:
        return ["--size", str(size), "--tmpfs", path] if self.quota else ["--tmpfs", path]

    def _variables(self) -> list[str]:
        return [part for name, value in sorted(variables(self.threads).items()) for part in ("--setenv", name, value)]
