"""Write the lab's cells down as a script and as a notebook, to the last byte the same every time."""

import re
from collections.abc import Iterable
from typing import Any

from autograder.instructor.handout import points_in, render_text
from autograder.instructor.labfile import Lab
from autograder.instructor.source import Cell, guarded

GENERATOR = "convmark release"
SKIPPED = "skip-execution"  # the tag of cells that nbclient, and with it nbgrader, does not execute

_DEFINITION = re.compile(r"^def ", re.MULTILINE)
_HEADING = re.compile(r"(#+) (.*)\n*")


def _joined(english: str, russian: str) -> str:
    """One text of two, their headings on one line."""
    first, second = _HEADING.match(english), _HEADING.match(russian)
    if first is None or second is None or first[1] != second[1]:
        return f"{english}\n\n{russian}"
    heading = " · ".join(dict.fromkeys([first[2], second[2]]))
    return f"{first[1]} {heading}\n\n{english[first.end() :]}\n\n{russian[second.end() :]}"


def bilingual(cells: Iterable[Cell], lab: Lab) -> list[Cell]:
    """The cells with their placeholders filled in; the two languages of a text share a cell."""
    merged: list[Cell] = []
    for cell in cells:
        if not cell.is_text:
            merged.append(cell)
            continue
        text = render_text(cell.text, lab, cell.lang)
        last = merged[-1] if merged else None
        if last is not None and last.is_text and last.name == cell.name:
            merged[-1] = Cell(cell.name, cell.kind, _joined(last.text, text))
        else:
            merged.append(Cell(cell.name, cell.kind, text, cell.lang))
    return merged


def script(cells: Iterable[Cell], header: str) -> str:
    """A percent-format script. Importing it defines things; only running it does anything."""
    written, after_definition = f"# {header}\n", False
    for cell in cells:
        defines = not cell.is_text and _DEFINITION.search(cell.text) is not None
        written += "\n\n" if defines or after_definition else "\n"
        if cell.is_text:
            lines = [f"# {line}".rstrip() for line in cell.text.split("\n")]
            written += "\n".join(["# %% [markdown]", *lines]) + "\n"
        else:
            written += "# %%\n" + (guarded(cell.text) if cell.run else cell.text) + "\n"
        after_definition = defines
    return written


def _nbgrader(cell: Cell, lab: Lab) -> dict[str, Any]:
    """The cell's nbgrader metadata: prose and checks are locked, a check carries its section's points."""
    if not (cell.is_text or cell.solution or cell.grade):
        return {}
    marks: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": _id(cell),
        "solution": cell.solution,
        "grade": cell.grade,
        "locked": not cell.solution,
        "task": False,
    }
    if cell.grade:
        marks["points"] = points_in(lab, cell.name.removeprefix("check_"))
    return marks


def _id(cell: Cell) -> str:
    return f"{cell.name}_text" if cell.is_text else cell.name


def _metadata(cell: Cell, lab: Lab) -> dict[str, Any]:
    """Whether a cell may be edited, what it is to nbgrader, and that a program which executes a notebook skips it.

    Cells that load, train or draw are for a student who sits before them: where nbgrader executes the notebook they
    would train for hours, and save another network over the one that was submitted.
    """
    tags = {"tags": [SKIPPED]} if cell.run and not cell.grade else {}
    marks = _nbgrader(cell, lab)
    if not marks:
        return tags
    fixed = {"deletable": False, "editable": False} if marks["locked"] else {"deletable": False}
    return {**fixed, **tags, "nbgrader": marks}


def notebook(cells: Iterable[Cell], lab: Lab, header: str) -> str:
    """A notebook of the cells, whose ids are the cells' names."""
    import nbformat  # takes seconds: not for the help of `convmark release`

    book = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "convmark": {"about": header},
        }
    )
    for cell in cells:
        new = nbformat.v4.new_markdown_cell if cell.is_text else nbformat.v4.new_code_cell
        book.cells.append(new(cell.text, id=_id(cell), metadata=_metadata(cell, lab)))
    book.nbformat_minor = 5
    nbformat.validate(book)
    return str(nbformat.writes(book)) + "\n"
