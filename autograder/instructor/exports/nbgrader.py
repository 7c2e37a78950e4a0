"""nbgrader's gradebook, by way of its own classes; they are imported only here and now."""

from autograder.errors import GraderError
from autograder.instructor.exports.asked import DAMAGED, Exported, Request

STRANGERS = "not students of this course, nothing written"


def export(request: Request) -> Exported:
    """Write points and comments; what a person entered stays.

    Raises:
        GraderError: nbgrader is not there, there are no results, or the gradebook cannot be used.
    """
    try:
        from autograder.instructor.nbgrader import gradebook
    except ImportError:
        raise GraderError("nbgrader.not_installed") from None
    config = gradebook.read_config(request.course)
    done = gradebook.export(request.results, config, request.assignment, request.lang, request.progress)
    missing = {STRANGERS: done.unknown, DAMAGED: done.damaged}
    said = [f"{done.changed} students written, {done.unchanged} were there already."]
    return Exported(said, {what: students for what, students in missing.items() if students})
