"""The quiz in a course: answers are read out of the cells and compared with the course's own copy of the bank.

Nothing of a notebook is executed. What cannot be read, is answered twice, or answers another version of a question waits
for a person.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbformat import v4
from nbformat.notebooknode import NotebookNode

from autograder.errors import GraderError
from autograder.instructor.nbgrader import literals
from autograder.instructor.quiz.bank import lint, marking, text
from autograder.instructor.quiz.bank.model import TYPES, Bank, Problem
from autograder.instructor.quiz.bank.reading import read_bank
from autograder.instructor.quiz.exports import notebook, standalone
from autograder.instructor.quiz.forms import form
from autograder.instructor.quiz.forms.form import Form, FormError, Question
from autograder.instructor.rendering import Words

BANK = "questions"
WAS = "convmark_was"  # in the metadata of a cell: the grade id that it came with, if the course does not know it
GRADE_ID = re.compile(r"(?:question|answer|test|essay|text)_(?P<mark>(?P<number>[0-9]{1,4})_[0-9a-f]{8})")


@dataclass(frozen=True)
class Asked:
    """A question as it stands in a notebook: its number there, and the language."""

    number: int
    question: Question
    lang: str


Quiz = Mapping[str, Asked]  # by number and stamp, as grade ids end with them


class Person(Exception):
    """A person has to look; the argument is the key of the sentence that says why."""


def read(folder: Path) -> tuple[Bank, Form, list[Question]]:
    """The bank and the form of a quiz, and the questions of the notebook, which is the same for all.

    Raises:
        GraderError: they cannot be read, the form cannot be filled, or a question of it has errors.
    """
    bank, problems = read_bank(folder / BANK)
    try:
        chosen = form.read(folder / form.FILE)
        given = form.questions(replace(chosen, individual=False), bank, "")
        names = {question.item.id for question in given}
        for item in bank.items:  # what has no type that is known is never drawn
            problems += lint.check(item, bank, folder / BANK) if item.id in names or item.type not in TYPES else ()
    except FormError as error:
        raise GraderError("nbgrader.quiz", name=str(folder), reason=_first(problems) or str(error)) from error
    if _first(problems):
        raise GraderError("nbgrader.quiz", name=str(folder), reason=_first(problems))
    return bank, chosen, given


def _first(problems: list[Problem]) -> str:
    """The first of the errors; nothing if there is none."""
    return next((f"{one.file}:{one.line}: {one.message}" for one in problems if one.severity == "error"), "")


_quizzes: dict[Path, tuple[object, Quiz]] = {}


def load(folder: Path) -> Quiz:
    """The quiz of a course, read again if a file of it has changed.

    Raises:
        GraderError: it cannot be read, or is wrong.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    state = [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in files]
    if folder not in _quizzes or _quizzes[folder][0] != state:
        bank, _, questions = read(folder)
        found = {
            f"{number}_{notebook.stamp(question, number, lang)}": Asked(number, question, lang)
            for lang in bank.languages
            for number, question in enumerate(questions, 1)
        }
        _quizzes[folder] = (state, found)
    return _quizzes[folder][1]


def _marks(cell: NotebookNode) -> Mapping[str, Any]:
    found: Mapping[str, Any] = cell.metadata.get("nbgrader", {})
    return found


def _stale(nb: NotebookNode, quiz: Quiz) -> set[int]:
    """The numbers of the questions of other versions that cells of the notebook belonged to."""
    found = [GRADE_ID.fullmatch(str(cell.metadata.get(WAS, ""))) for cell in nb.cells]
    return {int(one["number"]) for one in found if one and one["mark"] not in quiz}


def _answer(nb: NotebookNode, asked: Asked, mark: str, stale: set[int]) -> list[str]:
    """The answer to a question: its own cell's, or the only one that other cells give.

    Raises:
        Person: it cannot be read, there are several, or it answers another version.
    """
    own = any(_marks(cell).get("grade_id") == f"answer_{mark}" for cell in nb.cells)
    if asked.number in stale or (stale and not own):
        raise Person("quizbook_person_changed")
    function, form_ = notebook.reader(asked.question, asked.lang)
    found: set[tuple[str, ...]] = set()
    for cell in nb.cells:
        if cell.cell_type != "code" or _marks(cell).get("grade"):
            continue
        try:
            values = literals.assigned(cell.source, notebook.name(asked.number))
        except literals.Unreadable:
            raise Person("quizbook_person_computed") from None
        read_ = [function(value, *form_) for value in values[-1:]]
        if None in read_:
            raise Person("quizbook_person_misformed")
        found |= {tuple(texts) for texts in read_ if texts and "".join(texts).strip()}
    if len(found) > 1:
        raise Person("quizbook_person_twice")
    return list(*found)


def _given(asked: Asked, texts: list[str]) -> marking.Answer:
    """The answer as the bank has it: ids for letters, the right sides of rows."""
    item, told = asked.question.item, notebook.wording(asked.question, asked.lang)
    places = dict(zip(notebook.letters(asked.question), asked.question.order, strict=True))
    if item.type == "match":
        return tuple(told.pairs[places[letter]].right if letter else "" for letter in texts)
    return tuple(told.options[places[letter]].id for letter in texts) if places else tuple(texts)


def _mark(nb: NotebookNode, asked: Asked | None, mark: str, stale: set[int]) -> marking.Mark:
    if asked is None:
        raise Person("quizbook_person_changed")
    found = marking.mark(asked.question.item, asked.lang, _given(asked, _answer(nb, asked, mark, stale)))
    if found.points is None:
        raise Person("quizbook_person_misformed")
    return found


def _waiting(sentence: str) -> list[NotebookNode]:
    told = {"ename": "NeedsAttention", "evalue": sentence, "traceback": [sentence]}
    return [v4.new_output("error", **told)]


def fill(nb: NotebookNode, quiz: Quiz, lang: str) -> dict[str, float | None]:
    """Write into the test cells what the answers are worth; the points by grade id, None where a person has to look."""
    points: dict[str, float | None] = {}
    stale = _stale(nb, quiz)
    for cell in nb.cells:
        if cell.cell_type != "code" or not _marks(cell).get("grade"):
            continue
        name = str(_marks(cell).get("grade_id"))
        mark = name.partition("_")[2]
        asked = quiz.get(mark)
        words = Words(asked.lang if asked else lang)
        try:
            points[name], cell.outputs = _worth(_mark(nb, asked, mark, stale), float(_marks(cell)["points"]), words.lang)
        except Person as error:
            needed = notebook.expected(asked.question, asked.lang) if asked else ""
            why = words.say(str(error), expected=needed)
            points[name], cell.outputs = None, _waiting(words.say("quizbook_person", why=why))
    return points


def _worth(found: marking.Mark, maximum: float, lang: str) -> tuple[float, list[NotebookNode]]:
    """The points of an answer whose test is worth *maximum*, and what stands below the test."""
    value = round(maximum * (found.points or 0.0) / found.maximum, 4)
    said = [text.plain(feedback) for feedback in found.feedback]
    told = standalone.told(found.state, value, maximum, notebook.phrases(lang), said)
    result = v4.new_output("execute_result", data={"text/plain": str(value)}, execution_count=None)
    return value, [v4.new_output("stream", name="stdout", text=told + "\n"), result]
