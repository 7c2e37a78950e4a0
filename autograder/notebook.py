"""``check("data")`` in the lab's notebook: the checks of one section, on the notebook as it was saved.

A student reads what is printed; nbgrader takes the returned points, whether it executes the notebook to grade it
or to validate it. Then all sections are observed at the first call, since every cell will be asked for.
"""

import math
import os
from pathlib import Path

from autograder import judge, last, messages, report, scheme
from autograder import verdict as vd
from autograder.errors import ConvmarkError, GraderError
from autograder.session import Session, chosen, language
from autograder.submission import find
from autograder.verdict import Verdict

EXECUTION = "NBGRADER_EXECUTION"  # nbgrader says here why it executes a notebook
GRADING = "autograde"

_executed: dict[tuple[Path, str], Session] = {}


class Points(float):
    """Points that a notebook does not show below a cell that ends with them: they are printed already."""

    def _ipython_display_(self) -> None:
        pass


def check(section: str = "", *, lang: str | None = None, submission: str | None = None) -> float:
    """Check one section of the notebook in this folder, or all of them, and print what is wrong and why.

    The file on the disk is checked: save the notebook first. Returns the points. Where nbgrader grades and the grader
    fails, that is infinity: more than a cell is worth makes nbgrader leave the student ungraded, where an error would
    be a zero and nothing at all would be full marks.

    Raises:
        GraderError: the grader failed, and nobody is being graded.
    """
    why = os.environ.get(EXECUTION, "")
    try:
        lang = language(lang)
        verdict = _judged(Path(submission or ".").resolve(), section, why)
    except GraderError as error:  # the only ones that come out: a misspelt section, an unknown language
        print(report.sentences(vd.Reason(error.code, error.params), messages.spoken(lang)).joined())
        raise
    if not why:
        print(messages.phrase(lang, "saved_file"))
    change = None if why else last.changed(verdict, scheme.load(), Path(submission or "."))
    print(report.to_text(verdict, lang, change=change, own=not why))
    if verdict.status == "graded":
        return float(verdict.score) if why else Points(verdict.score)  # nbgrader reads what a notebook shows
    if why == GRADING:
        return math.inf
    assert verdict.reason is not None
    raise GraderError(verdict.reason.code, **verdict.reason.params)


def _judged(folder: Path, section: str, why: str) -> Verdict:
    marking = scheme.load()
    sections = chosen(marking, section)
    try:
        if why:
            return judge.judge(_observed(folder, why), sections)
        session = Session.start(marking, submission=str(folder), sections=section)
        try:
            session.observed()
            return judge.judge(session.folder, sections)
        finally:
            session.close()
    except ConvmarkError as error:
        return vd.refused(marking, sections, error)
    except Exception as error:  # a fault of ours is no zero
        return vd.attention(marking, sections, vd.bug(error))


def _observed(folder: Path, why: str) -> Path:
    """The evidence of all sections, gathered once for each content of the submission."""
    marking = scheme.load()
    key = folder, find(folder, marking.templates).sha256
    if key not in _executed:
        _executed[key] = Session.start(marking, submission=str(folder), graded=why == GRADING)
    _executed[key].observed()
    return _executed[key].folder
