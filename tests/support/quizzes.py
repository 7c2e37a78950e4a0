"""A quiz of nine questions that covers all types, in a course of nbgrader, and answers to it."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode

from autograder.instructor.nbgrader import course, quiz
from autograder.instructor.quiz.bank import gaps, numbers
from autograder.instructor.quiz.exports import notebook
from autograder.instructor.quiz.forms import form
from autograder.instructor.quiz.forms.form import Question
from tests.support.courses import REPO, TIMESTAMP, Course

QUIZ, NOTEBOOK = course.QUIZ, course.QUIZ_NOTEBOOK
LANG = "en"
NAMES = (
    *("conv-matrix", "conv-swap", "conv-laws", "ar-out", "ar-kernel-shape", "conv-modes", "conv-1d-full", "stage-cloze"),
    "conv-what",
)
FORM = f"""name = "small"
title = {{ru = "Мало", en = "Small"}}
seed = "tests"

[[draw]]
items = {list(NAMES)!r}
"""
Kind = Literal["right", "partly", "wrong"]
Edit = Callable[[NotebookNode], Any]


def folder(home: Path) -> Path:
    """Form and bank of the small quiz, in a new folder."""
    shutil.copytree(REPO / "quiz" / quiz.BANK, home / quiz.BANK)
    (home / form.FILE).write_text(FORM, "utf-8")
    return home


def questions(home: Path) -> list[Question]:
    """The questions of the notebook."""
    return quiz.read(home)[2]


def _letters(question: Question, places: Iterable[int]) -> list[str]:
    names = notebook.letters(question)
    return [names[question.order.index(place)] for place in places]


def answer(question: Question, kind: Kind, lang: str = LANG) -> Any:
    """The literal of an answer; what cannot be right in parts is right then."""
    told = notebook.wording(question, lang)
    right = [place for place, option in enumerate(told.options) if option.correct]
    wrong = [place for place, option in enumerate(told.options) if not option.correct]
    if question.item.type == "multi":
        return _letters(question, {"right": right, "partly": right[:1], "wrong": wrong[:1]}[kind])
    if question.item.type in ("single", "truefalse"):
        return _letters(question, (wrong if kind == "wrong" else right)[:1])[0]
    if question.item.type in ("numeric", "short"):
        text = told.options[(wrong if kind == "wrong" else right)[0]].text
        key = numbers.key(text) if question.item.type == "numeric" else None
        return key.value if key else text
    if question.item.type == "match":
        rows = _letters(question, [place for place, pair in enumerate(told.pairs) if pair.left])
        return {"right": rows, "partly": rows[:1] + [""] * (len(rows) - 1), "wrong": rows[1:] + rows[:1]}[kind]
    filled = [gap.key.value if gap.key else gap.accepted[0] for gap in gaps.of(told.stem)]
    others = [-777 if gap.key else "nothing" for gap in gaps.of(told.stem)]
    return {"right": filled, "partly": filled[:1] + others[1:], "wrong": others}[kind]


def share(question: Question, kind: Kind, lang: str = LANG) -> float:
    """The share of the points that such an answer has."""
    told = notebook.wording(question, lang)
    counts = {"multi": sum(option.correct for option in told.options), "match": sum(bool(pair.left) for pair in told.pairs)}
    parts = counts.get(question.item.type) or max(1, len(gaps.of(told.stem)) if question.item.type == "cloze" else 1)
    return {"right": 1.0, "partly": 1 / parts, "wrong": 0.0}[kind]


def find(book: NotebookNode, kind: str, number: int) -> NotebookNode:
    """The cell of a question: "question", "answer", "test", "essay" or "text"."""
    (found,) = (cell for cell in book.cells if cell.id.startswith(f"{kind}_{number}_"))
    return found


def put(number: int, source: str) -> Edit:
    """An edit that writes Python to the right of the name."""
    return lambda book: find(book, "answer", number).update(source=f"answer_{number} = {source}")


def filled(asked: list[Question], kind: Kind) -> Edit:
    """An edit that answers everything."""

    def edit(book: NotebookNode) -> None:
        for number, question in enumerate(asked, 1):
            if question.item.type == "essay":
                find(book, "text", number).source = "A sum of products."
            else:
                put(number, repr(answer(question, kind)))(book)

    return edit


def make(root: Path) -> Course:
    """A course with the small quiz generated and not yet released, and the lab not generated."""
    course.init(REPO, root, lang=LANG)
    shutil.rmtree(root / course.QUIZ_FOLDER)
    for name, content in course.quiz_files(folder(root / course.QUIZ_FOLDER), LANG).items():
        (root / name).write_bytes(content)
    made = Course(root)
    made.run("nbgrader", "generate_assignment", QUIZ)
    return made


def copied(made: Course, root: Path, *, stock: bool = False) -> Course:
    """The same course once more; with *stock* nbgrader executes the notebooks."""
    shutil.copytree(made.root, root)
    if stock:
        (root / course.SETTINGS).write_bytes(course.files(REPO, "", LANG, stock=True)[course.SETTINGS])
    return Course(root)


def submit(made: Course, student: str, *edits: Edit) -> None:
    """Put a submission where nbgrader collects them."""
    home = made.root / "submitted" / student / QUIZ
    home.mkdir(parents=True)
    book = nbformat.read(made.root / "release" / QUIZ / NOTEBOOK, as_version=4)
    for edit in edits:
        edit(book)
    nbformat.write(book, home / NOTEBOOK)
    (home / "timestamp.txt").write_text(TIMESTAMP)


def grades(made: Course, student: str) -> dict[int, tuple[float | None, bool]]:
    """Automatic points, and whether a person is waited for, by the number of the question."""
    with made.gradebook() as gradebook:
        (book,) = gradebook.find_submission(QUIZ, student).notebooks
        return {int(grade.name.split("_")[1]): (grade.auto_score, grade.needs_manual_grade) for grade in book.grades}


def told(made: Course, student: str, number: int) -> list[NotebookNode]:
    """What stands below the test of a question in the graded notebook."""
    book = nbformat.read(made.root / "autograded" / student / QUIZ / NOTEBOOK, as_version=4)
    marked = [(cell.metadata.get("nbgrader", {}).get("grade_id", ""), cell) for cell in book.cells]
    (found,) = (cell for name, cell in marked if name.startswith(f"test_{number}_"))
    return list(found.outputs)
