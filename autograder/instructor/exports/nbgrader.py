"""nbgrader's gradebook, by way of its own classes; they are imported only here and now."""

from autograder.errors import GraderError
from autograder.instructor.exports.asked import DAMAGED, WAITING, Exported, Request
from autograder.instructor.quiz.grading import grade

STRANGERS = "not students of this course, nothing written"


def export(request: Request) -> Exported:
    """Write points and comments of a class, or the scores of a quiz; what a person entered stays.

    Raises:
        GraderError: nbgrader is not there, there are no results, or the gradebook cannot be used.
    """
    try:
        from autograder.instructor.nbgrader import gradebook, quiz_grades
    except ImportError:
        raise GraderError("nbgrader.not_installed") from None
    config = gradebook.read_config(request.course)
    scores = grade.read_scores(request.results)
    if scores is None:
        done = gradebook.export(request.results, config, request.assignment, request.lang, request.progress)
    else:
        done = quiz_grades.export_scores(config, request.assignment, scores)
    waiting = [student for student, (points, _) in (scores or {}).items() if points is None]
    missing = {STRANGERS: done.unknown, DAMAGED: done.damaged, WAITING: waiting}
    said = [f"{done.changed} students written, {done.unchanged} were there already."]
    return Exported(said, {what: students for what, students in missing.items() if students})
