"""What the tests of the sandbox and of the batch share."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from autograder.instructor import selftest
from autograder.instructor.breakout import Box
from autograder.instructor.sandbox import BubblewrapLauncher

FOUND = selftest.available()
needs_boxes = pytest.mark.skipif(FOUND.level != "full", reason=f"isolation does not work here: {FOUND.problem}")


def box() -> BubblewrapLauncher:
    """The launcher that works here."""
    assert isinstance(FOUND.launcher, BubblewrapLauncher)
    return FOUND.launcher


def run(source: str, *arguments: str, launcher: Box | None = None) -> Any:
    """Run Python code in a box; the JSON that it prints."""
    command = (launcher or box()).code(source, *arguments)
    done = subprocess.run(
        command.argv,
        env=dict(command.env),
        cwd=command.cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def classroom(folder: Path, works: Mapping[str, str]) -> Path:
    """A folder of students with a script each; None of a student without a file."""
    for student, code in works.items():
        (folder / student).mkdir(parents=True)
        if code:
            (folder / student / "cifar10_cnn.py").write_text(code)
    return folder
