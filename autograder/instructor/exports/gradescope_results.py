"""`results.json` as Gradescope documents it, from a verdict.

A test or the whole must have a score, or Gradescope takes the file for none and calls the autograder failed. That is what
a fault of the grader is: such a file has no score anywhere, so nobody gets a zero, and the submission waits for a person
in Gradescope's list of failures.
"""

from typing import Any

from autograder import __version__, messages, report, safe
from autograder.instructor.exports import platform_tests
from autograder.verdict import Reason, Verdict

MAX_OUTPUT = 100_000
FORMATS = {"output_format": "text", "test_output_format": "text", "test_name_format": "text"}


def of_verdict(verdict: Verdict, lang: str, seconds: float) -> dict[str, Any]:
    """What Gradescope shows of a verdict; of one that needs attention the reason, and no score."""
    if verdict.status != "graded":
        return of_fault(verdict.reason or Reason("unknown", {"code": "-"}), lang, seconds)
    return {
        "score": verdict.score,
        "execution_time": round(seconds, 1),
        "output": safe.shortened(report.to_text(verdict, lang), MAX_OUTPUT),
        **FORMATS,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"grader": __version__, "status": verdict.status, "max_score": verdict.max_score},
        "tests": [
            {
                "number": test.number,
                "name": test.name,
                "score": test.points,
                "max_score": test.max_points,
                "status": "passed" if test.passed else "failed",
                "output": test.output,
                "visibility": "visible",
                "extra_data": {"check": test.id},
            }
            for test in platform_tests.tests(verdict, lang)
        ],
    }


def of_fault(reason: Reason, lang: str, seconds: float) -> dict[str, Any]:
    """What is said where nobody knows the points: the reason, and no score."""
    told = report.sentences(reason, lang)
    lines = [messages.phrase(lang, "gradescope_no_score"), told.wrong, told.detail, told.todo]
    return {
        "execution_time": round(seconds, 1),
        "output": safe.shortened("\n".join(filter(None, lines)), MAX_OUTPUT),
        **FORMATS,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"grader": __version__, "status": "needs_attention", "code": reason.code},
        "tests": [],
    }
