"""What the gradebook and the class page need of a verdict, and no more."""

from pathlib import Path
from typing import Any

from autograder import evidence, figures, history, tried
from autograder.errors import EvidenceError
from autograder.instructor import causes
from autograder.instructor.collect import Entry
from autograder.instructor.exports import lateness
from autograder.instructor.results import Row
from autograder.verdict import Reason, Verdict


def of(entry: Entry, folder: Path, verdict: Verdict) -> Row:
    """The line of a student whose results are in *folder*."""
    graded, accuracy = verdict.status == "graded", _accuracy(verdict)
    return Row(
        student=entry.student,
        name=entry.name,
        folder=folder.name,
        status=verdict.status,
        score=verdict.score if graded else None,
        max_score=verdict.max_score,
        sections={section.name: section.points for section in verdict.sections} if graded else {},
        failed=tuple(check.id for check in verdict.checks if check.status == "failed"),
        flags=[{"code": flag.code, "params": dict(flag.params)} for flag in verdict.flags],
        reason=plain(verdict.reason),
        level=str(verdict.facts.get("sandbox", {}).get("level", "")),
        codes={section: (digest, nodes) for section, (digest, nodes) in evidence.codes(verdict.facts.get("code")).items()},
        accuracy=accuracy,
        epochs=recorded.epochs if (recorded := history.of_facts(verdict.facts)) else None,
        late=lateness.known(folder) if graded else None,
        causes=causes.of(verdict, accuracy is not None) if graded else {},
        stopped=causes.stopped(verdict) if graded else None,
    )


def plain(reason: Reason | None) -> dict[str, Any] | None:
    """A reason as JSON data."""
    return None if reason is None else {"code": reason.code, "params": dict(reason.params)}


def _accuracy(verdict: Verdict) -> tuple[float, float] | None:
    """The shares of test and of training images that submitted weights recognise, if that was measured."""
    found = verdict.facts.get("accuracy")
    if not isinstance(found, dict) or found.get("kind") == tried.KIND:
        return None
    try:
        measured = figures.read(found)
    except EvidenceError:
        return None
    return measured.accuracy, measured.train.accuracy
