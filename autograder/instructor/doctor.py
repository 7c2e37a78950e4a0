"""What works on this machine, what does not, why, and what to do about it."""

import importlib.metadata
import os
import platform
from dataclasses import dataclass

from autograder import __version__, dataset, report, scheme
from autograder.errors import DataUnavailable
from autograder.instructor import selftest
from autograder.verdict import Reason

PACKAGES = ("tensorflow", "keras", "numpy", "pytest")
LAYERS = {
    "files": "no file of the machine can be read",
    "network": "no network",
    "processes": "no other process in sight",
    "read-only": "nothing outside /tmp can be written",
    "environment": "nothing of the grader's environment",
    "capabilities": "an account without privileges",
    "descriptors": "no open file is inherited",
    "seccomp": "dangerous system calls are refused",
    "nested": "no further user namespaces",
    "quota": "disk use is bounded",
    "cgroup": "memory of the whole box is bounded",
}


@dataclass(frozen=True)
class Finding:
    """One line of the examination; what is optional does not keep from grading."""

    name: str
    good: bool
    text: str = ""
    remedy: str = ""
    optional: bool = False


def level() -> str:
    """``full`` where every submission gets a box, ``container`` or ``process`` where none can."""
    found = selftest.available()
    if found.launcher is None and found.problem is not None and found.problem.code == "sandbox.container":
        return "container"
    return found.level


def isolation(lang: str) -> list[Finding]:
    """The layers of the sandbox, and what to do where there is none."""
    found = selftest.available(memory_mib=int(scheme.load().limits["memory_mib"]))
    if found.problem is not None:
        told = report.sentences(found.problem, lang)
        head = Finding("sandbox", False, " ".join(filter(None, (told.wrong, told.detail))), told.todo)
    else:
        assert found.launcher is not None
        head = Finding("sandbox", True, found.launcher.bwrap)
    layers = [
        Finding(f"layer {layer.name}", layer.active, _layer_text(layer), optional=layer.name in selftest.OPTIONAL)
        for layer in found.layers
    ]
    return [head, *layers]


def _layer_text(layer: selftest.Layer) -> str:
    return LAYERS[layer.name] + (f" ({layer.why})" if layer.why and not layer.active else "")


def versions() -> list[Finding]:
    """Versions of what grading needs."""
    found = [Finding("convmark", True, __version__), Finding("python", True, platform.python_version())]
    for name in PACKAGES:
        try:
            found.append(Finding(name, True, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append(Finding(name, False, "not installed", f"python -m pip install {name}"))
    return found


def data(lang: str) -> Finding:
    """Whether the data set for the accuracy section is here; nothing is downloaded."""
    try:
        name = os.environ.get("CIFAR10_NPZ", "")
        found = dataset.find("cifar10")
    except DataUnavailable as error:
        told = report.sentences(Reason(error.code, error.params), lang)
        return Finding("CIFAR-10", False, told.wrong, told.todo, optional=True)
    return Finding("CIFAR-10", True, f"{len(found.x_test)} test images{' from ' + name if name else ''}", optional=True)


def examine(lang: str) -> list[Finding]:
    """Everything, in the order in which it is printed."""
    return [*versions(), *isolation(lang), data(lang)]
