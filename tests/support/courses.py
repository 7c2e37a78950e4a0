"""A course of nbgrader with the lab in it, used by way of nbgrader's own commands and classes."""

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.instructor.nbgrader import course, opened

REPO = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
LAB = course.ASSIGNMENT
NOTEBOOK = course.NOTEBOOK
TIMESTAMP = "2026-11-27 12:00:00.000000 UTC"
TASKS = ("task1", "task2", "task3")
Edit = Callable[[NotebookNode], Any]


def cell(book: NotebookNode, name: str) -> NotebookNode:
    """The cell of that id."""
    (found,) = (cell for cell in book.cells if cell.id == name)
    return found


@functools.cache
def _solutions() -> NotebookNode:
    content = course.files(REPO, "", "en", stock=False)[f"source/{LAB}/{NOTEBOOK}"]
    return nbformat.reads(content.decode(), as_version=4)


def solve(book: NotebookNode) -> None:
    """Put the solutions into the tasks."""
    for name in TASKS:
        cell(book, name).source = cell(_solutions(), name).source


def scaled_by_256(book: NotebookNode) -> None:
    """A mistake of 8 points: the pixels are divided by another number."""
    cell(book, "task1").source = cell(book, "task1").source.replace("/ 255", "/ 256")


@dataclass
class Course:
    """The directory of a course; the home folder of its commands is empty but for what they write."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    database: str = ""

    @property
    def url(self) -> str:
        """Where the gradebook is: nbgrader's usual place, if no other database was named."""
        return self.database or f"sqlite:///{self.root / 'gradebook.db'}"

    def variables(self) -> dict[str, str]:
        """The environment of the commands."""
        home = self.root.parent / "home"
        home.mkdir(exist_ok=True)
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "HOME": str(home), "PATH": path, "PYTHONPATH": str(REPO), **self.environment}
        return environment | {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}

    def run(self, *command: str, cwd: Path | None = None, status: int | None = 0) -> str:
        """Run a command of the environment in the course, as `nbgrader autograde`; everything it printed."""
        done = subprocess.run(
            command,
            cwd=cwd or self.root,
            env=self.variables(),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        printed = done.stdout + done.stderr
        assert status is None or done.returncode == status, printed
        return printed

    def autograde(self, *options: str, status: int | None = 0) -> str:
        """Grade the lab."""
        return self.run("nbgrader", "autograde", LAB, *options, status=status)

    def configure(self, lines: str) -> None:
        """Add lines to the configuration."""
        path = self.root / course.SETTINGS
        path.write_text(f"{path.read_text('utf-8')}\n{lines}\n", "utf-8")

    def submit(self, student: str, *edits: Edit, solved: bool = True, files: dict[str, str | bytes] | None = None) -> Path:
        """Put a submission where nbgrader collects them: the released files, solved, with *edits* made to the notebook."""
        folder = self.root / "submitted" / student / LAB
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.root / "release" / LAB, folder)
        book = nbformat.read(folder / NOTEBOOK, as_version=4)
        for edit in ([solve] if solved else []) + list(edits):
            edit(book)
        nbformat.write(book, folder / NOTEBOOK)
        for name, content in {"timestamp.txt": TIMESTAMP, **(files or {})}.items():
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    def verdict(self, student: str) -> dict[str, Any]:
        """The verdict that the sandboxed checks gave."""
        found: dict[str, Any] = json.loads((self.root / "results" / LAB / student / "verdict.json").read_text("utf-8"))
        return found

    def gradebook(self) -> AbstractContextManager[Gradebook]:
        """nbgrader's own view of the gradebook."""
        config = Config(CourseDirectory={"root": str(self.root), "db_url": self.url})
        return opened.gradebook(CourseDirectory(config=config))

    def points(self, student: str) -> dict[str, float | None] | None:
        """The automatic points of each check cell; None if the student has no submission there."""
        with self.gradebook() as gradebook:
            try:
                (notebook,) = gradebook.find_submission(LAB, student).notebooks
            except MissingEntry:
                return None
            return {grade.name.removeprefix("check_"): grade.auto_score for grade in notebook.grades}

    def outputs(self, student: str, grade_id: str) -> list[NotebookNode]:
        """What stands below a check cell of the graded notebook."""
        book = nbformat.read(self.root / "autograded" / student / LAB / NOTEBOOK, as_version=4)
        (found,) = (cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)
        return list(found.outputs)


@functools.cache
def _generated() -> "tempfile.TemporaryDirectory[str]":
    """A course with the lab generated, made once and then copied."""
    home = tempfile.TemporaryDirectory(prefix="convmark-course-")
    made = Course(Path(home.name) / "course")
    course.init(REPO, made.root, lang="en")
    made.run("nbgrader", "generate_assignment", LAB)
    return home


def make(root: Path, *, stock: bool = False, settings: str = 'c.Convmark.data = "synthetic"') -> Course:
    """A new course with the lab generated and not yet released; the stand-in data set is used unless *settings* say."""
    shutil.copytree(Path(_generated().name) / "course", root)
    made = Course(root)
    if stock:
        course.init(REPO, root, lang="en", stock=True, force=True)
    made.configure(settings)
    return made
