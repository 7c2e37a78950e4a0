"""What the tests of the sandbox and of the batch share."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autograder.instructor import selftest
from autograder.instructor.breakout import Box
from autograder.instructor.sandbox import BubblewrapLauncher
from autograder.instructor.warm import WarmLauncher

FOUND = selftest.available()
needs_boxes = pytest.mark.skipif(FOUND.level != "full", reason=f"isolation does not work here: {FOUND.problem}")


def box() -> BubblewrapLauncher:
    """The launcher that works here, without the warm server."""
    found = FOUND.launcher.host if isinstance(FOUND.launcher, WarmLauncher) else FOUND.launcher
    assert isinstance(found, BubblewrapLauncher)
    return found


def run(source: str, *arguments: str, launcher: Box | None = None) -> Any:
    """Run Python code in a box; the JSON that it prints."""
    child = (launcher or box()).code(source, *arguments).start()
    child.stdin.close()
    with child.stdout, child.stderr:
        printed, said = child.stdout.read(), child.stderr.read()
    assert child.wait(60) == 0, said
    return json.loads(printed)


def classroom(folder: Path, works: Mapping[str, str]) -> Path:
    """A folder of students with a script each; None of a student without a file."""
    for student, code in works.items():
        (folder / student).mkdir(parents=True)
        if code:
            (folder / student / "cifar10_cnn.py").write_text(code)
    return folder
