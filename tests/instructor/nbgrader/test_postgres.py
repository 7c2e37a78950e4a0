"""A gradebook that is not nbgrader's usual file but a database on a PostgreSQL server."""

import csv
import sys
from collections.abc import Iterator

import pytest

from tests.instructor.boxes import needs_boxes
from tests.support import courses, postgres
from tests.support.courses import LAB, Course

pytestmark = [pytest.mark.slow, needs_boxes]
STUDENTS = ("ann", "bob")
FRESH = "2 students written, 0 were there already.\n"
AGAIN = "0 students written, 2 were there already.\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """A course that keeps its grades on a server, with a right submission and a wrong one, graded."""
    pytest.importorskip("psycopg")
    with postgres.server() as address:
        found = courses.make(tmp_path_factory.mktemp("postgres") / "course")
        (found.root / "gradebook.db").unlink()
        found.database = address
        found.configure(f"c.CourseDirectory.db_url = {address!r}")
        found.run("nbgrader", "generate_assignment", LAB, "--force")
        found.submit("ann")
        found.submit("bob", courses.scaled_by_256)
        found.autograde()
        yield found


def export(made: Course) -> str:
    """Run the command on what the autograde has stored."""
    command = [sys.executable, "-m", "autograder.instructor.cli", "export", str(made.root / "results" / LAB)]
    return made.run(*command, "--to", "nbgrader", "--course", str(made.root), "--lang", "en")


def sections(made: Course, student: str) -> dict[str, float]:
    """The points of the sections by the verdict."""
    return {section["name"]: section["points"] for section in made.verdict(student)["sections"]}


def test_autograde_saves_the_points(made: Course) -> None:
    """The database has the points of the verdicts, and no file was made for it."""
    assert {student: sections(made, student) for student in STUDENTS} == {name: made.points(name) for name in STUDENTS}
    assert [88.0, 80.0] == [made.verdict(student)["score"] for student in STUDENTS]
    assert not (made.root / "gradebook.db").exists()


def test_export_writes_what_is_missing_and_then_nothing(made: Course) -> None:
    """Points lost in the database come back with the first export, and the second finds everything there."""
    with made.gradebook() as gradebook:
        for student in STUDENTS:
            gradebook.remove_submission(LAB, student)

    assert dict.fromkeys(STUDENTS) == {student: made.points(student) for student in STUDENTS}
    assert (FRESH, AGAIN) == (export(made), export(made))
    assert {student: sections(made, student) for student in STUDENTS} == {name: made.points(name) for name in STUDENTS}


def test_nbgrader_lists_the_scores(made: Course) -> None:
    """nbgrader's own export, and the query behind the formgrader's list, read the same scores from the server."""
    made.run("nbgrader", "export", "--to", "grades.csv")
    with (made.root / "grades.csv").open(newline="") as stream:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(stream)}

    with made.gradebook() as gradebook:
        listed = {row["student"]: row["score"] for row in gradebook.submission_dicts(LAB)}
    assert {student: made.verdict(student)["score"] for student in STUDENTS} == scores == listed


def test_upgrade_finds_the_database_up_to_date(made: Course) -> None:
    """nbgrader stamps the database with its newest revision, so that its upgrade leaves the points alone."""
    before = made.points("bob")
    made.run("nbgrader", "db", "upgrade")

    assert before == made.points("bob")
