"""Scores of a whole quiz in nbgrader's gradebook: what is written, what stays, and that it can be done again."""

import csv
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import SAWarning

from autograder.errors import GraderError
from autograder.instructor.cli import main
from autograder.instructor.nbgrader import course
from autograder.instructor.nbgrader.gradebook import Exported, read_config
from autograder.instructor.nbgrader.quiz_grades import Score, export_scores
from autograder.instructor.quiz.forms import form, sheets
from autograder.instructor.quiz.forms.form import Draw, Form
from autograder.instructor.quiz.grading import grade as grading
from tests.support import quiz
from tests.support.courses import Course

ASSIGNMENT = "cnn-quiz-sheets"
CONFIG = """from pathlib import Path
c = get_config()
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "course"
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with two students and nothing else."""
    found = Course(tmp_path_factory.mktemp("scores") / "course")
    found.root.mkdir()
    (found.root / course.CONFIG).write_text(CONFIG)
    with found.gradebook() as gradebook:
        for student in ("ann", "bob"):
            gradebook.add_student(student)
    return found.root


@pytest.fixture
def made(empty: Path, tmp_path: Path) -> Course:
    """A copy of that course."""
    shutil.copytree(empty, tmp_path / "course")
    return Course(tmp_path / "course")


def export(made: Course, scores: Mapping[str, Score], assignment: str = ASSIGNMENT) -> Exported:
    """Write scores."""
    return export_scores(read_config(made.root), assignment, scores)


def grade(made: Course, student: str) -> tuple[float | None, float | None, float, bool]:
    """Automatic and manual points, the score, and whether a person is waited for."""
    with made.gradebook() as gradebook:
        found = gradebook.find_grade("quiz", "quiz", ASSIGNMENT, student)
        return found.auto_score, found.manual_score, found.score, found.needs_manual_grade


@pytest.mark.slow
def test_scores_are_in_nbgraders_export(made: Course) -> None:
    """nbgrader exports them as those of any assignment; the maximum is the largest, and other maxima count in proportion."""
    assert Exported(changed=2) == export(made, {"ann": (13.5, 27.0), "bob": (10.0, 20.0)})
    made.run("nbgrader", "export", "--to", "grades.csv")
    with (made.root / "grades.csv").open(newline="") as stream:
        rows = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(stream)}

    assert {"ann": (13.5, 27.0), "bob": (13.5, 27.0)} == rows


def test_again_changes_nothing(made: Course) -> None:
    """A second export finds everything there, and a later score is written; the maximum stays what it was."""
    export(made, {"ann": (13.5, 27.0), "bob": (None, 27.0)})

    assert Exported(unchanged=2) == export(made, {"ann": (13.5, 27.0), "bob": (None, 27.0)})
    assert Exported(changed=1, unchanged=1) == export(made, {"ann": (13.5, 27.0), "bob": (15.0, 30.0)})
    assert (13.5, None, 13.5, False) == grade(made, "bob")


def test_what_needs_a_person_is_no_zero(made: Course) -> None:
    """Without points the grade waits, also where there had been some."""
    export(made, {"ann": (None, 27.0), "bob": (5.0, 27.0)})
    export(made, {"bob": (None, 27.0)})

    assert (None, None, 0.0, True) == grade(made, "ann") == grade(made, "bob")


def test_what_a_person_entered_stays(made: Course) -> None:
    """Manual points survive; if the automatic ones below them change, the person is asked again."""
    export(made, {"ann": (5.0, 27.0)})
    with made.gradebook() as gradebook:
        found = gradebook.find_grade("quiz", "quiz", ASSIGNMENT, "ann")
        found.manual_score, found.needs_manual_grade = 20.0, False
        gradebook.db.commit()
    assert Exported(unchanged=1) == export(made, {"ann": (5.0, 27.0)})
    export(made, {"ann": (6.0, 27.0)})

    assert (6.0, 20.0, 20.0, True) == grade(made, "ann")


def test_strangers_are_named_and_not_enrolled(made: Course) -> None:
    """Only who is in the gradebook, or handed in by way of nbgrader, is a student."""
    (made.root / "submitted" / "cid" / ASSIGNMENT).mkdir(parents=True)
    found = export(made, {"zed": (1.0, 2.0), "../submitted/cid": (1.0, 2.0), "cid": (1.0, 2.0), "ann": (2.0, 2.0)})
    with made.gradebook() as gradebook:
        students = sorted(student.id for student in gradebook.students)

    assert Exported(changed=2, unknown=["zed", "../submitted/cid"]) == found
    assert ["ann", "bob", "cid"] == students


def test_a_submission_without_a_grade_gets_one(made: Course) -> None:
    """An assignment that was made by hand, with a submission already, takes the score and keeps the time."""
    with made.gradebook() as gradebook:
        gradebook.add_assignment(ASSIGNMENT, duedate="2026-12-01 12:00:00 UTC")
        with warnings.catch_warnings(action="ignore", category=SAWarning):
            gradebook.add_submission(ASSIGNMENT, "ann", timestamp="2026-11-27 12:00:00 UTC")
    export(made, {"ann": (3.0, 4.0)})
    with made.gradebook() as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, "ann")
        assert (3.0, "2026-11-27 12:00:00", "2026-12-01 12:00:00") == (
            submission.score,
            str(submission.timestamp),
            str(submission.duedate),
        )


def test_another_assignment_is_left_alone(made: Course) -> None:
    """An assignment with a notebook of its own is not written into."""
    with made.gradebook() as gradebook:
        gradebook.add_assignment(ASSIGNMENT)
        gradebook.add_notebook("quiz", ASSIGNMENT)
        gradebook.add_grade_cell("test_1", "quiz", ASSIGNMENT, max_score=1, cell_type="code")
    with pytest.raises(GraderError, match=r"nbgrader\.other_assignment"):
        export(made, {"ann": (1.0, 2.0)})
    with made.gradebook() as gradebook:
        assert ["test_1"] == [cell.name for cell in gradebook.find_notebook("quiz", ASSIGNMENT).grade_cells]


@pytest.mark.parametrize("score", [(3.0, 2.0), (-1.0, 2.0), (0.0, 0.0), (float("nan"), 1.0)])
def test_impossible_points_are_refused(made: Course, score: Score) -> None:
    """More than the maximum, less than nothing or no number: nothing is written, of nobody."""
    with pytest.raises(ValueError, match="ann"):
        export(made, {"bob": (1.0, 2.0), "ann": score})
    with made.gradebook() as gradebook:
        assert [] == gradebook.assignments


def test_no_scores_make_no_assignment(made: Course) -> None:
    """Without scores the gradebook stays as it is."""
    assert Exported() == export(made, {})
    with made.gradebook() as gradebook:
        assert [] == gradebook.assignments


def test_a_gradebook_that_is_none_is_said(made: Course) -> None:
    """A file that is no database is an error with a sentence."""
    (made.root / "gradebook.db").write_text("nothing of the kind")
    with pytest.raises(GraderError, match=r"nbgrader\.gradebook"):
        export(made, {"ann": (1.0, 2.0)})


def test_command_exports_a_graded_quiz(made: Course, tmp_path: Path) -> None:
    """`convmark export` takes the folder of `convmark quiz grade`: who waits has no points and is named, others have theirs."""
    bank = quiz.sample(tmp_path / "bank")
    drawn = Form("whole", "seed", (Draw(types=("single", "essay")),), {}, points=10.0)
    for student, text in (("ann", ""), ("bob", "Some text.")):
        questions = form.questions(drawn, bank, student)
        sheet = sheets.write(drawn, questions, student, "en")
        answered = quiz.filled(questions, sheet, "en").replace("A text.", text)
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{student}.md").write_text(answered, "utf-8")
    found, troubles = grading.from_sheets(tmp_path / "in", drawn, bank)
    grading.run(found, troubles, grading.Setting(drawn, bank, "en"), tmp_path / "out")
    where = ["--to", "nbgrader", "--course", str(made.root), "--assignment", ASSIGNMENT]
    asked = ["export", str(tmp_path / "out"), *where, "--lang", "en"]
    done = CliRunner().invoke(main, asked)

    one, all_points = bank.item("one-of-three").points, sum(question.item.points for question in questions)
    assert 1 == done.exit_code, done.output
    assert "1 students written" in done.output and "need attention, no score written: bob" in done.output
    assert grade(made, "ann")[0] == pytest.approx(10 * one / all_points, abs=0.01)
    assert grade(made, "bob")[0] is None
