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
    "read-only": "nothing outside its temporary folder can be written",
    "environment": "nothing of the grader's environment",
    "capabilities": "an account without privileges",
    "descriptors": "no open file is inherited",
    "seccomp": "dangerous system calls are refused",
    "landlock": "the kernel refuses every other file once more",
    "account": "an account that no other process has",
    "nested": "no further user namespaces",
    "quota": "disk use is bounded",
    "tasks": "the number of processes is bounded",
    "cgroup": "memory of the whole box is bounded",
    "warm": "Keras is imported once, not for each submission",
}
# What a machine loses without a layer that grading does not depend on, and what to do about it.
LOST = {
    "seccomp": "layer.seccomp",
    "landlock": "layer.landlock",
    "account": "layer.account",
    "nested": "layer.nested",
    "quota": "layer.quota",
    "tasks": "layer.tasks",
    "cgroup": "layer.cgroup",
    "warm": "layer.warm",
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
    """The strongest level of isolation that works here."""
    return _available().level


def _available() -> selftest.Layers:
    return selftest.available(memory_mib=int(scheme.load().limits["memory_mib"]))


def isolation(lang: str) -> list[Finding]:
    """The layers of the sandbox, and what to do where there is none."""
    found = _available()
    heads = []
    if found.problem is not None:
        told = report.sentences(found.problem, lang)
        text = " ".join(filter(None, (told.wrong, told.detail)))
        weaker = found.launcher is not None
        heads.append(Finding("namespaces" if weaker else "sandbox", False, text, told.todo, optional=weaker))
    if found.launcher is not None:
        heads.append(_launcher(found, lang))
    return [*heads, *(_layer(layer, lang, optional=layer.name in selftest.OPTIONAL) for layer in found.layers)]


def _launcher(found: selftest.Layers, lang: str) -> Finding:
    """The means of isolation, and whether `convmark grade` uses it without being asked to."""
    assert found.launcher is not None
    if selftest.accepted(found.level, None):
        return Finding("sandbox", True, found.launcher.name)
    told = report.sentences(Reason("sandbox.weaker", {"reason": found.launcher.name}), lang)
    return Finding("sandbox", False, told.wrong, told.todo)


def _layer(layer: selftest.Layer, lang: str, optional: bool) -> Finding:
    if layer.active or layer.name not in LOST:
        return Finding(f"layer {layer.name}", layer.active, _layer_text(layer), optional=optional)
    told = report.sentences(Reason(LOST[layer.name], {}), lang)
    return Finding(f"layer {layer.name}", False, _layer_text(layer), f"{told.wrong} {told.todo}", optional)


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
        name = os.environ.get(dataset.variable(dataset.lab_name()), "")
        found = dataset.find()
    except DataUnavailable as error:
        told = report.sentences(Reason(error.code, error.params), lang)
        return Finding(dataset.title(), False, told.wrong, told.todo, optional=True)
    return Finding(dataset.title(), True, f"{len(found.x_test)} test images{' from ' + name if name else ''}", optional=True)


def examine(lang: str) -> list[Finding]:
    """Everything, in the order in which it is printed."""
    return [*versions(), *isolation(lang), data(lang)]
