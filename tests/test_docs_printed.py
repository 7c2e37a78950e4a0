"""What the documentation shows as printed is printed: marked blocks are run where a reader runs them, one after the other."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.instructor import release
from tests.conftest import REPO
from tests.instructor.boxes import FOUND
from tests.support.blocks import PAGES, blocks

ANY = "…"
MARKED = {page: found for page in PAGES if (found := [one for one in blocks(page) if one.mark in ("checked", "write")])}
COPIED = ("assignment", "autograder", "docs", "quiz", "solution")


@dataclass(frozen=True)
class Step:
    """A command and the lines that stand below it."""

    command: str
    printed: list[str]


def steps(block: str) -> Iterator[Step]:
    """The commands of a block with what they print."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *printed = part.rstrip("\n").split("\n")
        yield Step(command, printed)


def agrees(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether what is shown is what was printed; ``…`` stands for anything, alone on a line for any lines."""
    pattern = "".join(r"(?:.*\n)*?" if line == ANY else re.escape(line.rstrip()).replace(ANY, ".*") + r"[ ]*\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in printed)) is not None


def environment(folder: Path) -> dict[str, str]:
    """What a reader's shell has: the commands of this environment, and the kit in the folder."""
    bin_folder = folder.parent / "bin"
    bin_folder.mkdir(exist_ok=True)
    for name, module in (("convmark", "autograder.instructor.cli"), ("pytest", "pytest"), ("python", "")):
        call = f'-m {module} "$@"' if module else '"$@"'
        (bin_folder / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {call}\n')
        (bin_folder / name).chmod(0o755)
    plain = {"COLUMNS": "80", "LC_ALL": "C.UTF-8", "PYTEST_ADDOPTS": "-p no:cacheprovider", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return dict(os.environ, PATH=f"{bin_folder}:{os.environ['PATH']}", PYTHONPATH=str(folder), **plain)


def prepared(kind: str, folder: Path) -> Path:
    """The folder in which the blocks of a page are run."""
    if kind == "copy":
        for name in COPIED:
            shutil.copytree(REPO / name, folder / "copy" / name, ignore=shutil.ignore_patterns("__pycache__", "runs"))
        return folder / "copy"
    with zipfile.ZipFile(release.bundle(REPO, folder)) as archive:
        archive.extractall(folder)
    return next(path for path in folder.iterdir() if path.is_dir())


def put(code: str, name: str, folder: Path) -> None:
    """Write the function *name* in place of that of the template."""
    path = folder / "cifar10_cnn.py"
    old = re.compile(rf"^def {name}\(.*?(?=^\S)", re.MULTILINE | re.DOTALL)
    text, count = old.subn(lambda _: f"{code}\n\n", path.read_text("utf-8"))
    assert count == 1
    path.write_text(text, "utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("page", MARKED)
def test_blocks_print_what_they_show(page: str, tmp_path: Path) -> None:
    """Every marked block of a page, from the first to the last."""
    if any("convmark grade" in one.text for one in MARKED[page]) and FOUND.level != "full":
        pytest.skip(f"isolation does not work here: {FOUND.problem}")
    (kind,) = {one.what for one in MARKED[page] if one.mark == "checked"}
    folder = prepared(kind, tmp_path)
    env = environment(folder)
    for one in MARKED[page]:
        if one.mark == "write":
            put(one.text, one.what, folder)
            continue
        for step in steps(one.text):
            done = subprocess.run(
                ["bash", "-c", step.command], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300
            )
            assert agrees(step.printed, done.stdout.splitlines()), f"{page}: {step.command}\n{done.stdout}{done.stderr}"


def test_students_and_instructors_have_checked_blocks() -> None:
    """The two pages to begin with show what is printed."""
    assert {"docs/afternoon.md", "docs/students.md"} <= set(MARKED)


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        (["a", ANY], ["a", "b", "c"], True),
        ([ANY, "c"], ["a", "b", "c"], True),
        ([ANY, "c"], ["a", "b"], False),
        (["a … c"], ["a b c"], True),
        (["a.c"], ["abc"], False),
        ([], ["a"], False),
        ([], [], True),
    ],
)
def test_what_agrees(shown: list[str], printed: list[str], expected: bool) -> None:
    """An ellipsis stands for anything, and nothing else does."""
    assert expected == agrees(shown, printed)
