"""The part of the page of a class that tells what lateness cost at the last export with a policy."""

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.instructor.class_parts import link
from autograder.instructor.compact import Mapped
from autograder.instructor.exports import late, lateness
from autograder.instructor.exports.late import Deduction
from autograder.instructor.rendering import Words

Row = Mapping[str, Any]


def deduction(row: Row) -> Deduction | None:
    """What lateness costs a graded work; None if it was on time or nobody has said."""
    if row["late"] is None or row["score"] is None:
        return None
    return lateness.deduction(row["late"], float(row["score"]), float(row["max_score"]))


def shown(say: Words, graded: Sequence[Row]) -> Sequence[dict[str, Any]]:
    """The works that were late, each with the sentence that its report has."""

    def told(place: int) -> dict[str, Any]:
        row = graded[place]
        found = deduction(row)
        return {"link": link(row), "reason": late.sentence(found, say.lang) if found else ""}

    return Mapped(told, [place for place, row in enumerate(graded) if deduction(row)])
