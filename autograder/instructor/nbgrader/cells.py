"""What stands below a check cell after grading: the report of its section, and the points as nbgrader reads them."""

from typing import Any

from nbformat import v4
from nbformat.notebooknode import NotebookNode

from autograder import report
from autograder import verdict as vd
from autograder.instructor import layers_part
from autograder.verdict import Verdict

ABOUT_LAYERS = "model"
PREFIX = "check_"  # the lab's source names a check cell after its section


def section_of(grade_id: str, verdict: Verdict) -> str | None:
    """The section that a grade cell stands for; None for a cell that the lab does not know."""
    name = grade_id.removeprefix(PREFIX)
    known = {section.name for section in verdict.sections}
    return name if grade_id.startswith(PREFIX) and name in known else None


def points(verdict: Verdict, section: str, maximum: float) -> float | None:
    """The points of a cell that is worth *maximum*, in proportion; None if a person has to look at its section."""
    part = vd.section(verdict, section)
    if verdict.status != "graded" and any(check.status == "broken" for check in part.checks):
        return None
    return round(maximum * part.score / part.max_score, 2) if part.max_score else 0.0


def outputs(verdict: Verdict, section: str, value: float | None, lang: str) -> list[NotebookNode]:
    """The outputs of a check cell that gets *value* points.

    The report comes as text. The points are an ``execute_result`` whose plain text is a float, as nbgrader expects it,
    beside them the layer table as HTML. Where a person has to look there is an error instead: without it, nbgrader
    would take a cell with no result for one that is worth full marks.
    """
    part = vd.section(verdict, section)
    text = v4.new_output("stream", name="stdout", text=report.to_text(part, lang) + "\n")
    if value is None:
        why = report.sentences(verdict.reason, lang).wrong if verdict.reason else ""
        told: dict[str, Any] = {"ename": "NeedsAttention", "evalue": why, "traceback": [f"NeedsAttention: {why}"]}
        return [text, v4.new_output("error", **told)]
    data = {"text/plain": str(float(value))}
    table = layers_part.table(part, lang) if section == ABOUT_LAYERS else ""
    data |= {"text/html": table} if table else {}
    return [text, v4.new_output("execute_result", data=data, execution_count=None)]
