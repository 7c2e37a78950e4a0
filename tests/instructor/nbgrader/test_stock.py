"""The same checks where nbgrader executes the notebook itself, for instructors who change nothing."""

import pytest
from nbformat import NotebookNode

from tests.instructor.boxes import needs_boxes
from tests.support import courses
from tests.support.courses import LAB, Course, cell

pytestmark = pytest.mark.slow
POINTS = {"data": 20.0, "model": 40.0, "compile": 20.0, "accuracy": 0.0}


def failing_grader(book: NotebookNode) -> None:
    """On this submission the grader itself fails: its scheme is not there any more when the checks begin."""
    cell(book, "setup").source += "\nfrom autograder import supervise\nsupervise.gather = None\n"


CLASS = {
    "right": ([], POINTS),
    "wrong": ([courses.scaled_by_256], POINTS | {"data": 12.0}),
    "unsolved": (None, dict.fromkeys(POINTS, 0.0)),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A class graded by nbgrader alone; there is no data set, so without weights nobody has points for the accuracy."""
    made = courses.make(tmp_path_factory.mktemp("stock") / "course", stock=True, settings="")
    made.environment["CIFAR10_NPZ"] = ""
    for student, (edits, _) in CLASS.items():
        made.submit(student, *(edits or []), solved=edits is not None)
    made.submit("unlucky", failing_grader)
    made.autograde(status=1)
    return made


@pytest.mark.parametrize("student", CLASS)
def test_points_are_those_of_the_checks(graded: Course, student: str) -> None:
    """Partial credit is given, and TensorFlow's messages cost nothing."""
    assert CLASS[student][1] == graded.points(student)


def test_check_cells_write_nothing_to_stderr(graded: Course) -> None:
    """A check cell has its report, then a plain float."""
    for section, points in POINTS.items():
        text, result = graded.outputs("right", f"check_{section}")
        assert ("stdout", str(points)) == (text.name, result.data["text/plain"])


def test_where_the_grader_fails_nobody_is_graded(graded: Course) -> None:
    """nbgrader leaves the student without points, and names whom to look at."""
    assert {None} == set((graded.points("unlucky") or {}).values())
    assert not (graded.root / "autograded" / "unlucky" / LAB).exists()


@needs_boxes
def test_both_ways_give_the_same_points(graded: Course, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The sandboxed checks say of the same class what the executed ones did; only the accuracy waits for a data set."""
    made = courses.make(tmp_path_factory.mktemp("sandboxed") / "course", settings="")
    made.environment["CIFAR10_NPZ"] = ""
    for student, (edits, _) in CLASS.items():
        made.submit(student, *(edits or []), solved=edits is not None)
    made.autograde()

    for student in CLASS:
        here, there = made.points(student), graded.points(student)
        assert here is not None and there is not None
        assert there["accuracy"] in (0.0, None)
        assert {**there, "accuracy": None} == {**here, "accuracy": None}
    assert {"data": 20.0, "model": 40.0, "compile": 20.0, "accuracy": None} == made.points("right")
