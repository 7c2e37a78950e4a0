"""What a person has to decide, and has decided: tables below ``todo`` that are filled in with a spreadsheet.

``rubric-<item>.csv`` has a column for each criterion of an essay, and beside it a file with the question, what the criteria
say and a model answer; ``unreadable.csv`` has the answers that nobody could make out. Whoever runs the grading again finds
what was filled in kept, and new answers added. ``of`` ties a decision to the answer that it was made for.
"""

import csv
import hashlib
import io
import math
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from autograder.files import write as write_file
from autograder.instructor import tables
from autograder.instructor.quiz.bank import numbers, text
from autograder.instructor.quiz.bank.marking import Mark, state_of
from autograder.instructor.quiz.bank.model import Item
from autograder.instructor.quiz.grading.responses import Response, Trouble
from autograder.instructor.rendering import Words
from autograder.instructor.results import cell
from autograder.report import number
from autograder.safe import printable_lines, shortened

FOLDER, UNREADABLE = "todo", "unreadable.csv"
MAX_BYTES = 2**27
MAX_ANSWER, MAX_QUESTION = 20_000, 300
Marked = tuple[Response, Mark]
Key = tuple[str, str, str]  # the student as the table shows him, the item, and the answer's digest
FIXED = ("student", "item", "question", "answer")
LAST = ("comment", "of")


@dataclass(frozen=True)
class Decision:
    """A row of a table as a person left it."""

    table: str
    head: tuple[str, ...]
    row: tuple[str, ...]

    @property
    def filled(self) -> tuple[str, ...]:
        """What stands in the columns to fill in."""
        return tuple(value.strip() for value in self.row[len(FIXED) : -len(LAST)])

    @property
    def comment(self) -> str:
        """What the student will read."""
        return self.row[-2].strip()

    @property
    def is_empty(self) -> bool:
        """Whether nobody has written anything."""
        return not any((*self.filled, self.comment))


@dataclass(frozen=True)
class _Table:
    """A file below ``todo``: its columns to fill in, with the most that each may hold."""

    name: str
    columns: tuple[str, ...]
    maxima: tuple[float, ...]

    @property
    def head(self) -> list[str]:
        return [*FIXED, *self.columns, *LAST]


def _table(item: Item, lang: str) -> _Table:
    if item.type != "essay":
        return _Table(UNREADABLE, ("points",), (math.inf,))
    rubric = item.wordings[lang].rubric
    columns = tuple(f"{row.id} (0-{number(row.points)})" for row in rubric)
    return _Table(f"rubric-{item.id}.csv", columns, tuple(row.points for row in rubric))


def _of(response: Response) -> str:
    said = response.written if response.answer is None else "\0".join(response.answer)
    whole = f"{response.item.id}:{response.item.version}:{said}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def read(out: Path) -> tuple[dict[Key, Decision], list[Trouble]]:
    """What has been decided so far, and the rows that cannot be read."""
    found: dict[Key, Decision] = {}
    troubles: list[Trouble] = []
    for path in sorted((out / FOLDER).glob("*.csv")):
        decisions, wrong = _read(path)
        found |= decisions
        if wrong:
            kept = _kept(path)
            troubles += [replace(one, why=f"{one.why}; the file as it was is kept as {kept.name}") for one in wrong]
    return found, troubles


def _read(path: Path) -> tuple[dict[Key, Decision], list[Trouble]]:
    """The rows of one table, and those that cannot be read."""
    found: dict[Key, Decision] = {}
    troubles: list[Trouble] = []
    rows = tables.rows(path, MAX_BYTES)
    try:
        head = next(rows, [])
        if tuple(head[: len(FIXED)]) != FIXED or tuple(head[-len(LAST) :]) != LAST:
            return {}, [Trouble(f"{path.name}, row 1", "the columns are not those that were written")]
        for line, row in enumerate(rows, 2):
            if len(row) != len(head):
                troubles.append(Trouble(f"{path.name}, row {line}", f"it has {len(row)} cells, not {len(head)}"))
            else:
                found[row[0], row[1], row[-1]] = Decision(path.name, tuple(head), tuple(row))
    except (OSError, tables.TableError) as error:
        troubles.append(Trouble(path.name, str(error)))
    return found, troubles


def _kept(path: Path) -> Path:
    """A copy of a table that could not be read whole: it is written anew, and nothing that a person wrote is thrown away."""
    number = next(one for one in count(1) if not path.with_name(f"{path.name}.unread-{one}").exists())
    return Path(shutil.copyfile(path, path.with_name(f"{path.name}.unread-{number}")))


def _key(response: Response) -> Key:
    return cell(response.student), response.item.id, _of(response)


def apply(marked: Iterable[Marked], decided: Mapping[Key, Decision]) -> tuple[list[Marked], list[Trouble]]:
    """The marks with what a person has decided filled in; what cannot be taken as it stands goes on waiting."""
    found: list[Marked] = []
    troubles: list[Trouble] = []
    for response, mark in marked:
        decision = decided.get(_key(response))
        if mark.points is not None or decision is None or decision.is_empty:
            found.append((response, mark))
            continue
        points, why = _points(decision, _table(response.item, response.lang), mark.maximum)
        troubles += [Trouble(f"{decision.table}, {response.student}, {response.item.id}", why)] if why else []
        found.append((response, mark if points is None else _decided(mark, points, decision.comment)))
    return found, troubles


def _points(decision: Decision, table: _Table, maximum: float) -> tuple[float | None, str]:
    """The points of a row, None as long as a cell is empty; and what is wrong with it."""
    total = 0.0
    for name, most, written in zip(table.columns, table.maxima, decision.filled, strict=False):
        if not written:
            return None, ""
        value = numbers.answer(written, "ru")  # with a point or a comma
        if value is None or not 0 <= value <= min(most, maximum):
            return None, f"{name}: {written!r} is no number from 0 to {number(min(most, maximum))}"
        total += value
    return total, ""


def _decided(mark: Mark, points: float, comment: str) -> Mark:
    return replace(mark, state=state_of(points / mark.maximum), points=points, feedback=(comment,) if comment else ())


def write(out: Path, marked: Sequence[Marked], decided: Mapping[Key, Decision]) -> int:
    """Write the tables: everything that a person decides or has decided. Returns how many rows wait.

    A decision on an answer that is no longer there keeps its row: nothing that a person wrote is thrown away.
    """
    tables: dict[str, list[Sequence[str]]] = {}
    heads: dict[str, Sequence[str]] = {}
    left = {key: decision for key, decision in decided.items() if not decision.is_empty}
    waiting = 0
    for response, mark in marked:
        decision = left.pop(_key(response), None)
        if mark.points is not None and decision is None:
            continue
        waiting += mark.points is None
        table = _table(response.item, response.lang)
        if table.name not in heads and response.item.type == "essay":
            write_file(out / FOLDER / f"rubric-{response.item.id}.md", _guide(response).encode("utf-8"))
        heads[table.name] = table.head
        row = decision.row if decision and len(decision.row) == len(table.head) else _row(response, table)
        tables.setdefault(table.name, []).append(row)
    for decision in left.values():
        heads.setdefault(decision.table, decision.head)
        tables.setdefault(decision.table, []).append(decision.row)
    for name, rows in tables.items():
        text_out = io.StringIO()
        csv.writer(text_out, lineterminator="\n").writerows([heads[name], *rows])
        write_file(out / FOLDER / name, text_out.getvalue().encode("utf-8"))
    return waiting


def _guide(response: Response) -> str:
    """What whoever fills in the table of an essay has to know: the question, the criteria by their columns, an answer."""
    told, words = response.item.wordings[response.lang], Words(response.lang)
    columns = _table(response.item, response.lang).columns
    rubric = [f"- **{column}**: {text.plain(row.text)}" for column, row in zip(columns, told.rubric, strict=True)]
    model = [f"## {words.say('quizbook_model_answer')}", told.model_answer] if told.model_answer else []
    parts = [f"# {response.item.id}", told.stem, f"## {words.say('quizbook_rubric')}", "\n".join(rubric), *model]
    return "\n\n".join(parts) + "\n"


def _row(response: Response, table: _Table) -> list[str]:
    said = response.written if response.answer is None else "\n".join(response.answer)
    shown = "\n".join(map(cell, printable_lines(said[:MAX_ANSWER]).split("\n")))
    asked = cell(shortened(text.plain(response.item.wordings[response.lang].stem), MAX_QUESTION))
    return [cell(response.student), response.item.id, asked, shown, *[""] * len(table.columns), "", _of(response)]
