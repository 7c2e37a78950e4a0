"""Scores of a whole quiz from elsewhere, sheets or a learning platform, into nbgrader's gradebook: one grade for each student.

What a person entered there stays as it is.
"""

from collections.abc import Mapping
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.errors import GraderError
from autograder.instructor.nbgrader import opened
from autograder.instructor.nbgrader.gradebook import Exported

NAME = "quiz"  # of the notebook and of its only cell
Score = tuple[float | None, float]  # points, None as long as a person has to say them; and the maximum, more than 0


def export_scores(config: Config, assignment: str, scores: Mapping[str, Score]) -> Exported:
    """Write scores into an assignment of the course, which is made if it is not there.

    The grade is worth the largest of the maxima, or what it was made with; points are in proportion. Students whom neither
    the gradebook nor `submitted/` knows are named and not enrolled.

    Raises:
        GraderError: the assignment is another one, with cells of its own; or the gradebook cannot be used.
        ValueError: points are not between 0 and their maximum.
    """
    for student, (points, maximum) in scores.items():
        if not (maximum > 0 and (points is None or 0 <= points <= maximum)):
            raise ValueError(f"{student}: {points} of {maximum}")
    directory, found = CourseDirectory(config=config), Exported()
    if not scores:
        return found
    with opened.gradebook(directory) as gradebook:
        worth = _prepared(gradebook, assignment, max(maximum for _, maximum in scores.values()))
        for student, (points, maximum) in scores.items():
            if not _knows(gradebook, directory, assignment, student):
                found.unknown.append(student)
            elif _write(gradebook, assignment, student, None if points is None else round(worth * points / maximum, 4)):
                found.changed += 1
            else:
                found.unchanged += 1
    return found


def _prepared(gradebook: Gradebook, assignment: str, maximum: float) -> float:
    """What the only cell of the assignment is worth; it is made if there is none.

    Raises:
        GraderError: the assignment has others.
    """
    books = gradebook.update_or_create_assignment(assignment).notebooks
    cells = [(book.name, cell.name) for book in books for cell in (*book.grade_cells, *book.task_cells, *book.solution_cells)]
    if any(cell != (NAME, NAME) for cell in cells) or any(book.name != NAME for book in books):
        raise GraderError("nbgrader.other_assignment", name=assignment)
    gradebook.update_or_create_notebook(NAME, assignment)
    more = {} if cells else {"max_score": maximum, "cell_type": "code"}
    return float(gradebook.update_or_create_grade_cell(NAME, NAME, assignment, **more).max_score)


def _knows(gradebook: Gradebook, directory: CourseDirectory, assignment: str, student: str) -> bool:
    """Whether the student is in the gradebook, or handed the assignment in by way of nbgrader."""
    try:
        gradebook.find_student(student)
    except MissingEntry:
        safe = student not in ("", ".", "..") and not {"/", "\\", "\0"} & set(student)
        return safe and Path(directory.format_path(directory.submitted_directory, student, assignment)).is_dir()
    return True


def _submitted(gradebook: Gradebook, assignment: str, student: str) -> SubmittedNotebook:
    """The student's notebook in the gradebook; a submission from before there was one gets it."""
    gradebook.update_or_create_student(student)
    submission = gradebook.update_or_create_submission(assignment, student)
    if not submission.notebooks:
        timestamp = submission.timestamp
        gradebook.remove_submission(assignment, student)
        submission = gradebook.add_submission(assignment, student, timestamp=timestamp)
    (notebook,) = submission.notebooks
    return notebook


def _write(gradebook: Gradebook, assignment: str, student: str, points: float | None) -> bool:
    """Write the automatic points; whether that changed anything."""
    (grade,) = _submitted(gradebook, assignment, student).grades
    before = (grade.auto_score, grade.needs_manual_grade)
    if points != grade.auto_score:
        grade.needs_manual_grade = points is None or grade.manual_score is not None
    grade.auto_score = points
    gradebook.db.commit()
    return before != (points, grade.needs_manual_grade)
