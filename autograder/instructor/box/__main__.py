"""The first code that runs inside a box: take the last limits, then run what was asked for.

``python -P …/box/__main__.py SETTINGS -m MODULE`` or ``… -c CODE``. SETTINGS is JSON: ``limits`` maps names of
`resource` to numbers; ``landlock`` names what may be read and written, or is null; ``seccomp`` says whether
to install the filter, and ``shared`` that there are no namespaces around this box.

The limit on processes must be set here: since Linux 5.14 it counts within the box's user namespace.
"""

import ctypes
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from autograder.instructor.box import landlock, seccomp

NO_NEW_PRIVILEGES, DUMPABLE = 38, 4


def limit(limits: dict[str, int]) -> None:
    """Set the limits, soft and hard; a hard limit that is already lower stays."""
    import resource

    for name, value in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _control(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def enter(settings: dict[str, Any]) -> None:
    """Give up for good what the settings say.

    Raises:
        OSError: the kernel refuses a layer that was asked for.
    """
    os.closerange(3, 4096)
    limit(settings["limits"])
    _control(NO_NEW_PRIVILEGES, 1)
    if settings["shared"]:
        _control(DUMPABLE, 0)
    if settings["landlock"] is not None:
        landlock.restrict(settings["landlock"])
    if settings["seccomp"]:
        seccomp.install(settings["shared"])


def main(argv: list[str]) -> None:
    """Run ``-m MODULE`` or ``-c CODE`` under the settings in ``argv[1]``."""
    settings: dict[str, Any] = json.loads(argv[1])
    kind, target = argv[2:4]
    enter(settings)
    sys.argv[1:] = argv[4:]
    if kind == "-m":
        runpy.run_module(target, run_name="__main__", alter_sys=True)
    else:
        exec(compile(target, "<box>", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own code


if __name__ == "__main__":
    main(sys.argv)
