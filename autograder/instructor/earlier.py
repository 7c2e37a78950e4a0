"""What a student's earlier results were, kept in RESULTS so that a report can say what changed.

``RESULTS/<student>/.earlier.json`` holds the answers of the last two different results. A report compares its verdict with
the latest of them that differs from it: so it says the same however often it is made again. Nothing else reads the
file, and without it a report only says less.
"""

from pathlib import Path

from autograder import progress, scheme
from autograder.instructor import results, seal
from autograder.progress import Answers
from autograder.verdict import Verdict

FILE = ".earlier.json"
KEPT = 2


def _known(folder: Path) -> list[dict[str, tuple[str, float]]]:
    value = (results.read_json(folder / FILE) or {}).get("answers")
    found = [progress.read(item, scheme.load()) for item in value[-KEPT:]] if isinstance(value, list) else []
    return [item for item in found if item]


def remember(folder: Path, coming: Verdict | None = None) -> None:
    """Keep the answers of the verdict that is about to be replaced, if *coming* has others.

    A work that a person has to look at has none.

    Raises:
        ResultsError: the folder cannot be written.
    """
    verdict = results.read_verdict(folder / results.VERDICT)
    if verdict is None or verdict.status != "graded":
        return
    known, last = _known(folder), progress.answers(verdict)
    if last not in known[-1:] and (coming is None or progress.answers(coming) != last):
        kept = [progress.plain(item) for item in [*known, last][-KEPT:]]
        results.write_json(folder / FILE, {"schema": results.SCHEMA, "answers": kept})


def forget(folder: Path) -> None:
    """Remove a student's results, but for the answers with which the next ones are compared; half a result has none.

    Raises:
        ResultsError: the folder cannot be written.
    """
    if seal.read(folder) is not None:
        remember(folder)
    seal.forget(folder)


def before(folder: Path, verdict: Verdict) -> Answers | None:
    """The latest earlier answers that differ from those of *verdict*; None if there are none."""
    now = progress.answers(verdict)
    return next((known for known in reversed(_known(folder)) if known != now), None)
