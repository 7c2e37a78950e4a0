"""Verdicts of a batch in nbgrader's gradebook: what is written, what stays, and that it can be done again."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from autograder.instructor import results
from autograder.instructor.cli import main
from autograder.judge import judge
from autograder.scheme import load
from autograder.verdict import Reason, Verdict, attention, from_dict
from tests.support import blocks, courses, reference
from tests.support.courses import LAB, Course

pytestmark = pytest.mark.slow
SECTIONS = ("data", "model", "compile", "accuracy")
LATE = "2026-11-28 12:00:00.000000 UTC"


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """The verdict on the reference submission, which has no weights: 80 points."""
    return judge(reference.store(tmp_path_factory.mktemp("evidence"), reference.record()), SECTIONS)


@pytest.fixture
def made(tmp_path: Path) -> Course:
    """A course with an empty gradebook for two students."""
    found = courses.make(tmp_path / "course")
    for student in ("ann", "bob"):
        found.submit(student)
    return found


def store(made: Course, verdicts: dict[str, Verdict]) -> Path:
    """A folder of results with these verdicts."""
    folder = made.root / "results" / LAB
    results.write_roster(folder, ([student, student, student] for student in verdicts))
    for student, verdict in verdicts.items():
        results.write_json(folder / student / results.VERDICT, verdict.to_dict())
    return folder


def export(made: Course, *options: str) -> Result:
    """Run the command."""
    folder = made.root / "results" / LAB
    return CliRunner().invoke(
        main, ["export", str(folder), "--to", "nbgrader", "--course", str(made.root), "--lang", "en", *options]
    )


def comments(made: Course, student: str) -> dict[str, Any]:
    """The comments below the tasks, as nbgrader shows them."""
    with made.gradebook() as gradebook:
        (notebook,) = gradebook.find_submission(LAB, student).notebooks
        return {comment.name: comment.comment for comment in notebook.comments}


def lowered(verdict: Verdict, points: float) -> Verdict:
    """The same verdict with other points for the data."""
    value = copy.deepcopy(verdict.to_dict())
    value["sections"][0]["points"] = points
    return from_dict(json.loads(json.dumps(value)))


def test_points_and_comments_are_written(made: Course, verdict: Verdict) -> None:
    """Each check cell has the points of its section, each task the report of its check, and the last also the accuracy's."""
    store(made, {"ann": verdict, "bob": lowered(verdict, 12.0)})
    done = export(made)

    assert (0, "2 students written, 0 were there already.\n") == (done.exit_code, done.output)
    assert blocks.block("docs/nbgrader.md", "2 students written") == done.output
    assert {"data": 20.0, "model": 40.0, "compile": 20.0, "accuracy": 0.0} == made.points("ann")
    assert {"data": 12.0, "model": 40.0, "compile": 20.0, "accuracy": 0.0} == made.points("bob")
    told = comments(made, "ann")
    titles = {name: text.partition(" ..")[0] for name, text in told.items()}
    assert {"task1": "Data preparation", "task2": "Network", "task3": "Compilation"} == titles
    assert "Accuracy" in told["task3"]


def test_again_changes_nothing(made: Course, verdict: Verdict) -> None:
    """A second export finds everything there."""
    store(made, {"ann": verdict, "bob": verdict})
    export(made)

    assert "0 students written, 2 were there already.\n" == export(made).output


def test_what_a_person_entered_stays(made: Course, verdict: Verdict) -> None:
    """Manual points, extra credit and comments survive; if the automatic points change, the person is asked again."""
    store(made, {"ann": verdict})
    export(made)
    with made.gradebook() as gradebook:
        grade = gradebook.find_grade("check_data", "cifar10_cnn", LAB, "ann")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 5.0, 1.5, False
        gradebook.find_comment("task1", "cifar10_cnn", LAB, "ann").manual_comment = "Well argued."
        gradebook.db.commit()
    assert "0 students written, 1 were there already.\n" == export(made).output
    store(made, {"ann": lowered(verdict, 12.0)})
    export(made)

    with made.gradebook() as gradebook:
        grade = gradebook.find_grade("check_data", "cifar10_cnn", LAB, "ann")
        assert (12.0, 5.0, 1.5, 6.5, True) == (
            grade.auto_score,
            grade.manual_score,
            grade.extra_credit,
            grade.score,
            grade.needs_manual_grade,
        )
    assert "Well argued." == comments(made, "ann")["task1"]


def test_what_needs_a_person_is_no_zero(made: Course, verdict: Verdict) -> None:
    """Without a verdict there are no automatic points, and the grade waits; a later verdict fills it in."""
    store(made, {"ann": attention(load(), SECTIONS, Reason("grader.judge_failed", {"status": 1, "log": ""}))})
    export(made)
    with made.gradebook() as gradebook:
        grade = gradebook.find_grade("check_model", "cifar10_cnn", LAB, "ann")
        assert (None, True) == (grade.auto_score, grade.needs_manual_grade)
    store(made, {"ann": verdict})
    export(made)
    with made.gradebook() as gradebook:
        grade = gradebook.find_grade("check_model", "cifar10_cnn", LAB, "ann")
        assert (40.0, False) == (grade.auto_score, grade.needs_manual_grade)


def test_late_penalties_are_nbgraders(made: Course, verdict: Verdict) -> None:
    """A late submission gets what the course's plugin says, here everything."""
    made.configure('c.LateSubmissionPlugin.penalty_method = "zero"')
    made.submit("bob", files={"timestamp.txt": LATE})
    with made.gradebook() as gradebook:
        gradebook.update_or_create_assignment(LAB, duedate="2026-11-28 00:00:00 UTC")
    store(made, {"ann": verdict, "bob": verdict})
    export(made)

    with made.gradebook() as gradebook:
        found = {name: gradebook.find_submission(LAB, name) for name in ("ann", "bob")}
        assert {"ann": (80.0, 0.0), "bob": (80.0, 80.0)} == {
            name: (item.score, item.late_submission_penalty) for name, item in found.items()
        }


def test_points_follow_those_of_the_cell(made: Course, verdict: Verdict) -> None:
    """Where the released check is worth something else, the share of the section counts."""
    with made.gradebook() as gradebook:
        gradebook.find_grade_cell("check_model", "cifar10_cnn", LAB).max_score = 10
        gradebook.db.commit()
    store(made, {"ann": verdict})
    export(made)

    assert {"data": 20.0, "model": 10.0, "compile": 20.0, "accuracy": 0.0} == made.points("ann")


def test_strangers_are_named_and_not_enrolled(made: Course, verdict: Verdict) -> None:
    """A student whom the course does not know is no student of it because of a folder's name."""
    store(made, {"ann": verdict, "Zed Zee_1": verdict})
    done = export(made)

    assert 1 == done.exit_code
    assert "1 not students of this course, nothing written: Zed Zee_1" in done.output
    with made.gradebook() as gradebook:
        assert ["ann"] == [student.id for student in gradebook.students]


def test_a_damaged_verdict_is_named(made: Course, verdict: Verdict) -> None:
    """One unreadable file costs nobody else the export."""
    folder = store(made, {"ann": verdict, "bob": verdict})
    (folder / "ann" / results.VERDICT).write_text("{")
    done = export(made)

    assert 1 == done.exit_code
    assert "1 without a verdict that can be read, grade them again: ann" in done.output
    assert "1 students written" in done.output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--assignment", "lab7"], "The gradebook has no assignment lab7"),
        (["--course", "."], "has no nbgrader_config.py"),
    ],
)
def test_what_is_missing_is_said(
    made: Course, verdict: Verdict, options: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A wrong course or assignment is a sentence with the next step, and exit status 2."""
    monkeypatch.chdir(tmp_path)
    store(made, {"ann": verdict})
    done = export(made, *options)

    assert (2, True) == (done.exit_code, sentence in done.output)
    assert "Traceback" not in done.output


def test_a_gradebook_that_is_none_is_said(made: Course, verdict: Verdict) -> None:
    """A file that is no database is a sentence."""
    store(made, {"ann": verdict})
    (made.root / "gradebook.db").write_text("nothing of the kind")
    done = export(made)

    assert (2, True) == (done.exit_code, "The gradebook cannot be used." in done.output)
