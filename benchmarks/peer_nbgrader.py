"""A class graded by `nbgrader autograde`, with a test cell for each function, in the environment that runs this."""

import sys
from pathlib import Path
from typing import Any

import nbformat
import peers
from nbgrader.api import Gradebook

NAME = "nbgrader 0.9.6"


def _cell(source: str, **about: Any) -> Any:
    known = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": known | about})


def assignment() -> Any:
    """The notebook with the reference solution and a test cell for each function."""
    tests = [
        _cell(source, grade=True, locked=True, points=1, grade_id=f"test_{name}", cell_type="code")
        for name, source in peers.TESTS.items()
    ]
    lab = _cell(peers.lab(), solution=True, grade_id="lab", cell_type="code")
    cells = [lab, nbformat.v4.new_code_cell("import numpy as np"), *tests]
    return nbformat.v4.new_notebook(cells=cells, metadata=peers.KERNEL)


def course(folder: Path, count: int) -> None:
    """A course with an assignment and *count* submissions of the right solution."""
    submitted = [folder / "submitted" / f"s{number:03}" / "lab" for number in range(count)]
    peers.write(assignment(), [folder / "source" / "lab", *submitted])
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n")


def graded(folder: Path, count: int) -> tuple[float, float]:
    """Wall and processor seconds a submission; that it gave all points is asserted."""
    course(folder, count)
    nbgrader = [sys.executable, "-m", "nbgrader"]
    peers.timed([*nbgrader, "generate_assignment", "lab"], folder)
    wall, cpu = peers.timed([*nbgrader, "autograde", "lab"], folder)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "bench") as gradebook:
        scores = [submission.score for submission in gradebook.assignment_submissions("lab")]
    assert [3.0] * count == scores, scores
    return wall / count, cpu / count
