"""What lateness cost at the last export with a policy, kept beside a student's results for the report.

``RESULTS/<student>/.late.json`` says how late the work was and which share that costs, not how many points: those follow
from the verdict, also from one that a regrading makes later. Work that is handed in anew has none until the next export.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from autograder.instructor import results
from autograder.instructor.exports import late
from autograder.instructor.exports.late import Deduction
from autograder.instructor.results import LATE
from autograder.verdict import Verdict

CODES = {"grace", "extended", "deducted", "largest"}
MAX_DAYS = 10_000


def kept(found: Deduction | None) -> dict[str, Any] | None:
    """What is kept of a deduction; nothing of work that was on time."""
    if found is None or found.code not in CODES:
        return None
    return {"code": found.code, "days": found.days, "percent": str(found.percent), "of": found.of}


def known(folder: Path) -> dict[str, Any] | None:
    """What was kept, if anything."""
    return results.read_json(folder / LATE)


def remember(folder: Path, coming: dict[str, Any] | None) -> None:
    """Keep that, or nothing.

    Raises:
        ResultsError: the folder cannot be written.
    """
    if coming is not None:
        results.write_json(folder / LATE, coming)
        return
    with results.writing(folder.name):
        (folder / LATE).unlink(missing_ok=True)


def told(about: Mapping[str, Any] | None, verdict: Verdict, lang: str) -> str:
    """The sentence of a report on what was kept; nothing for work without a grade."""
    found = None if verdict.status != "graded" else deduction(about, verdict.score, verdict.max_score)
    return "" if found is None else late.sentence(found, lang)


def deduction(about: Mapping[str, Any] | None, score: float, maximum: float) -> Deduction | None:
    """What was kept, in points of this score out of *maximum*; None if it is nothing that we keep."""
    if about is None:
        return None
    try:
        code, days, of, percent = about["code"], about["days"], about["of"], Decimal(about["percent"])
    except (KeyError, TypeError, InvalidOperation):
        return None
    if code not in CODES or of not in ("score", "maximum") or type(days) is not int or not 0 <= days <= MAX_DAYS:
        return None
    if not (percent.is_finite() and 0 <= percent <= 100):
        return None
    return late.deducted(code, days, percent, of, late.exact(score), late.exact(maximum))
