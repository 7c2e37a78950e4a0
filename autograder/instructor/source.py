"""Read the lab's source, the one Python file in `solution/`, and take the solutions out of it.

The source is a script in percent format whose cells carry a few words of metadata:

``name``      names the cell; the English and the Russian text of one place share a name
``lang``      the language of a text cell; without it the text serves both
``tags``      ``["run"]`` marks a cell that does something: loads, trains, draws, checks; ``["optional"]`` a task
              that is not graded
``nbgrader``  ``{"solution": true}`` for a task, ``{"grade": true}`` for a check
"""

import ast
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

LANGUAGES = ("en", "ru")
# Stands in the place of a solution. nbgrader writes one text into all the tasks it knows, so this names none.
STUB = '# Your code here. / Ваш код.\nraise NotImplementedError("Task not written yet / Задание ещё не выполнено")'

_SOLUTION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION\n?", re.DOTALL | re.MULTILINE)
_NAMES = {"task": re.compile(r"task(\d+)"), "optional task": re.compile(r"extra(\d+)")}


class SourceError(Exception):
    """The lab's source breaks a rule of its format."""


@dataclass(frozen=True)
class Cell:
    """A cell of the lab's source."""

    name: str
    kind: str
    text: str
    lang: str | None = None
    run: bool = False
    solution: bool = False
    grade: bool = False
    optional: bool = False

    @property
    def is_text(self) -> bool:
        """Whether the cell is prose and not code."""
        return self.kind == "markdown"


def find(solution_dir: Path) -> Path:
    """The file with the lab's source.

    Raises:
        SourceError: there is none, or more than one.
    """
    found = sorted(solution_dir.glob("*.py"))
    if len(found) != 1:
        raise SourceError(f"One Python file in {solution_dir.name}/ is the lab. Received: {', '.join(p.name for p in found)}")
    return found[0]


def read(solution_dir: Path) -> list[Cell]:
    """The cells of the lab's source, in order.

    Raises:
        SourceError: no source, a cell without a name, or a language that the kit does not speak.
    """
    import jupytext  # takes seconds: not for the help of `convmark release`

    notebook = jupytext.reads(find(solution_dir).read_text(encoding="utf-8"), fmt="py:percent")
    cells = []
    for number, cell in enumerate(notebook.cells, 1):
        metadata = cell.metadata
        tags = metadata.get("tags", ())
        if not metadata.get("name"):
            raise SourceError(f"Cell {number} has no name. Received: {cell.source[:60]!r}")
        if metadata.get("lang", "en") not in LANGUAGES:
            raise SourceError(f"Cell {metadata['name']}: lang is one of {LANGUAGES}. Received: {metadata['lang']!r}")
        marks = metadata.get("nbgrader", {})
        cells.append(
            Cell(
                name=metadata["name"],
                kind=cell.cell_type,
                text=cell.source,
                lang=metadata.get("lang"),
                run="run" in tags,
                solution=bool(marks.get("solution")),
                grade=bool(marks.get("grade")),
                optional="optional" in tags,
            )
        )
    return cells


def stub(cell: Cell) -> Cell:
    """The task *cell* without its solution; it raises an error that says so.

    Raises:
        SourceError: the cell has no solution to take out, or is not named after its task.
    """
    kind = "optional task" if cell.optional else "task"
    task = _NAMES[kind].fullmatch(cell.name)
    function = re.search(r"^def (\w+)", cell.text, re.MULTILINE)
    if task is None or function is None or not _SOLUTION.search(cell.text):
        form = "extraN" if cell.optional else "taskN"
        raise SourceError(f"Cell {cell.name}: {kind} cells are named {form} and hold a function with a marked solution.")
    body = STUB.replace("Task", "Optional task").replace("Задание", "Необязательное задание") if cell.optional else STUB
    text = _SOLUTION.sub(lambda found: textwrap.indent(f"{body}\n", found[1]), cell.text + "\n")
    return replace(cell, text=text.rstrip("\n"))


def without_solutions(cells: Iterable[Cell]) -> list[Cell]:
    """The cells as students get them.

    Raises:
        SourceError: a solution stands outside the task cells, those with ``{"solution": true}`` or ``["optional"]``.
    """
    stubbed = [stub(cell) if cell.solution or cell.optional else cell for cell in cells]
    for cell in stubbed:
        if "SOLUTION" in cell.text:
            raise SourceError(f"Cell {cell.name}: a solution outside the cells of tasks, which the format marks.")
    return stubbed


def guarded(code: str) -> str:
    """*code* that runs in a script and not on import.

    Raises:
        SourceError: indentation would change the code, as it does inside a string of several lines.
    """
    block = 'if __name__ == "__main__":\n' + textwrap.indent(code, "    ")
    (condition,) = ast.parse(block).body
    body = condition.body if isinstance(condition, ast.If) else []
    if ast.dump(ast.Module(body, [])) != ast.dump(ast.parse(code)):
        raise SourceError(f"A cell tagged run cannot hold a string of several lines. Received: {code[:60]!r}")
    return block


def solution_lines(cells: Iterable[Cell]) -> list[str]:
    """The lines that stand between the solution marks, stripped."""
    blocks = [found[2] for cell in cells for found in _SOLUTION.finditer(cell.text + "\n")]
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
