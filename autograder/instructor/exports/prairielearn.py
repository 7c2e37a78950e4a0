"""PrairieLearn's external grader: `results.json` from one verdict.

What needs a person is not gradable there: no points are won or lost and no attempt is used up.
"""

import json
from typing import Any

from autograder import messages, report, safe
from autograder.errors import GraderError
from autograder.instructor import results
from autograder.instructor.exports import asked, platform_tests
from autograder.instructor.exports.asked import Exported, Record, Request
from autograder.verdict import Verdict

MAX_MESSAGE = 100_000  # the whole file may have 1 MB


def export(request: Request) -> Exported:
    """Write the file for the student that is named, or for the only one.

    Raises:
        GraderError: there are no results, no such student, or several and none is named.
    """
    found = Exported()
    record = _only(list(asked.records(request)), request)
    if record.verdict is None:
        found.miss(asked.DAMAGED, record.student)
        return found
    value = of_verdict(record.verdict, request.lang)
    results.write_bytes(request.out, (json.dumps(value, ensure_ascii=True, indent=1) + "\n").encode("ascii"))
    if record.score is None:
        found.note(asked.WAITING, record.student)
    found.said.append(f"{safe.printable(record.student)}: {request.out}.")
    return found


def _only(rows: list[Record], request: Request) -> Record:
    wanted = [row for row in rows if not request.student or row.student == request.student]
    if len(wanted) != 1:
        raise GraderError("exports.one_student", count=len(wanted), name=request.student or "--student")
    return wanted[0]


def of_verdict(verdict: Verdict, lang: str) -> dict[str, Any]:
    """The results as data."""
    if verdict.status != "graded":
        told = report.sentences(verdict.reason, lang).wrong if verdict.reason else ""
        message = " ".join(filter(None, (messages.phrase(lang, "needs_attention"), told)))
        return {"gradable": False, "message": message, "format_errors": [message]}
    score, maximum = report.points(verdict.score, lang), report.points(verdict.max_score, lang)
    share = verdict.score / verdict.max_score if verdict.max_score else 0.0
    return {
        "gradable": True,
        "score": min(1.0, max(0.0, round(share, 6))),
        "message": messages.phrase(lang, "total", points=score, max=maximum),
        "output": safe.shortened(report.to_text(verdict, lang), MAX_MESSAGE),
        "tests": [
            {
                "name": f"{test.number} {test.name}",
                "points": test.points,
                "max_points": test.max_points,
                "output": test.output,
            }
            for test in platform_tests.tests(verdict, lang)
        ],
    }
