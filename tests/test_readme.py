"""What the README promises of its two commands and of an instructor's four."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import REPO
from tests.instructor.boxes import needs_boxes
from tests.support import blocks
from tests.test_docs_printed import ANY, agrees, environment, prepared

pytestmark = [pytest.mark.slow, needs_boxes]
MAKE = re.compile(r"^(?P<target>\w+):.*\n(?:\t\$\(BIN\)/(?P<command>.*))?", re.MULTILINE)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository."""
    return prepared("copy", tmp_path_factory.mktemp("readme"))


@pytest.fixture(scope="module")
def settings(copy: Path) -> Mapping[str, str]:
    """The environment of a reader's shell there, who has no other data than what comes with the kit."""
    known = {name: value for name, value in environment(copy).items() if name != "CIFAR10_NPZ"}
    return known | {"HOME": str(copy.parent)}


def run(line: str, folder: Path, settings: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """A line as a shell runs it."""
    return subprocess.run(["bash", "-c", line], cwd=folder, env=settings, capture_output=True, text=True, check=False)


def test_the_demo_ends_as_shown(copy: Path, settings: Mapping[str, str]) -> None:
    """What `make demo` runs grades the sample class, prints the lines that are shown, and leaves the page that it names."""
    commands = {found["target"]: found["command"] for found in MAKE.finditer((REPO / "Makefile").read_text("utf-8"))}
    shown = blocks.block("README.md", "│ elena").splitlines()
    assert {"demo", "test"} == set(re.findall(r"^make (\w+)", blocks.block("README.md", "make demo"), re.MULTILINE))
    done = run(commands["demo"], copy, settings)

    assert 0 == done.returncode, done.stderr
    assert agrees([ANY, *shown], done.stdout.splitlines()), done.stdout
    assert "elena" in (copy / "demo" / "results" / "summary.html").read_text("utf-8")


def test_an_instructors_commands(copy: Path, settings: Mapping[str, str]) -> None:
    """After the setup three commands examine the machine, grade a class and judge it again."""
    _, *lines = blocks.block("README.md", "make setup").splitlines()
    shutil.copytree(REPO / "assignment", copy / "SUBMISSIONS" / "ann")
    done = [run(line, copy, settings) for line in lines]

    assert [0, 0, 0] == [one.returncode for one in done], "".join(one.stdout + one.stderr for one in done)
    assert (copy / "RESULTS" / "summary.html").exists()
    assert "1 graded" in done[1].stdout
