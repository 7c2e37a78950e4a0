"""From an empty folder to feedback in the students' hands, with nbgrader's commands as its documentation says."""

import csv
import re
from html import unescape

import nbformat
import pytest

from autograder.scheme import load
from autograder.submission import find
from tests.instructor.boxes import needs_boxes
from tests.support import courses
from tests.support.courses import LAB, NOTEBOOK, Course

pytestmark = [pytest.mark.slow, needs_boxes]
STUDENTS = {"ann": [courses.solve], "bob": [courses.solve, courses.scaled_by_256]}


@pytest.fixture(scope="module")
def rounded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course after the whole round; every student works in a folder of the home directory."""
    folder = tmp_path_factory.mktemp("round")
    exchange = folder / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    made = courses.make(folder / "course", settings=f'c.Convmark.data = "synthetic"\nc.Exchange.root = {str(exchange)!r}')
    made.run("nbgrader", "release_assignment", LAB)
    options = ["--course=course", f"--Exchange.root={exchange}"]
    for student, edits in STUDENTS.items():
        home = folder / "students" / student
        home.mkdir(parents=True)
        made.run("nbgrader", "fetch_assignment", LAB, *options, cwd=home)
        book = nbformat.read(home / LAB / NOTEBOOK, as_version=4)
        for edit in edits:
            edit(book)
        nbformat.write(book, home / LAB / NOTEBOOK)
        made.run("nbgrader", "submit", LAB, *options, f"--student={student}", cwd=home)
    made.run("nbgrader", "collect", LAB)
    made.autograde()
    made.run("nbgrader", "generate_feedback", LAB)
    made.run("nbgrader", "release_feedback", LAB)
    made.run("nbgrader", "export", "--to", "grades.csv")
    return made


def verdict(made: Course, student: str) -> dict[str, float]:
    """The points of the sections, as the sandboxed checks gave them."""
    return {section["name"]: section["points"] for section in made.verdict(student)["sections"]}


def test_scores_are_those_of_the_verdicts(rounded: Course) -> None:
    """nbgrader's own export has the sums of the verdicts, and the mistake costs its points."""
    with (rounded.root / "grades.csv").open(newline="") as stream:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(stream)}

    assert {student: sum(verdict(rounded, student).values()) for student in STUDENTS} == scores
    assert {"ann": 88.0, "bob": 80.0} == scores


def test_the_class_has_a_page(rounded: Course) -> None:
    """What `convmark grade` would show of the class is there after nbgrader's command, too."""
    folder = rounded.root / "results" / LAB
    with (folder / "grades.csv").open(newline="") as stream:
        scores = {row["student"]: row["score"] for row in csv.DictReader(stream)}

    assert {"ann": "88", "bob": "80"} == scores
    assert all(student in (folder / "summary.html").read_text("utf-8") for student in STUDENTS)


def test_points_of_the_cells_are_those_of_the_sections(rounded: Course) -> None:
    """Each check cell has the points of its section."""
    for student in STUDENTS:
        assert verdict(rounded, student) == rounded.points(student)


def test_released_folder_holds_the_bundle(rounded: Course) -> None:
    """In a fetched assignment `pytest autograder` works, and the notebook is known as untouched."""
    released = rounded.root / "release" / LAB
    folder = rounded.root.parent / "students" / "bob" / LAB
    printed = rounded.run("pytest", "autograder", "--sections=data", "--lang=en", "-p", "no:cacheprovider", cwd=folder, status=1)

    assert "The pixels of x_train are divided by 256." in printed
    assert find(released, load().templates).untouched
    assert "SOLUTION" not in (released / NOTEBOOK).read_text("utf-8")


def test_feedback_shows_hints(rounded: Course) -> None:
    """The page says what is wrong and what to do, with the layer table, and no traceback of a test."""
    page = (rounded.root / "feedback" / "bob" / LAB / NOTEBOOK).with_suffix(".html")
    text = unescape(re.sub(r"(?s)<(style|script).*?</\1>|<[^>]+>", " ", page.read_text("utf-8")))

    assert "The pixels of x_train are divided by 256." in text
    assert "Divide the training and the test images by the constant 255." in text
    assert "Total: 12 of 20 points" in text
    assert "73,856" in text
    assert not re.search(r"(?i)traceback|begin hidden tests", text)


def test_feedback_is_released(rounded: Course) -> None:
    """The exchange has a page for each submission."""
    assert 2 == len(list((rounded.root.parent / "exchange" / "course" / "feedback").glob("*.html")))


def test_students_can_validate(rounded: Course) -> None:
    """`nbgrader validate` names the check that fails, and no other."""
    folder = rounded.root.parent / "students" / "bob" / LAB
    printed = rounded.run("nbgrader", "validate", NOTEBOOK, cwd=folder)

    assert "VALIDATION FAILED ON 2 CELL(S)" in printed
    assert printed.count("Partial credit") == 2
    assert 'check("data")' in printed
    assert 'check("accuracy")' in printed
